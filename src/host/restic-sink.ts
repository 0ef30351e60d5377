import { createHash } from "node:crypto";
import { PassThrough } from "node:stream";
import { nameBeside } from "../domain/backup-place.ts";
import { fileOf, HEAD, TAG, TAIL } from "../domain/restic-snapshots.ts";
import { type BackupSink, drained, type SinkEnd } from "./backup-bytes.ts";
import { memberHeader, padded } from "./backup-members.ts";
import type { Restic } from "./restic.ts";
import { BLOCK_BYTES, parseHeader } from "./tar-header.ts";
import { END_BLOCKS } from "./tar-write.ts";

/**
 * Takes an archive apart into a few files, each a snapshot of its own. What would make each backup another one stays out of them: when
 * it was made, and where streams were cut into parts. All of it can be computed again from the manifest, which is in the last.
 */
export class ResticSink implements BackupSink {
  readonly #restic: Restic;
  readonly #name: string;
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;
  /** Of the member at work: what is still to come of its content, and behind that. */
  #left = { content: 0, padding: 0 };
  #file: StoredFile | null = null;

  constructor(restic: Restic, name: string) {
    this.#restic = restic;
    this.#name = name;
  }

  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
    const { content, padding } = this.#left;
    if (bytes.length === 0) return;
    if (content > 0) {
      this.#left = { content: content - bytes.length, padding };
      await this.#file?.write(bytes);
    } else if (padding > 0) {
      this.#left = { content, padding: padding - bytes.length };
      if (this.#file?.isTar) await this.#file.write(bytes);
    } else if (bytes.length === BLOCK_BYTES) await this.#member(bytes);
  }

  digest = async (): Promise<string> => this.#hash.copy().digest("hex");

  async finish(): Promise<SinkEnd> {
    await this.#end();
    return { sizeBytes: this.#sizeBytes, sha256: await this.digest() };
  }

  async close(): Promise<void> {
    await this.#file?.cut();
  }

  async #member(header: Buffer): Promise<void> {
    const { name, sizeBytes } = parseHeader(header);
    const member = name.toString("latin1");
    this.#left = { content: sizeBytes, padding: padded(sizeBytes) - sizeBytes };
    const file = fileOf(member);
    if (this.#file?.name !== file) {
      await this.#end();
      this.#file = new StoredFile(this.#restic, file, file === TAIL ? this.#name : nameBeside(this.#name));
    }
    if (file === TAIL) await this.#file.write(header);
    if (file === HEAD) await this.#file.write(memberHeader(member, sizeBytes, 0));
  }

  async #end(): Promise<void> {
    if (this.#file?.isTar) await this.#file.write(END_BLOCKS);
    await this.#file?.end();
    this.#file = null;
  }
}

/** One run of restic, which makes a snapshot of what it is fed. */
class StoredFile {
  readonly name: string;
  /** Else it is a stream, without any header of ours. */
  readonly isTar: boolean;
  readonly #stream = new PassThrough({ highWaterMark: 2 ** 20 });
  readonly #done: Promise<string>;

  constructor(restic: Restic, name: string, archive: string) {
    this.name = name;
    this.isTar = name === HEAD || name === TAIL;
    this.#done = restic.feed(
      this.#stream,
      ...["backup", "--stdin", "--stdin-filename", name, "--tag", TAG, "--tag", archive, "--quiet"],
    );
    // It is awaited with each piece; until then its failure is nobody's surprise.
    this.#done.catch(() => this.#stream.destroy());
    this.#stream.on("error", () => {});
  }

  async write(bytes: Buffer): Promise<void> {
    if (this.#stream.destroyed) {
      await this.#done;
      throw new Error("restic ended before everything was sent");
    }
    // A copy: whoever wrote it uses its memory again.
    if (!this.#stream.write(Buffer.from(bytes))) await drained(this.#stream);
  }

  async end(): Promise<void> {
    this.#stream.end();
    await this.#done;
  }

  /** Ends restic before it could take what came until now for all of it. */
  async cut(): Promise<void> {
    this.#stream.destroy();
    await this.#done.catch(() => undefined);
  }
}
