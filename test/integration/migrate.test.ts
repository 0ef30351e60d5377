import { createHash, randomBytes } from "node:crypto";
import { appendFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { answerThere, contentHere, contentThere } from "./support/migrate-subject.ts";
import { SecondMachine } from "./support/second-machine.ts";
import { backupBundle, backupHome, RELEASE } from "./support/small-backup.ts";
import { type SmallHome, said } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";
import { SshHost } from "./support/ssh-host.ts";

/** Two machines, each with an engine of its own, and ssh between them. */
let second: SecondMachine;
let small: SmallProduct;
let bundle: string;
const made: SmallHome[] = [];

beforeAll(async () => {
  second = await SecondMachine.up();
  small = await SmallProduct.make();
  bundle = await backupBundle(small);
});
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
  await second.clear();
});
afterAll(async () => {
  await small?.remove();
  await second?.down();
});

async function installed(): Promise<SmallHome> {
  const own = await backupHome(bundle);
  made.push(own);
  return own;
}

type Sent = { readonly wholeBytes: number; readonly sentBytes: number };
interface Listed {
  readonly instances: readonly { readonly name: string; readonly state: string; readonly health: string }[];
}
const there = (): Promise<Listed> => second.json<Listed>("list");
const move = (own: SmallHome, ...more: readonly string[]) =>
  own.home.run("migrate", second.target, ...second.access, "--yes", ...more);

it("a live instance moves to a bare machine with everything, the source stays complete and off, and its page names the new address", async () => {
  const own = await installed();
  const before = await contentHere(own);
  const dry = await own.home.ok("migrate", second.target, ...second.access, "--dry-run");
  expect(dry.stdout).toContain("Put up the maintenance page");
  expect(await second.run("docker", "ps", "-aq")).toBe("");
  expect(await second.run("ls", "-A", "/root")).not.toContain(".local");

  const result = await move(own, "--json");
  expect(result.code, said(result)).toBe(0);
  expect(JSON.parse(result.stdout)).toMatchObject({ kind: "migrate", outcome: "done", there: { instance: own.name(RELEASE) } });
  expect((await there()).instances).toMatchObject([{ name: own.name(RELEASE), state: "running", health: "healthy" }]);
  expect(await contentThere(own, second)).toEqual(before);
  expect(await answerThere(own, second)).toBe(RELEASE);

  const here = await own.get("/");
  expect(here.status).toBe(503);
  expect(here.text).toContain(`http://${second.address}:${own.port}/`);
  expect((await own.listed()).instances).toMatchObject([{ state: "stopped" }]);
  // Nothing is left of what was only on the way.
  expect(await second.run("find", "/root/graphistry/.graph-mgr/incoming", "-type", "f")).toBe("");
  for (const id of await readdir(join(own.home.path, ".graph-mgr/operations")))
    expect(await readdir(join(own.home.path, ".graph-mgr/operations", id))).not.toContain("dump");

  // And back by hand: launched here, with its own data, and the page gone.
  const refused = await own.home.run("launch", own.name(RELEASE));
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("--although-moved")]);
  await own.home.ok("launch", own.name(RELEASE), "--although-moved");
  expect(await own.notes(RELEASE)).toEqual(["first", "second"]);
});

it("F77 the files are sent while it serves, and in the window only what has changed since", async () => {
  const own = await installed();
  const large = join(own.dir(RELEASE), "data", "large");
  await writeFile(large, randomBytes(48 * 2 ** 20));
  // What is written after the files were sent.
  const run = move(own, "--json");
  await own.until("instance.quiet");
  await appendFile(large, "a line more");
  const result = await run;
  expect(result.code, said(result)).toBe(0);
  const { operation } = JSON.parse(result.stdout) as { readonly operation: string };
  const sent = JSON.parse(await readFile(join(own.home.path, ".graph-mgr/operations", operation, "sent.json"), "utf8")) as Sent;
  expect(sent.wholeBytes).toBeGreaterThan(48 * 2 ** 20);
  expect(sent.sentBytes).toBeLessThan(12 * 2 ** 20);
  const there = await second.run("sha256sum", join("/root/graphistry/releases", own.name(RELEASE), "data/large"));
  expect(there.split(" ")[0]).toBe(
    createHash("sha256")
      .update(await readFile(large))
      .digest("hex"),
  );
});

it("what has moved there moves back, under a name of its own, and takes its ports back from the page", async () => {
  const own = await installed();
  const gone = await move(own);
  expect(gone.code, said(gone)).toBe(0);
  await fetch(`http://${second.address}:${own.port}/notes`, { method: "POST", body: "written there" });
  const host = await SshHost.make(second.here);
  const programs = join(homedir(), ".local/share/graph-mgr");
  const put = async (): Promise<readonly string[]> => await readdir(programs).catch(() => []);
  const before = await put();
  try {
    const back = await second.json<{ readonly there: { readonly instance: string } }>(
      ...["migrate", `root@${second.here}:${host.port}`, "--remote-home", own.home.path, "--yes"],
      ...["--identity", join(host.dir, "client"), "--known-hosts", join(host.dir, "known")],
    );
    expect(back.there.instance).toBe(`${own.name(RELEASE)}-2`);
    expect(await own.notes(RELEASE)).toEqual(["first", "second", "written there"]);
    const { instances } = await own.listed();
    expect(instances.map(({ name, state }) => [name, state])).toEqual([
      [own.name(RELEASE), "stopped"],
      [`${own.name(RELEASE)}-2`, "running"],
    ]);
    expect((await there()).instances).toMatchObject([{ name: own.name(RELEASE), state: "stopped" }]);
  } finally {
    await host.remove();
    for (const name of (await put()).filter(each => !before.includes(each))) await rm(join(programs, name), { recursive: true });
  }
});

it("a clone is made while the source serves on, and both have their own", async () => {
  const own = await installed();
  const before = await own.startedAt();
  const result = await move(own, "--keep-source", "--json");
  expect(result.code, said(result)).toBe(0);
  expect(await own.startedAt()).toEqual(before);
  expect(await answerThere(own, second)).toBe(RELEASE);
  await own.write("here alone");
  expect(JSON.parse((await contentThere(own, second))[0] ?? "[]")).toHaveLength(2);
});

it("what cannot be launched there serves here again, with nothing lost and nothing left there", async () => {
  const own = await installed();
  await own.sql(RELEASE, "create table ballast as select n, md5(n::text) as text from generate_series(1, 600000) n");
  const before = await contentHere(own);
  // A port that is free when it is looked for, and taken when the instance is to be launched.
  const run = move(own);
  await own.until("migrate.send");
  const holder = second
    .run("timeout", "300", "node", "-e", `require("net").createServer().listen(${own.port}, "0.0.0.0")`)
    .catch(() => "");
  await vi.waitFor(() => second.run("bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${own.port}`), { timeout: 20_000 });
  const result = await run;
  await second.run("pkill", "-f", `listen\\(${own.port}`).catch(() => "");
  await holder;
  expect(result.code, said(result)).toBe(5);
  expect(await own.notes(RELEASE)).toEqual(["first", "second"]);
  expect(await contentHere(own)).toEqual(before);
  expect((await there()).instances.map(({ name }) => name)).not.toContain(own.name(RELEASE));
  expect(await second.run("docker", "volume", "ls", "-q", "--filter", `name=${own.slug(RELEASE)}`)).toBe("");
});
