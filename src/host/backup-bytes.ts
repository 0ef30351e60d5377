import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { PassThrough } from "node:stream";
import { noBackup } from "./backup-errors.ts";
import { codeOf, syncFolder } from "./unpack-tree.ts";

/** What an archive is read from, from any place on. */
export interface BackupBytes {
  readonly sizeBytes: number;
  /** What lies on the disk for it: more, where it is encrypted. */
  readonly storedBytes: number;
  /** So much as is there, which may be less than was asked for; nothing behind the end. */
  read(into: Buffer, offset: number, length: number, at: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/** @throws OperatorError NO_BACKUP */
export type OpenBytes = (path: string) => Promise<BackupBytes>;

/** A file of this machine. */
export const openFile: OpenBytes = async path => {
  const file = await open(path, "r").catch((error: unknown) => {
    throw ["ENOENT", "ENOTDIR"].includes(codeOf(error)) ? noBackup(path, "is not there") : error;
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw noBackup(path, "is no file");
    return {
      sizeBytes: stat.size,
      storedBytes: stat.size,
      read: (into, offset, length, at) => file.read(into, offset, length, at),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** What an archive is written into, from its beginning to its end. */
export interface BackupSink {
  /** No piece is of two: of a header, which comes in one, of a content, or of what stands behind it. */
  write(bytes: Buffer): Promise<void>;
  /** Nothing follows: all of it is on the disk when this returns. */
  finish(): Promise<SinkEnd>;
  close(): Promise<void>;
}

/** Until there is room again, or nobody reads any more. */
export const drained = (stream: PassThrough): Promise<void> =>
  new Promise(resolve => {
    const go = () => {
      stream.off("drain", go).off("close", go);
      resolve();
    };
    stream.on("drain", go).on("close", go);
  });

/** What was written, as it lies there. */
export interface SinkEnd {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A file of this machine that must not exist. */
export class FileSink implements BackupSink {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash("sha256");
  #sizeBytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async open(path: string): Promise<BackupSink> {
    const file = await open(path, "wx", 0o600);
    // Whatever the umask is.
    await file.chmod(0o600);
    return new FileSink(path, file);
  }

  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
    this.#sizeBytes += bytes.length;
  }

  async finish(): Promise<SinkEnd> {
    await this.#file.sync();
    await syncFolder(dirname(this.#path));
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest("hex") };
  }

  close = (): Promise<void> => this.#file.close();
}
