import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type BundleGlance, type BundleStamp, COMPOSE_FILES, TELLING_FILES } from "../domain/bundle.ts";
import { openArchive } from "./bundle-archive.ts";
import { bundleChanged, bundleIncomplete, noBundle } from "./bundle-errors.ts";
import { asText, MOST_TEXT_BYTES, textOf } from "./bundle-text.ts";
import { BundleTree } from "./bundle-tree.ts";
import type { TarSource } from "./tar-bytes.ts";
import { BLOCK_BYTES, looksLikeHeader } from "./tar-header.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";
import { codeOf } from "./unpack-tree.ts";
import type { Progress } from "./world.ts";

/** Enough for the headers and texts of a few files. */
const CHUNK_BYTES = 65_536;

/** Of a folder: sizes and times of what is at its top. */
export async function stampOf(path: string): Promise<BundleStamp | null> {
  const stats = await statOf(path);
  if (stats === null) return null;
  const inside = stats.isDirectory() ? await Promise.all((await readdir(path)).map(name => statOf(join(path, name)))) : [];
  const files = inside.filter(each => each?.isFile() === true);
  const all = [stats, ...files].filter(each => each !== null);
  return {
    sizeBytes: stats.isDirectory() ? files.reduce((sum, each) => sum + (each?.size ?? 0), 0) : stats.size,
    modifiedMs: Math.max(...all.map(({ mtimeMs }) => mtimeMs)),
    changedMs: Math.max(...all.map(({ ctimeMs }) => ctimeMs)),
  };
}

async function statOf(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(codeOf(error))) return null;
    throw error;
  }
}

/** @throws ArchiveFault, OperatorError */
export async function glanceAt(path: string, progress: Progress): Promise<BundleGlance> {
  const [stats, stamp] = [await statOf(path), await stampOf(path)];
  if (stats === null || stamp === null) throw noBundle(path, "does not exist");
  if (stats.isDirectory()) return { stamp, digest: null, texts: await textsOfFolder(path) };
  if (!stats.isFile()) throw noBundle(path, "is neither a file nor a folder");
  const found = await glanceAtArchive(path, progress);
  const now = await stampOf(path);
  if (now?.changedMs !== stamp.changedMs || now.sizeBytes !== stamp.sizeBytes) throw bundleChanged(path);
  return { stamp, ...found };
}

async function glanceAtArchive(path: string, progress: Progress): Promise<Omit<BundleGlance, "stamp">> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BLOCK_BYTES), 0, BLOCK_BYTES, 0);
    if (bytesRead === BLOCK_BYTES && looksLikeHeader(buffer)) {
      return { texts: await textsOfArchive(readTar(jumping(file)), path), digest: null };
    }
  } finally {
    await file.close();
  }
  // Compressed, or nothing that can be read, which this says best: it goes from end to end.
  const archive = await openArchive(path, `Looking into ${basename(path)}`, progress);
  try {
    return { texts: await textsOfArchive(archive.entries, path), digest: archive.digest() };
  } finally {
    await archive.close();
  }
}

/** A file that is read where it is wanted. Behind its end there is nothing, which a tar's reader takes for damage. */
function jumping(file: FileHandle): TarSource {
  let at = 0;
  return {
    jump(bytes) {
      at += bytes;
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(CHUNK_BYTES), 0, CHUNK_BYTES, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
  };
}

async function textsOfArchive(entries: AsyncIterable<TarEntry>, archive: string): Promise<BundleGlance["texts"]> {
  const tree = new BundleTree();
  const texts = new Map<string, string>();
  for await (const entry of entries) {
    const { path } = tree.admit(entry);
    const [first = "", second] = path.split("/");
    if (entry.type !== "file" || entry.sizeBytes > MOST_TEXT_BYTES) continue;
    if (!TELLING_FILES.includes(second ?? first)) continue;
    const text = await textOf(entry);
    if (text !== null) texts.set(path, text);
  }
  if (tree.isEmpty) throw noBundle(archive, "is empty");
  const { root } = tree;
  if (root === null) throw bundleIncomplete(archive);
  tree.settle(root);
  return Object.fromEntries([...texts].flatMap(([path, text]) => (isIn(root, path) ? [[path.slice(root.length), text]] : [])));
}

const isIn = (root: string, path: string): boolean => path.startsWith(root) && !path.slice(root.length).includes("/");

async function textsOfFolder(folder: string): Promise<BundleGlance["texts"]> {
  const names = await readdir(folder);
  const [only, ...others] = names;
  const isRoot = names.some(name => COMPOSE_FILES.includes(name));
  if (names.length === 0) throw noBundle(folder, "is empty");
  if (!isRoot && only !== undefined && others.length === 0) {
    const inner = join(folder, only);
    if ((await lstat(inner)).isDirectory() && (await readdir(inner)).some(name => COMPOSE_FILES.includes(name))) {
      return await textsOfFolder(inner);
    }
  }
  if (!isRoot) throw bundleIncomplete(folder);
  const found = await Promise.all(
    names.filter(name => TELLING_FILES.includes(name)).map(async name => [name, await textAt(join(folder, name))] as const),
  );
  return Object.fromEntries(found.filter((each): each is readonly [string, string] => each[1] !== null));
}

/** Null when it is no text of a size that one reads, or a link. */
async function textAt(path: string): Promise<string | null> {
  if (!(await lstat(path)).isFile()) return null;
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return (await file.stat()).size > MOST_TEXT_BYTES ? null : asText(await file.readFile());
  } finally {
    await file.close();
  }
}
