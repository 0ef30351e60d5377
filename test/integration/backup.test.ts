import { mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { needs } from "../support/programs.ts";
import { docker, engineSnapshot } from "./support/cli.ts";
import { watch } from "./support/engine.ts";
import { backupBundle, backupHome, contentOf, RELEASE } from "./support/small-backup.ts";
import type { SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

/** Backups of a small product with a database, a folder of data and a volume of files, on the real engine. */
let small: SmallProduct;
let bundle: string;
let elsewhere: string;
const made: SmallHome[] = [];

beforeAll(async () => {
  small = await SmallProduct.make();
  bundle = await backupBundle(small);
  elsewhere = await mkdtemp(join(tmpdir(), "graph-mgr-test-backups-"));
});
afterAll(async () => {
  await small?.remove();
  await rm(elsewhere, { recursive: true, force: true });
});
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
});

async function installed(): Promise<SmallHome> {
  const own = await backupHome(bundle);
  made.push(own);
  return own;
}

interface Listed {
  readonly backups: readonly {
    readonly sequence: number;
    readonly path: string;
    readonly verified: { readonly how: string } | null;
    readonly drilled: { readonly tookMs: number } | null;
  }[];
}
interface Made {
  readonly backup: string;
  readonly sequence: number;
}

it("a backup is made while the instance serves, is private, and is listed once it was read back", async () => {
  const own = await installed();
  const { home } = own;
  const before = await own.startedAt();
  let count = 0;
  const writing = watch(async () => {
    await own.write(`while ${count++}`);
  });
  const result = await home.json<Made>("backup", "create");
  await writing.stop();
  expect(count).toBeGreaterThan(3);
  expect(await own.startedAt()).toEqual(before);
  expect(result).toMatchObject({ sequence: 1, kind: "backup-create", outcome: "done" });
  expect((await stat(result.backup)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(home.path, "backups"))).toEqual([result.backup.split("/").at(-1)]);
  const { backups } = await home.json<Listed>("backup", "list");
  expect(backups).toMatchObject([{ sequence: 1, path: result.backup, verified: { how: "created" } }]);
  const { stdout } = await execa("tar", ["tf", result.backup]);
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining([
      "README",
      "instance.json",
      "folder.tar.gz.00000001",
      "volume-1.tar.gz.00000001",
      "database/proof.json",
      "manifest.json",
      "digest",
    ]),
  );
  expect((await home.ok("backup", "verify", "1")).stdout).toContain("is whole");

  // A drill leaves nothing but the note of it, and what serves is not touched.
  const [around, files] = [await engineSnapshot(home.suffix), await readdir(home.path, { recursive: true })];
  const networks = new Map<string, string>();
  const looking = watch(async () => {
    for (const name of (await docker("network", "ls", "--format", "{{.Name}}", "--filter", "name=_drill_")).split("\n")) {
      const isInternal = name === "" ? "" : await docker("network", "inspect", "--format", "{{.Internal}}", name).catch(() => "");
      if (isInternal !== "") networks.set(name, isInternal);
    }
  });
  const drilled = await home.json<{ readonly outcome: string; readonly tookMs: number }>("backup", "verify", "1", "--drill");
  await looking.stop();
  // What ran for it reached nobody outside.
  expect(networks.size).toBeGreaterThan(0);
  expect([...networks.values()].filter(isInternal => isInternal !== "true")).toEqual([]);
  expect(drilled).toMatchObject({ outcome: "done", kind: "backup-drill", from: own.name(RELEASE) });
  expect(drilled.tookMs).toBeGreaterThan(0);
  const [known] = (await home.json<Listed>("backup", "list")).backups;
  expect(known?.drilled?.tookMs).toBeGreaterThan(0);
  expect(known?.drilled?.tookMs).toBeLessThanOrEqual(drilled.tookMs);
  expect((await home.ok("backup", "list")).stdout).toContain("by a drill of");
  expect(await engineSnapshot(home.suffix)).toEqual(around);
  expect(await docker("volume", "ls", "--quiet", "--filter", "name=drill_")).toBe("");
  const isKept = (path: string) => !path.startsWith(".graph-mgr/operations");
  expect((await readdir(home.path, { recursive: true })).filter(isKept).sort()).toEqual(files.filter(isKept).sort());
  expect(await own.startedAt()).toEqual(before);
  // The only one that was found whole stays, and nothing is deleted unasked.
  const prune = (...more: readonly string[]) => home.run("backup", "prune", ...more);
  expect((await prune("--keep-last", "0", "--yes")).stderr).toContain("None of the 1 backups");
  await home.ok("backup", "create", "--compress", "none");
  expect((await prune("--keep-last", "1")).code).toBe(2);
  expect((await home.json<Listed>("backup", "list")).backups).toHaveLength(2);
  expect((await prune("--keep-last", "1", "--yes")).code).toBe(0);
  expect((await home.json<Listed>("backup", "list")).backups.map(({ sequence }) => sequence)).toEqual([2]);
  // Neither dump nor helper is left.
  expect((await execa("find", [join(home.path, ".graph-mgr/operations"), "-name", "dump*"])).stdout).toBe("");
});

async function stopAndRemove({ home, name }: SmallHome): Promise<void> {
  await home.ok("stop", name(RELEASE));
  await home.ok("remove", name(RELEASE), "--volumes", "--confirm", name(RELEASE), "--current", "--yes");
}

it("what was backed up under a write load comes back after everything was removed", async () => {
  const own = await installed();
  const { home } = own;
  await own.sql(
    RELEASE,
    "create role analyst login password 'hush'; alter role analyst set search_path = 'x'; create table blobs as select lo_from_bytea(0, 'large')",
  );
  let count = 0;
  const writing = watch(async () => {
    await own.write(`while ${count++}`);
  });
  const { backup } = await home.json<Made>("backup", "create", "--to", elsewhere);
  await writing.stop();
  const before = await contentOf(own);
  const kept = JSON.parse(before.rows) as unknown[];
  await stopAndRemove(own);
  expect(await docker("volume", "ls", "-q", "--filter", `name=${own.slug(RELEASE)}`)).toBe("");
  const restored = await home.json<{ readonly instance: string }>("backup", "restore", backup, "--yes");
  expect(restored.instance).toBe(own.name(RELEASE));
  const after = await contentOf(own);
  const rows = JSON.parse(after.rows) as unknown[];
  // All that was there when the dump began; what was written since then is not.
  expect(rows.length).toBeGreaterThan(2);
  expect(rows).toEqual(kept.slice(0, rows.length));
  expect({ ...after, rows: "" }).toEqual({ ...before, rows: "" });
  const { current, instances } = await own.listed();
  expect(current).toBe(own.name(RELEASE));
  expect(instances).toMatchObject([{ name: own.name(RELEASE), state: "running", health: "healthy" }]);
  expect(await own.sql(RELEASE, "select convert_from(lo_get(lo_from_bytea), 'utf8') from blobs")).toBe("large");
  // It goes on from there.
  await own.write("after");
  expect(await own.sql(RELEASE, "select count(*) from notes where note = 'after'")).toBe("1");
});

it("F82 beside the instance that it is of it becomes the current one, and the old one stays as it is", async () => {
  const own = await installed();
  const { home } = own;
  const old = own.name(RELEASE);
  const log = join(elsewhere, "calls");
  const PATH = await small.shim(`printf '%q ' "$@" >> ${log}; echo >> ${log}`);
  const recorded = async (...args: readonly string[]) => {
    const { code, stderr } = await home.runWith({ PATH }, ...args);
    expect([code, stderr]).toEqual([0, stderr]);
  };
  await needs("zstd");
  await recorded("backup", "create", "--compress", "zstd");
  const before = await contentOf(own);
  const startedAt = await own.startedAt();
  const text = (await home.ok("backup", "restore", "1", "--dry-run")).stdout;
  expect(text).toContain(`${old} is taken, so it becomes ${old}-2`);
  expect(text).toContain(`it becomes the current instance; ${old} stays as it is`);
  await recorded("backup", "restore", "1", "--yes");
  // Nothing goes into a container as an archive that the engine would unpack, nor comes out of one that way.
  const calls = (await readFile(log, "utf8")).split("\n");
  expect(calls.filter(call => /^run .*graph-mgr\.helper=/.test(call)).length).toBeGreaterThan(3);
  expect(calls.filter(call => /^(container )?(cp|commit|export)\b|^(image )?import\b/.test(call))).toEqual([]);
  const { current, instances } = await own.listed();
  expect(current).toBe(`${old}-2`);
  expect(instances.map(({ name, state }) => [name, state])).toEqual([
    [old, "running"],
    [`${old}-2`, "running"],
  ]);
  expect(instances[0]!.ports[0]!.host).not.toBe(instances[1]!.ports[0]!.host);
  expect(await own.startedAt()).toEqual(startedAt);
  expect(await contentOf(own, `${own.slug(RELEASE)}_2`, `${own.dir(RELEASE)}-2`)).toEqual(before);
  expect(await contentOf(own)).toEqual(before);
});

it("of a stopped instance, with its images, onto an engine that has none of them", async () => {
  const own = await installed();
  const { home } = own;
  const before = await contentOf(own);
  await home.ok("stop", own.name(RELEASE));
  const { backup, sequence } = await home.json<Made>(
    "backup",
    "create",
    "--with-images",
    "--compress",
    "none",
    "--to",
    elsewhere,
  );
  expect((await own.listed()).instances).toMatchObject([{ state: "stopped" }]);
  await home.ok("remove", own.name(RELEASE), "--volumes", "--confirm", own.name(RELEASE), "--current", "--yes");
  await docker("image", "rm", "--no-prune", small.image);
  try {
    const without = await home.run("backup", "restore", String(sequence), "--yes");
    expect([without.code, without.stderr]).toEqual([0, expect.any(String)]);
    expect(await contentOf(own)).toEqual(before);
  } finally {
    const id = (await docker("inspect", "--format", "{{.Image}}", own.container(RELEASE, "app")).catch(() => "")).trim();
    if (id !== "") await docker("tag", id, small.image);
  }
  expect((await home.ok("backup", "verify", backup)).stdout).toContain("is whole");
});

it("F03 an archive that is cut off is refused, and nothing is changed", { tags: ["usual"] }, async () => {
  const own = await installed();
  const { home } = own;
  const { backup } = await home.json<Made>("backup", "create");
  const { size } = await stat(backup);
  const [engine, files] = [await engineSnapshot(home.suffix), await readdir(home.path, { recursive: true })];
  for (const at of [size - 1, size - 512, size - 1024, size - 2000, Math.floor(size / 2), 2000]) {
    const file = await open(backup, "r+");
    await file.truncate(at);
    await file.close();
    for (const action of ["verify", "restore"]) {
      const { code, stdout } = await home.run("backup", action, backup, "--yes", "--json");
      const { error } = JSON.parse(stdout) as { error: { code: string; part: string } };
      expect([code, error.code]).toEqual([3, "BACKUP_DAMAGED"]);
      expect(error.part).toMatch(/^(README|[a-z])/);
    }
    expect((await home.json<Listed>("backup", "list")).backups).toMatchObject([{ sequence: 1, verified: null }]);
  }
  expect(await engineSnapshot(home.suffix)).toEqual(engine);
  expect((await readdir(home.path, { recursive: true })).sort()).toEqual([...files].sort());
});
