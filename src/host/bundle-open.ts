import { realpath, stat } from "node:fs/promises";
import type { BundleSource } from "../domain/bundle.ts";
import { openArchive } from "./bundle-archive.ts";
import { noBundle } from "./bundle-errors.ts";
import { openFolder } from "./bundle-folder.ts";
import type { TarEntry } from "./tar-reader.ts";
import { codeOf } from "./unpack-tree.ts";
import type { Progress } from "./world.ts";

/** A bundle that is open for one reading, archive or folder. */
export interface OpenBundle {
  readonly kind: BundleSource["kind"];
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** To be read once. */
  readonly entries: AsyncIterable<TarEntry>;
  /** Only after the last entry. */
  digest(): string;
  /** Whether it is still as it was when it was opened, by sizes and times. */
  isUnchanged(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * @param doing what is said of the progress: "Checking the bundle"
 * @throws OperatorError NO_BUNDLE
 */
export async function openBundle(path: string, doing: string, progress: Progress): Promise<OpenBundle> {
  const stats = await stat(path).catch((error: unknown) => {
    throw ["ENOENT", "ENOTDIR"].includes(codeOf(error)) ? noBundle(path, "does not exist") : error;
  });
  if (stats.isFile()) return { kind: "archive", ...(await openArchive(path, doing, progress)) };
  if (!stats.isDirectory()) throw noBundle(path, "is neither a file nor a folder");
  return { kind: "folder", ...(await openFolder(await realpath(path), doing, progress)) };
}
