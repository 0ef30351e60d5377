import { randomInt } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseRecord } from "../../src/domain/instance.ts";
import { bundle } from "./support/bundles.ts";
import { docker, engineSnapshot, TestHome } from "./support/cli.ts";

const port = 30_000 + randomInt(20_000);

let home: TestHome;
let name: string;
let copy: string;
/** A name of an image that another home could have given. */
let foreign: string;
let image: string;

beforeAll(async () => {
  home = await TestHome.make();
  [name, copy] = [`v1.0.0-${home.suffix}`, `v1.0.0-${home.suffix}x`];
  foreign = `graph-mgr/v1_0_0_${home.suffix}other/web:pinned`;
  await home.ok("install", bundle("tiny-v1.0.0"), "--name", home.suffix, "--http-port", String(port), "--yes");
  await home.ok("copy", name, "--name", `${home.suffix}x`, "--data", "none", "--no-launch", "--yes");
  const path = join(home.path, ".graph-mgr/instances", `${name}.json`);
  image = parseRecord(await readFile(path, "utf8"), path).images["web"]?.id ?? "";
  await docker("tag", image, foreign);
});
afterAll(async () => {
  await docker("image", "rm", "--no-prune", foreign);
  await home.remove();
});

const operations = () => readdir(join(home.path, ".graph-mgr/operations"));
const volumes = async () => (await engineSnapshot(home.suffix))["volumes"];
const refused = async (...args: readonly string[]) => {
  const { code, stdout } = await home.run("prune", ...args, "--json");
  return { code, error: (JSON.parse(stdout) as { error: { code: string } }).error.code };
};
interface Pruned {
  readonly unused: readonly {
    readonly what: string;
    readonly name: string;
    readonly pruned: boolean;
    readonly sizeBytes: number | null;
  }[];
  readonly freedBytes: number;
}

describe("prune, on a real engine", () => {
  it("shows what is unused and changes nothing with --dry-run", async () => {
    const [engine, before] = [await engineSnapshot(home.suffix), await operations()];
    const { stdout } = await home.ok("prune", "--dry-run");
    expect(stdout).toMatch(new RegExp(`^instance +${copy} +[\\d.]+ k?B +it does not run, and is not current$`, "m"));
    expect(await engineSnapshot(home.suffix)).toEqual(engine);
    expect(await operations()).toEqual(before);
  });

  it("deletes operations but for those that are kept, and what serves goes on serving", async () => {
    for (let at = 0; at < 2; at++) for (const verb of ["stop", "launch"]) await home.ok(verb, name);
    const count = (await operations()).length;
    const before = await volumes();
    const { unused, freedBytes } = await home.json<Pruned>("prune", "--keep-operations", "2", "--yes");
    const gone = unused.filter(({ pruned }) => pruned);
    // Two instances were made by operations that are looked up, and prune is one itself.
    expect(gone.map(({ what }) => what)).toEqual(["operation", "operation"]);
    expect(await operations()).toHaveLength(count - 1);
    expect(freedBytes).toBeGreaterThan(0);
    expect(await volumes()).toEqual(before);
    expect((await fetch(`http://127.0.0.1:${port}/id`)).status).toBe(200);
    await home.ok("operations");
  });

  it("deletes what remove moved aside only where its name is typed, with folder, volumes and names of images", async () => {
    await home.ok("remove", copy, "--yes");
    const [aside = ""] = await readdir(join(home.path, ".graph-mgr/removed"));
    expect((await home.ok("prune")).stdout).toContain(`install --attach ${join(home.path, ".graph-mgr/removed", aside)}`);
    expect(await refused(aside, "--yes")).toEqual({ code: 2, error: "NEEDS_CONFIRM" });
    expect(await refused(aside, "--volumes", "--confirm", copy)).toEqual({ code: 3, error: "NEEDS_CONFIRM" });
    expect((await volumes())?.some(each => each.includes(`${home.suffix}x`))).toBe(true);
    await home.ok("prune", aside, "--volumes", "--confirm", aside);
    expect(await readdir(join(home.path, ".graph-mgr/removed"))).toEqual([]);
    expect((await volumes())?.some(each => each.includes(`${home.suffix}x`))).toBe(false);
    expect(await docker("image", "ls", "-q", `graph-mgr/v1_0_0_${home.suffix}x/web`)).toBe("");
    expect(await docker("image", "inspect", "-f", "{{.Id}}", image)).toBe(image);
  });

  it("takes names of images that an instance of this home left, and no other's", async () => {
    const own = `graph-mgr/v1_0_0_${home.suffix}x/web:pinned`;
    await docker("tag", image, own);
    const { unused } = await home.json<Pruned>("prune", "--yes");
    expect(unused.filter(({ what }) => what === "image").map(each => each.name)).toEqual([own]);
    expect(await docker("image", "ls", "-q", own)).toBe("");
    expect(await docker("image", "ls", "-q", foreign)).not.toBe("");
  });

  it("deletes a stray volume where its name is typed, and never one that a container has", async () => {
    const volume = `v1_0_0_${home.suffix}_stray`;
    await docker("volume", "create", "--label", `graph-mgr.home=${home.path}`, volume);
    const container = await docker("create", "--volume", `${volume}:/x`, "--name", `${volume}_user`, image);
    const typed = [volume, "--volumes", "--confirm", volume] as const;
    expect(await refused(volume, "--confirm", volume)).toEqual({ code: 3, error: "NEEDS_CONFIRM" });
    expect(await refused(...typed)).toEqual({ code: 3, error: "VOLUME_IN_USE" });
    await docker("rm", container);
    await home.ok("prune", ...typed);
    expect(await docker("volume", "ls", "-q", "--filter", `name=${volume}`)).toBe("");
  });

  it("keeps what is current, whatever is typed", async () => {
    expect(await refused(name, "--volumes", "--confirm", name)).toEqual({ code: 3, error: "NOTHING_TO_PRUNE" });
    expect((await fetch(`http://127.0.0.1:${port}/id`)).status).toBe(200);
  });
});

describe("the page of status, on a real engine", () => {
  it("tells what serves, and the file has the same", async () => {
    const { stdout } = await home.ok("status", name);
    expect(stdout).toMatch(new RegExp(`^${name} \\(current\\): running, healthy, for \\d+ `));
    expect(stdout).toContain(`http://localhost:${port}/`);
    const file = join(home.path, "status.html");
    await home.ok("status", "--html", file);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe("600");
    const text = await readFile(file, "utf8");
    expect(text).toContain(`http://localhost:${port}/`);
    expect(text).toContain(`running, healthy</span>`);
    const page = await home.json<{ operations: { kind: string; endedAt: string | null }[] }>("status", name);
    expect(page.operations.every(({ endedAt }) => endedAt !== null)).toBe(true);
    expect(page.operations.map(({ kind }) => kind)).toContain("prune");
  });
});
