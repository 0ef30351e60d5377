import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { TreeEntry } from "./backup-tree.ts";
import { filePieces } from "./file-pieces.ts";
import { nameOf, pathOf } from "./name-bytes.ts";

async function* nothing(): AsyncGenerator<Buffer> {}

/** A tree of this machine as an archive of it would have it, contents included; `digest` in tree-digest.ts is made for both. Names are as `nameOf` has them. */
export async function* entriesIn(root: string): AsyncGenerator<TreeEntry> {
  const seen = new Map<string, string>();
  for await (const path of pathsIn(root, "")) {
    const full = pathOf(join(root, path));
    const stat = await lstat(full);
    const { mode, uid, gid, size, mtimeMs, dev, ino, nlink } = stat;
    const entry = { path, mode: mode & 0o7777, uid, gid, sizeBytes: 0, modifiedMs: mtimeMs, linkTarget: "", content: nothing() };
    const first = seen.get(`${dev}:${ino}`);
    if (stat.isDirectory()) yield { ...entry, type: "folder" };
    else if (stat.isSymbolicLink()) yield { ...entry, type: "link", linkTarget: nameOf(await readlink(full, "buffer")) };
    else if (first !== undefined) yield { ...entry, type: "hardlink", linkTarget: first };
    else {
      if (nlink > 1) seen.set(`${dev}:${ino}`, path);
      const content = stat.isFile() ? filePieces(full) : nothing();
      // Of what no archive of ours has the whole mode, which no entry of one has.
      yield { ...entry, type: "file", mode: stat.isFile() ? entry.mode : mode, sizeBytes: size, content };
    }
  }
}

/** The folder itself is the empty path. */
async function* pathsIn(root: string, path: string): AsyncGenerator<string> {
  yield path;
  for (const each of await readdir(pathOf(join(root, path)), { withFileTypes: true, encoding: "buffer" })) {
    const name = nameOf(each.name);
    const below = path === "" ? name : `${path}/${name}`;
    if (each.isDirectory()) yield* pathsIn(root, below);
    else yield below;
  }
}
