import { execFile } from "node:child_process";
import { constants, promises as fs, type Stats } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { OperatorError } from "../errors.ts";
import type { Disk, DiskStat } from "./disk.ts";
import { sha256Of } from "./file-digest.ts";

const typeOf = (stat: Stats): DiskStat["type"] =>
  stat.isFile() ? "file" : stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : "other";

async function writeWith(path: string, flags: number, bytes: Buffer, mode: number): Promise<void> {
  const file = await fs.open(path, flags | constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, mode);
  try {
    // `mode` above counts only for a new file, and only as far as the umask lets it.
    await file.chmod(mode);
    let at = 0;
    while (at < bytes.length) at += (await file.write(bytes, at)).bytesWritten;
  } finally {
    await file.close();
  }
}

/** `sync -f`, for which Node has no call; where it knows no -f, everything is synced. */
const settle = async (args: readonly string[]): Promise<void> => {
  await promisify(execFile)("sync", args);
};

/** This machine's file system. */
export const nodeDisk: Disk = {
  read: path => fs.readFile(path),
  digest: sha256Of,
  write: (path, bytes, mode) => writeWith(path, constants.O_TRUNC, bytes, mode),
  append: (path, bytes, mode) => writeWith(path, constants.O_APPEND, bytes, mode),
  truncate: (path, bytes) => fs.truncate(path, bytes),
  async sync(path) {
    const file = await fs.open(path, constants.O_RDONLY);
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },
  settle: path => settle(["-f", path]).catch(() => settle([])),
  rename: (from, to) => fs.rename(from, to),
  async makeFolder(path, mode) {
    if (await makeFolders(path, mode)) await fs.chmod(path, mode);
  },
  unlink: path => fs.unlink(path),
  remove: path => fs.rm(path, { recursive: true, force: true }),
  symlink: (target, path) => fs.symlink(target, path),
  async stat(path) {
    try {
      const stat = await fs.lstat(path);
      return {
        type: typeOf(stat),
        mode: stat.mode & 0o7777,
        sizeBytes: stat.size,
        uid: stat.uid,
        gid: stat.gid,
        modifiedMs: stat.mtimeMs,
      };
    } catch (error) {
      if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return null;
      throw error;
    }
  },
  readLink: path => fs.readlink(path),
  list: async path => (await fs.readdir(path)).sort(),
  changeMode: (path, mode) => fs.chmod(path, mode),
  changeOwner: (path, uid, gid) => fs.chown(path, uid, gid),
};

/** Whether a thrown value is a Node error with this code. */
export const isCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;

/**
 * A folder with those above it. Node's own way of it never ends where the system says of a folder that is there that it is
 * not, as in /proc.
 * @returns whether it was made
 * @throws OperatorError NO_FOLDER
 */
export async function makeFolders(path: string, mode: number): Promise<boolean> {
  try {
    return await makeOne(path, mode);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    const parent = dirname(path);
    if (parent !== path) await makeFolders(parent, mode);
    return await makeOne(path, mode).catch((cause: unknown) => {
      if (!isCode(cause, "ENOENT")) throw cause;
      throw new OperatorError("NO_FOLDER", `No folder can be made in ${parent}.`, {
        hint: "name a folder on a disk, e.g. --home /srv/graphistry",
        cause,
      });
    });
  }
}

async function makeOne(path: string, mode: number): Promise<boolean> {
  try {
    await fs.mkdir(path, { mode });
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST") && (await fs.stat(path)).isDirectory()) return false;
    throw error;
  }
}
