import { bytesOf } from "./name-bytes.ts";
import { hostile, shown, tooLarge } from "./tar-fault.ts";
import { LIMITS, type Limits } from "./tar-limits.ts";
import type { TarEntry } from "./tar-reader.ts";

/** A tree of our own is larger than any bundle, and may hold a file of nothing but zeros; what it takes on disk is asked before. */
export const TREE_LIMITS: Limits = {
  ...LIMITS,
  entries: 5_000_000,
  totalBytes: Number.MAX_SAFE_INTEGER,
  namesBytes: 256 * 2 ** 20,
  ratio: Number.POSITIVE_INFINITY,
  isOwnTree: true,
  // What is larger stays in memory for longer, and is no faster.
  chunkBytes: 2 ** 17,
};

/** An entry with a clean path relative to the tree; empty for the tree itself. Its link, if it is one, leads wherever it leads. */
export type TreeEntry = TarEntry;

const LONGEST_PATH = 4096;
const LONGEST_NAME = 255;
/** Files lose what would let them act as another user; a folder's bits only say who gets what is made in it. */
const FILE_MODE = 0o777;
const FOLDER_MODE = 0o3777;

/**
 * Lets through what can be written below one folder and nowhere else: each entry in a folder that came before it, none twice, second
 * names only of files of the same tree.
 * @throws ArchiveFault
 */
export async function* judged(entries: AsyncIterable<TarEntry>): AsyncGenerator<TreeEntry> {
  const folders = new Set<string>();
  const files = new Set<string>();
  const links = new Set<string>();
  for await (const entry of entries) {
    const path = cleanTreePath(entry.path);
    if (folders.has(path) || files.has(path) || links.has(path)) throw hostile(`${shown(path)} is there twice`);
    if (path === "" ? entry.type !== "folder" : !folders.has(parentOf(path)))
      throw hostile(`${shown(path)} lies in no folder that came before it`);
    if (entry.type === "folder") folders.add(path);
    else if (entry.type === "link") links.add(path);
    else files.add(path);
    if (entry.type === "link" && entry.linkTarget === "") throw hostile(`the link ${shown(path)} leads nowhere`);
    const mode = entry.mode & (entry.type === "folder" ? FOLDER_MODE : FILE_MODE);
    if (entry.type !== "hardlink") {
      yield { ...entry, path, mode };
      continue;
    }
    const target = cleanTreePath(entry.linkTarget);
    if (target === path || !files.has(target)) throw hostile(`${shown(path)} is another name of no file that came before it`);
    yield { ...entry, path, mode, linkTarget: target };
  }
  if (folders.size === 0) throw hostile("it has no folder at its top");
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** `./a/b/` as `a/b`. @throws ArchiveFault for what is not below the tree */
function cleanTreePath(path: string): string {
  if (path.length > LONGEST_PATH) throw tooLarge("a path in it is longer than any");
  const clean = path.replace(/^\.\//, "").replace(/\/$/, "");
  if (clean === "" || clean === ".") return "";
  for (const part of clean.split("/")) {
    if (part === "" || part === "." || part === "..") throw hostile(`${shown(path)} leads out of its folder`);
    if (bytesOf(part).length > LONGEST_NAME) throw tooLarge("a name in it is longer than any");
  }
  return clean;
}
