import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { PassThrough } from "node:stream";
import { noBackup } from "./backup-errors.ts";
import { Digest } from "./digest.ts";
import { codeOf, openToRead, syncFolder } from "./unpack-tree.ts";

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
  const file = await openToRead(path).catch((error: unknown) => {
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

/** What bytes are written into, from their beginning to their end. */
export interface ByteSink {
  write(bytes: Buffer): Promise<void>;
  /** Nothing follows: all of it is on the disk when this returns. */
  finish(): Promise<SinkEnd>;
  close(): Promise<void>;
}

/** What an archive is written into. No piece is of two: of a header, which comes in one, of a content, or of what stands behind it. */
export interface BackupSink extends ByteSink {
  /** sha256 of all that was written until now, as it came. */
  digest(): Promise<string>;
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

const SYNC_EVERY_BYTES = 64 * 2 ** 20;

/** A file of this machine that must not exist. */
export class FileSink implements BackupSink {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #digest = new Digest();
  #sizeBytes = 0;
  #syncAtBytes = SYNC_EVERY_BYTES;
  #syncing: Promise<void> = Promise.resolve();

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
    await this.#digest.update(bytes);
    for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
    this.#sizeBytes += bytes.length;
    if (this.#sizeBytes >= this.#syncAtBytes) await this.#beginSync();
  }

  /** So that the end need not wait for the disk to take all of it. */
  async #beginSync(): Promise<void> {
    // What a disk could not take it tells once.
    await this.#syncing;
    this.#syncAtBytes = this.#sizeBytes + SYNC_EVERY_BYTES;
    this.#syncing = this.#file.datasync();
    this.#syncing.catch(() => undefined);
  }

  digest = (): Promise<string> => this.#digest.hex();

  async finish(): Promise<SinkEnd> {
    await this.#syncing;
    await this.#file.sync();
    await syncFolder(dirname(this.#path));
    return { sizeBytes: this.#sizeBytes, sha256: await this.digest() };
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#syncing]);
    await this.#file.close();
  }
}
