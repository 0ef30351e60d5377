import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkBackup } from "../../src/host/backup-check.ts";
import { BackupFile } from "../../src/host/backup-file.ts";
import type { Restic } from "../../src/host/restic.ts";
import { openStored } from "../../src/host/restic-bytes.ts";
import { ResticSink } from "../../src/host/restic-sink.ts";
import { type Content, executor, pieces, writeBackup } from "./backup-archives.ts";
import { END, entry, header } from "./tar-writer.ts";

/** A repository in memory: what was stored, by the name of its file, and which of it was read how often. */
let stored: Map<string, Buffer>;
let read: string[];
const NAME = "7-v1.0.0-20261120T101500Z.tar";
const none = () => Promise.reject(new Error("nothing is asked"));
const restic: Restic = {
  run: none,
  runUnlocked: none,
  async feed(source, ...args) {
    const file = args[args.indexOf("--stdin-filename") + 1] ?? "";
    stored.set(file, await buffer(source));
    return "";
  },
  // What stands second is the snapshot, which is called as its file here.
  async *pipe(_, file = "") {
    read.push(file);
    const bytes = stored.get(file) ?? Buffer.alloc(0);
    for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
  },
};
const opened = async (path: string) =>
  await openStored(restic, "restic:/r", {
    path,
    name: NAME,
    snapshots: [...stored.keys()].map(id => ({ id, origin: id, name: NAME, file: id })),
  });

const big = Buffer.alloc(9_000_001, "graph-mgr restic ");
async function* folder(first = 10): AsyncGenerator<Buffer> {
  yield entry("./", "", { type: "5" });
  yield entry("./first", "x".repeat(first));
  yield header("./big", big.length);
  yield big;
  yield Buffer.alloc(512 - (big.length % 512));
  yield END;
}
const write = async (content: Content = {}) => {
  stored = new Map();
  await writeBackup("", { compression: "none", folder: folder(), ...content }, async () => new ResticSink(restic, NAME));
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "graph-mgr-restic-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(async () => {
  read = [];
  await write();
});

describe("an archive in a repository", () => {
  it("is stored without what changes each time, and comes out as it went in", async () => {
    const path = join(dir, "plain.tar");
    await writeBackup(path, { compression: "none", folder: folder() });
    const bytes = await opened("restic:/r/x");
    const whole = Buffer.alloc(bytes.sizeBytes);
    for (let at = 0; at < whole.length; ) at += (await bytes.read(whole, at, 300_001, at)).bytesRead;
    await bytes.close();
    expect(whole.equals(await readFile(path))).toBe(true);
    expect([...stored.keys()]).toEqual(["head.tar", "folder.tar", "pristine.tar", "tail.tar"]);
    expect(stored.get("folder.tar")?.equals(await buffer(Readable.from(folder())))).toBe(true);
    const first = stored;
    await write({ createdAt: "2026-11-21T10:15:00.000Z" });
    for (const file of ["head.tar", "folder.tar", "pristine.tar"])
      expect(stored.get(file)?.equals(first.get(file) ?? Buffer.alloc(0)), file).toBe(true);
  });

  it("is looked at by its end alone, and each stream of it is read without the others", async () => {
    const backup = await BackupFile.open("restic:/r/x", opened);
    expect(read).toEqual(["tail.tar"]);
    for await (const _ of backup.read("pristine.tar.00000001"));
    for await (const _ of backup.read("database/globals.sql"));
    await backup.close();
    expect(read).toEqual(["tail.tar", "pristine.tar", "head.tar"]);
  });

  it("is checked by reading each file once", async () => {
    await checkBackup(executor, "restic:/r/x", () => {}, opened);
    expect(read).toEqual(["tail.tar", "head.tar", "folder.tar", "pristine.tar"]);
  });

  it.each([
    ["longer", (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)]), "folder.tar is longer than it was"],
    ["shorter", (bytes: Buffer) => bytes.subarray(0, -1), "folder.tar ends in it"],
    ["another", (bytes: Buffer) => Buffer.from(bytes).fill(1, 5_000_000, 5_000_001), "it is not what was written"],
  ])("F03 of which a file is %s is refused", async (_, change, said) => {
    stored.set("folder.tar", change(stored.get("folder.tar") ?? Buffer.alloc(0)));
    await expect(checkBackup(executor, "restic:/r/x", () => {}, opened)).rejects.toMatchObject({
      code: "BACKUP_DAMAGED",
      message: expect.stringContaining(said),
    });
  });

  it("F03 whose end is another, or is not there, is refused", async () => {
    const tail = stored.get("tail.tar") ?? Buffer.alloc(0);
    stored.set("tail.tar", tail.subarray(512));
    await expect(opened("restic:/r/x")).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    stored.delete("tail.tar");
    await expect(opened("restic:/r/x")).rejects.toMatchObject({ code: "NO_BACKUP" });
  });

  it("has an empty file as it has others", async () => {
    await write({ folder: pieces(entry("./", "", { type: "5" }), entry("./empty", ""), END) });
    await checkBackup(executor, "restic:/r/x", () => {}, opened);
  });
});
