import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkBackup } from "../../src/host/backup-check.ts";
import { BackupFile } from "../../src/host/backup-file.ts";
import { judged, TREE_LIMITS } from "../../src/host/backup-tree.ts";
import { unfolded } from "../../src/host/compression.ts";
import { readTar } from "../../src/host/tar-reader.ts";
import { digestHere, TreeDigest } from "../../src/host/tree-digest.ts";
import { DIGEST_TREE } from "../../src/host/tree-scripts.ts";
import { needs } from "../support/programs.ts";
import { executor, makeTree, packed, record, writeBackup } from "./backup-archives.ts";
import { entry, header } from "./tar-writer.ts";

/** A package may have to come first. */
const INSTALL_MS = 300_000;

let folder: string;
let tree: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-backup-"));
  tree = join(folder, "tree");
  await mkdir(tree);
  await makeTree(tree);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const digestOf = async (dir: string): Promise<string> =>
  (await executor.run({ program: "sh", args: ["-c", DIGEST_TREE, "digest", dir], env: { SUM: "sha256sum" } })).slice(0, 64);

describe.each(["gzip", "zstd", "none"] as const)("a backup with %s", compression => {
  const path = () => join(folder, `${compression}.tar`);
  beforeAll(async () => {
    if (compression === "zstd") await needs("zstd");
    await writeBackup(path(), { compression, folder: packed(tree) });
  }, INSTALL_MS);

  it("is private, and reads back whole", async () => {
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    const { manifest, record: found, texts } = await checkBackup(executor, path(), () => {});
    expect(found).toEqual(record);
    expect(texts[".env"]).toBe("POSTGRES_PASSWORD=hush\n");
    expect(manifest.streams.map(({ name }) => name)).toEqual(["folder", "pristine"]);
    expect(manifest.members[0]?.name).toBe("README");
  });

  it("is a tar that tar reads, and its parts unfold by hand to what was packed", async () => {
    expect((await execa("tar", ["tf", path()])).stdout.split("\n")).toEqual(
      expect.arrayContaining(["README", "instance.json", "manifest.json", "digest"]),
    );
    const out = join(folder, `out-${compression}`);
    await mkdir(join(out, "tree"), { recursive: true });
    await execa("tar", ["xf", path(), "-C", out]);
    const unfold = { gzip: "gunzip", zstd: "zstd -dc", none: "cat" }[compression];
    await execa("sh", ["-c", `cat folder.tar*.* | ${unfold} | tar xp -C tree`], { cwd: out });
    expect(await digestOf(join(out, "tree"))).toBe(await digestOf(tree));
  });

  it("tells the digest that its tree will have once it is written", async () => {
    const backup = await BackupFile.open(path());
    const seen = new TreeDigest();
    const raw = async function* () {
      for (const { name } of backup.members.filter(each => each.name.startsWith("folder"))) yield* backup.read(name);
    };
    const entries = readTar(unfolded(compression, raw(), executor, TREE_LIMITS), TREE_LIMITS);
    for await (const entry of seen.along(judged(entries))) for await (const _ of entry.content);
    await backup.close();
    const [escaped, plain] = seen.digests();
    expect(escaped).toBe(await digestOf(tree));
    // Of a name with a line break, which only coreutils escape.
    expect(plain).not.toBe(escaped);
  });
});

it("the digest of a tree is the same by our own hand as by the programs", async () => {
  expect(await digestHere(tree)).toBe(await digestOf(tree));
});

it.each([
  ["another byte", `printf x >> "$1/plain"`],
  ["another mode", `chmod 601 "$1/plain"`],
  ["a name more", `ln "$1/plain" "$1/more"`],
  ["another link", `ln -sfn elsewhere "$1/link"`],
  ["a named pipe in the place of a file", `rm "$1/plain" && mkfifo -m 600 "$1/plain"`],
])("a tree with %s has another digest", async (_, change) => {
  const dir = await mkdtemp(join(folder, "changed-"));
  await execa("sh", ["-c", 'printf text > "$1/plain" && chmod 600 "$1/plain" && ln -s plain "$1/link"', "sh", dir]);
  const before = await digestHere(dir);
  expect(before).toBe(await digestOf(dir));
  await execa("sh", ["-c", change, "sh", dir]);
  expect(await digestHere(dir)).not.toBe(before);
});

it("leaves out what it is told to, at the top alone", async () => {
  const dir = join(folder, "with-images");
  await mkdir(join(dir, "data"), { recursive: true });
  for (const name of ["containers.tar", "data/containers.tar"]) await writeFile(join(dir, name), name);
  const path = join(folder, "without.tar");
  await writeBackup(path, { compression: "none", folder: packed(dir, "--exclude=./containers.tar") });
  const { stdout } = await execa("sh", ["-c", `tar xOf ${path} folder.tar.00000001 | tar t`]);
  expect(stdout.split("\n")).toEqual(["./", "./data/", "./data/containers.tar"]);
});

it("a stream of many parts is cut and joined again", async () => {
  const path = join(folder, "large.tar");
  const megabyte = Buffer.alloc(2 ** 20, "graph-mgr");
  const megabytes = 20;
  const big = async function* () {
    yield entry("./", "", { type: "5" });
    yield header("./big", megabytes * 2 ** 20);
    for (let n = 0; n < megabytes; n++) {
      megabyte.writeUInt32LE(n);
      yield Buffer.from(megabyte);
    }
    yield Buffer.alloc(1024);
  };
  await writeBackup(path, { compression: "none", folder: big() });
  const { manifest } = await checkBackup(executor, path, () => {});
  expect(manifest.streams[0]?.parts).toBe(6);
});
