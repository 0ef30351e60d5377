import { dirname } from "node:path";
import type { Context } from "./context.ts";

/** Folders above a path that are not there, deepest first: what an undo takes away again once they are empty. */
export async function missingAbove(path: string, { world: { files } }: Context): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); !(await files.isFolder(folder)); folder = dirname(folder)) missing.push(folder);
  return missing;
}

/** @param folders deepest first */
export async function removeEmpty(folders: readonly string[], { world: { files, trees } }: Context): Promise<void> {
  for (const folder of folders)
    if ((await files.isFolder(folder)) && (await files.list(folder)).length === 0) await trees.remove(folder, null);
}
