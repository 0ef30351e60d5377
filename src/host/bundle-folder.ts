import { createHash, type Hash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { chunksOf, reporter } from "./bundle-archive.ts";
import type { OpenBundle } from "./bundle-open.ts";
import { BundleTree } from "./bundle-tree.ts";
import { changed, hostile, shown, tooLarge, utf8 } from "./tar-fault.ts";
import { LIMITS } from "./tar-limits.ts";
import type { EntryType, TarEntry } from "./tar-reader.ts";
import type { Progress } from "./world.ts";

interface Found {
  readonly path: string;
  readonly type: EntryType;
  readonly stats: Stats;
  readonly linkTarget: string;
}

/**
 * A bundle that lies there unpacked: the same questions as to an archive. Its size is that of all files, its time the
 * newest of all files and folders, its digest a sha256 over names, modes and contents without the image archive.
 */
type OpenFolder = Omit<OpenBundle, "kind">;

/** @throws ArchiveFault hostile when something in the folder must not be in a bundle, changed when somebody writes it meanwhile */
export async function openFolder(folder: string, doing: string, progress: Progress): Promise<OpenFolder> {
  const found = await walk(folder);
  const was = summary(found);
  if (was.sizeBytes > LIMITS.totalBytes) throw tooLarge(`its entries take more than ${LIMITS.totalBytes / 2 ** 30} GiB`);
  const hash = createHash("sha256");
  return {
    ...was,
    entries: entriesOf(folder, found, hash, reporter(doing, was.sizeBytes, progress)),
    digest: () => hash.digest("hex"),
    async isUnchanged() {
      const now = summary(await walk(folder));
      return now.sizeBytes === was.sizeBytes && now.modifiedMs === was.modifiedMs;
    },
    async close() {},
  };
}

function summary(found: readonly Found[]) {
  let sizeBytes = 0;
  let modifiedMs = 0;
  for (const { type, stats } of found) {
    if (type === "file") sizeBytes += stats.size;
    modifiedMs = Math.max(modifiedMs, stats.mtimeMs);
  }
  return { sizeBytes, modifiedMs };
}

/** In the order of names, a folder before what is in it. */
async function walk(folder: string, path = "", found: Found[] = []): Promise<readonly Found[]> {
  const full = join(folder, path);
  const stats = await lstat(full);
  const type = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : stats.isSymbolicLink() ? "link" : null;
  if (type === null) throw hostile(`${shown(path)} is a device, a pipe or a socket`);
  found.push({ path: path === "" ? "." : path, type, stats, linkTarget: type === "link" ? await targetOf(full) : "" });
  if (found.length > LIMITS.entries) throw tooLarge(`it has more than ${LIMITS.entries} entries`);
  if (type !== "folder") return found;
  for (const name of (await readdir(full, { encoding: "buffer" })).sort(Buffer.compare)) {
    const text = utf8(name);
    if (text === null) throw hostile(`the name ${shown(name.toString("latin1"))} is not valid UTF-8`);
    await walk(folder, path === "" ? text : `${path}/${text}`, found);
  }
  return found;
}

async function targetOf(link: string): Promise<string> {
  const target = utf8(await readlink(link, { encoding: "buffer" }));
  if (target === null) throw hostile(`the target of the link ${shown(link)} is not valid UTF-8`);
  return target;
}

function imageArchiveOf(found: readonly Found[]): string | null {
  const tree = new BundleTree();
  for (const each of found) tree.admit(each);
  const { root } = tree;
  const name = root === null ? null : tree.settle(root);
  return name === null ? null : root + name;
}

async function* entriesOf(
  folder: string,
  found: readonly Found[],
  hash: Hash,
  report: (doneBytes: number) => void,
): AsyncGenerator<TarEntry> {
  const imageArchive = imageArchiveOf(found);
  let doneBytes = 0;
  for (const { path, type, stats, linkTarget } of found) {
    const { uid, gid, mtimeMs: modifiedMs } = stats;
    const mode = stats.mode & 0o7777;
    const entry = { path, type, mode, uid, gid, modifiedMs, linkTarget };
    const counts = path !== imageArchive;
    if (counts) hash.update(`${JSON.stringify([path, type, mode & 0o777, linkTarget])}\n`);
    if (type !== "file") {
      yield { ...entry, sizeBytes: 0, content: nothing() };
      continue;
    }
    const file = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const contentHash = createHash("sha256");
    let left = stats.size;
    const pieces = (async function* () {
      for await (const piece of chunksOf(file, Math.min(LIMITS.readBytes, stats.size + 1))) {
        if (counts) contentHash.update(piece);
        left -= piece.length;
        doneBytes += piece.length;
        report(doneBytes);
        yield piece;
      }
    })();
    try {
      if (!(await file.stat()).isFile()) throw changed(`${shown(path)} was written meanwhile`);
      yield { ...entry, sizeBytes: stats.size, content: { [Symbol.asyncIterator]: () => lasting(pieces) } };
      // The digest needs what the reader did not want.
      if (counts) for await (const _ of { [Symbol.asyncIterator]: () => lasting(pieces) });
      if (counts && left !== 0) throw changed(`${shown(path)} was written meanwhile`);
    } finally {
      await pieces.return();
      await file.close();
    }
    if (counts) hash.update(`${contentHash.digest("hex")}\n`);
  }
}

/** Goes on where the loop before left off: a reader that stops early does not end the stream. */
const lasting = (pieces: AsyncGenerator<Buffer>): AsyncIterator<Buffer> => ({ next: () => pieces.next() });

async function* nothing(): AsyncGenerator<Buffer> {}
