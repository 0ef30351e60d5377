import { posix } from "node:path";

/** The folder of a relative path; empty for the project's own. */
export const folderOf = (path: string): string => {
  const folder = posix.dirname(path);
  return folder === "." ? "" : folder;
};

/** Relative and normal: no `./`, no `a/..`. May still begin with `..`. */
export const joinPath = (folder: string, path: string): string => posix.normalize(posix.join(folder, path));
