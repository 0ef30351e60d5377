/**
 * The few calls to the file system that everything durable is built from. `FileStore`, the journal and the lock use only
 * these, so that a simulated disk can lose what was not synced and cut off between any two of them.
 *
 * All paths are absolute. Every call fails with a Node error (`code` ENOENT, ENOSPC, EIO...).
 */
export interface Disk {
  read(path: string): Promise<Buffer>;
  /** sha256 of a file's content, in hexadecimal digits; the file may be larger than memory. */
  digest(path: string): Promise<string>;
  /** Creates or replaces the content of a file that nobody else writes. Not durable before `sync`. */
  write(path: string, bytes: Buffer, mode: number): Promise<void>;
  append(path: string, bytes: Buffer, mode: number): Promise<void>;
  truncate(path: string, bytes: number): Promise<void>;
  /** Makes a file's content, or a folder's names, survive a power cut. */
  sync(path: string): Promise<void>;
  /** Makes everything that anybody wrote to the file system of `path` survive a power cut. */
  settle(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Folder and missing parents. An existing folder is no error. */
  makeFolder(path: string, mode: number): Promise<void>;
  unlink(path: string): Promise<void>;
  /** A tree, without following links; what is not there is no error. */
  remove(path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** Null when there is nothing. Links are not followed. */
  stat(path: string): Promise<DiskStat | null>;
  readLink(path: string): Promise<string>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<readonly string[]>;
  changeMode(path: string, mode: number): Promise<void>;
  changeOwner(path: string, uid: number, gid: number): Promise<void>;
}

export interface DiskStat {
  readonly type: "file" | "folder" | "link" | "other";
  readonly mode: number;
  readonly sizeBytes: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
}
