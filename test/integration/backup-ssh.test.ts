import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { execa } from "execa";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { Keyring } from "../../src/host/age-keys.ts";
import { checkBackup } from "../../src/host/backup-check.ts";
import { createBackupPlaces } from "../../src/host/backup-places.ts";
import { localExecutor } from "../../src/host/create-world.ts";
import { makeTree, packed, writeBackup } from "../host/backup-archives.ts";
import { docker } from "./support/cli.ts";
import { until } from "./support/engine.ts";
import { backupBundle, backupHome, contentOf, RELEASE } from "./support/small-backup.ts";
import type { SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";
import { SshHost } from "./support/ssh-host.ts";

/** Archives on another machine, over a real ssh. */
let host: SshHost;
let places: ReturnType<typeof createBackupPlaces>;
let dir: string;
let round = 0;
const executor = () => localExecutor({ ...process.env, ...host.env });
const quiet = () => {};

beforeAll(async () => {
  host = await SshHost.make();
  await mkdir(join(host.dir, "tree"));
  await makeTree(join(host.dir, "tree"));
  await writeFile(join(host.dir, "tree/random"), randomBytes(9_000_000));
});
afterAll(() => host?.remove());
beforeEach(async () => {
  await host.trust();
  round += 1;
  dir = join(host.dir, `round-${round}`);
  places = createBackupPlaces(executor(), { remove: async () => undefined }, {});
});

const codeOf = (error: unknown) => (error instanceof OperatorError ? error.code : String(error));
const failing = (work: Promise<unknown>): Promise<OperatorError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as OperatorError,
  );

describe("an archive on another machine", () => {
  it("is written there, read there, renamed, listed, read over and removed", async () => {
    const [part, whole] = [host.place(`${dir}/deep/.1.part`), host.place(`${dir}/deep/1.tar`)];
    await writeBackup(part, { folder: packed(join(host.dir, "tree")) }, places.sink);
    const file = join(dir, "deep/.1.part");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, "deep"))).mode & 0o777).toBe(0o700);
    const { stdout } = await execa("sha256sum", [file]);
    expect(await places.work.print(part, quiet)).toEqual({ sha256: stdout.slice(0, 64), sizeBytes: (await stat(file)).size });
    expect([await places.work.exists(part), await places.work.exists(whole)]).toEqual([true, false]);
    await places.work.rename(part, whole);
    expect(await places.work.names(host.place(`${dir}/deep`))).toEqual(["1.tar"]);
    expect(await places.work.names(host.place(`${dir}/nowhere`))).toEqual([]);
    expect((await checkBackup(executor(), whole, quiet, places.open)).texts[".env"]).toBe("POSTGRES_PASSWORD=hush\n");
    expect(await places.work.freeBytes(host.place(`${dir}/not/there/yet`))).toBeGreaterThan(1_000_000);
    await places.work.remove(whole);
    await places.work.remove(whole);
    expect(await readdir(join(dir, "deep"))).toEqual([]);
  });

  it("is encrypted before it leaves this machine", async () => {
    const identity = await generateIdentity();
    const keys = new Keyring();
    const at = host.place(`${dir}/1.tar.age`);
    await writeBackup(
      at,
      { folder: packed(join(host.dir, "tree")) },
      keys.writing(places.sink, { recipients: [await identityToRecipient(identity)] }),
    );
    expect(await readFile(join(dir, "1.tar.age"), "latin1")).not.toMatch(/POSTGRES|manifest\.json/);
    const other = new Keyring();
    await other.unlock({ kind: "identity", text: identity, file: "/key" });
    expect((await checkBackup(executor(), at, quiet, other.reading(places.open))).manifest.instance).toBe("v1.0.0");
  });

  it("is never written over, neither by a new one nor by a rename", async () => {
    await mkdir(dir);
    await writeFile(join(dir, "1.tar"), "theirs");
    await writeFile(join(dir, ".part"), "ours");
    expect(codeOf(await failing(writeBackup(host.place(`${dir}/1.tar`), {}, places.sink)))).toBe("REMOTE_FAILED");
    expect((await failing(places.work.rename(host.place(`${dir}/.part`), host.place(`${dir}/1.tar`)))).message).toContain(
      "there is already",
    );
    expect(await readFile(join(dir, "1.tar"), "utf8")).toBe("theirs");
  });

  it("that is not there, or is none, is said to be so", async () => {
    expect(codeOf(await failing(places.open(host.place(`${dir}/none.tar`))))).toBe("NO_BACKUP");
    expect(codeOf(await failing(places.work.print(host.place(`${dir}/none.tar`), quiet)))).toBe("NO_BACKUP");
    await mkdir(dir);
    await writeFile(join(dir, "text.tar"), "no backup at all");
    expect(codeOf(await failing(checkBackup(executor(), host.place(`${dir}/text.tar`), quiet, places.open)))).toBe("NO_BACKUP");
  });

  it("F03 that is damaged there is refused", async () => {
    const at = host.place(`${dir}/1.tar`);
    await writeBackup(at, { folder: packed(join(host.dir, "tree")) }, places.sink);
    const bytes = await readFile(join(dir, "1.tar"));
    bytes[5_000_000] = (bytes[5_000_000] ?? 0) ^ 1;
    await writeFile(join(dir, "1.tar"), bytes);
    expect(codeOf(await failing(checkBackup(executor(), at, quiet, places.open)))).toBe("BACKUP_DAMAGED");
  });
});

it("F75 a host key that is not known or has changed is refused before anything is sent", async () => {
  const at = host.place(`${dir}/1.tar`);
  await writeFile(join(host.dir, "known"), "");
  const unknown = await failing(writeBackup(at, {}, places.sink));
  expect(unknown).toMatchObject({ code: "HOST_KEY", message: expect.stringContaining("is not known here") });
  expect(unknown.hint).toBe(`ssh -p ${host.port} 127.0.0.1   (once, by hand: compare the fingerprint that it shows)`);
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(host.dir, "other")]);
  await host.trust("other");
  const changed = await failing(places.work.exists(at));
  expect(changed).toMatchObject({ code: "HOST_KEY", message: expect.stringContaining("another host key than before") });
  await host.trust();
  expect(await places.work.exists(at)).toBe(false);
});

it("F76 no name of a folder is ever read by a shell", async () => {
  const canary = `canary-${process.pid}`;
  const touch = `touch ${canary}`;
  // Each a folder's name on its own.
  for (const odd of ["-rf", `it's "x" \`${touch}\` $(${touch});${touch}&a|b>c`, "* {a,b} ~root $HOME ä\\n"]) {
    const folder = `${dir}/${odd}`;
    const at = host.place(`${folder}/-1.tar`);
    const sink = await places.sink(at);
    await sink.write(Buffer.from("some bytes"));
    await sink.finish();
    await sink.close();
    expect(await readFile(`${folder}/-1.tar`, "utf8")).toBe("some bytes");
    await places.work.rename(at, host.place(`${folder}/-2.tar`));
    expect(await places.work.names(host.place(folder))).toEqual(["-2.tar"]);
    const bytes = await places.open(host.place(`${folder}/-2.tar`));
    const into = Buffer.alloc(10);
    await bytes.read(into, 0, 10, 0);
    expect(into.toString()).toBe("some bytes");
    await bytes.close();
    await places.work.remove(host.place(`${folder}/-2.tar`));
    expect(await readdir(folder)).toEqual([]);
  }
  // Where a shell there would have begun, and everywhere that the test may write to.
  expect((await execa("find", [homedir(), host.dir, "-maxdepth", "3", "-name", canary])).stdout).toBe("");
});

describe("F77 a connection that is cut", () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    "while it is written, place %i, is an error and leaves no file that has the name",
    async place => {
      const at = host.place(`${dir}/.1.part`);
      const sink = await places.sink(at);
      const piece = randomBytes(300_000);
      const failed = failing(
        (async () => {
          for (let count = 0; count < 40; count++) {
            if (count === place * 5) await cut();
            await sink.write(piece);
          }
          await sink.finish();
        })(),
      );
      const error = await failed;
      await sink.close();
      expect(error).toMatchObject({ code: "REMOTE_FAILED", hint: expect.stringContaining("ssh") });
      expect(await readdir(dir).catch(() => [])).not.toContain("1.tar");
    },
  );

  it("while it is read is an error, and no end of the archive", async () => {
    const at = host.place(`${dir}/1.tar`);
    await writeBackup(at, { folder: packed(join(host.dir, "tree")) }, places.sink);
    const bytes = await places.open(at);
    const into = Buffer.alloc(1000);
    expect((await bytes.read(into, 0, 1000, 0)).bytesRead).toBe(1000);
    await cut();
    expect(codeOf(await failing(bytes.read(into, 0, 1000, 6_000_000)))).toBe("REMOTE_FAILED");
    await bytes.close();
  });

  it("a machine that is not there is named, with what to try", async () => {
    const error = await failing(places.work.exists("ssh://somebody@127.0.0.1:9/backups/1.tar"));
    expect(error).toMatchObject({
      code: "REMOTE_FAILED",
      message: expect.stringContaining("127.0.0.1"),
      hint: expect.stringContaining("ssh -p 9 somebody@127.0.0.1 true"),
    });
  });
});

/** How many were begun. */
async function clients(): Promise<readonly number[]> {
  return (await readFile(join(host.dir, "clients"), "utf8")).trim().split("\n").map(Number);
}

/** Ends the ssh that is running, as a line that breaks does. */
async function cut(): Promise<void> {
  const runs = (pid: number | undefined) => pid !== undefined && existsSync(`/proc/${pid}`);
  const pid = await until(async () => (await clients()).at(-1), runs);
  process.kill(pid ?? 0, "SIGKILL");
}

describe("an instance", () => {
  let small: SmallProduct;
  let own: SmallHome;
  beforeAll(async () => {
    small = await SmallProduct.make();
    own = await backupHome(await backupBundle(small));
  });
  afterAll(async () => {
    await own?.remove();
    await small?.remove();
  });

  it("F77 is backed up there, encrypted, and comes back from there after it was removed here; a cut leaves nothing", async () => {
    const { home } = own;
    const to = host.place(dir);
    const identity = await generateIdentity();
    await writeFile(join(host.dir, "key"), identity);
    const run = async (...args: readonly string[]) => await home.runWith(host.env, ...args);
    const create = ["backup", "create", "--to", to, "--encrypt", await identityToRecipient(identity)];
    // Whoever answers with another key gets nothing, and nothing is begun.
    await writeFile(join(host.dir, "known"), "");
    const refused = await run(...create, "--json");
    expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([3, { error: { code: "HOST_KEY" } }]);
    expect(existsSync(dir)).toBe(false);
    await host.trust();

    const made = await run(...create, "--json");
    expect([made.code, made.stderr]).toEqual([0, expect.any(String)]);
    const { backup } = JSON.parse(made.stdout) as { readonly backup: string };
    expect(backup).toMatch(/^ssh:\/\/.*\.tar\.age$/);
    expect(await readdir(dir)).toEqual([backup.split("/").at(-1)]);
    expect((await run("backup", "list", "--to", to)).stdout).toContain(backup);
    expect((await run("backup", "verify", "1")).stdout).toContain("is byte by byte what was written");
    expect((await run("backup", "verify", backup, "--identity", join(host.dir, "key"))).stdout).toContain("is whole");

    // The line breaks while the next one is sent: it is taken back, and what is there stays.
    await docker("exec", own.container(RELEASE, "app"), "dd", "if=/dev/urandom", "of=/data/large", "bs=1M", "count=40");
    const begun = (await clients()).length;
    const cutOff = run(...create, "--json");
    await until(
      async () => (await readdir(dir)).some(name => name.endsWith(".writing")),
      isThere => isThere,
      150_000,
    );
    await cut();
    const failed = await cutOff;
    expect((await clients()).length).toBeGreaterThan(begun);
    expect([failed.code, JSON.parse(failed.stdout)]).toMatchObject([5, { error: { code: "REMOTE_FAILED" } }]);
    expect(await readdir(dir)).toEqual([backup.split("/").at(-1)]);

    await docker("exec", own.container(RELEASE, "app"), "rm", "/data/large");
    const before = await contentOf(own);
    await home.ok("stop", own.name(RELEASE));
    await home.ok("remove", own.name(RELEASE), "--volumes", "--confirm", own.name(RELEASE), "--current", "--yes");
    const restored = await run("backup", "restore", backup, "--identity", join(host.dir, "key"), "--yes");
    expect([restored.code, restored.stderr]).toEqual([0, expect.any(String)]);
    expect(await contentOf(own)).toEqual(before);
  });
});
