import { createHash, webcrypto } from "node:crypto";
import { stat } from "node:fs/promises";
import { type BackupStream, MEMBERS, partName } from "../domain/backup.ts";
import type { Compression } from "../domain/backup-compression.ts";
import type { BackupSink, SinkEnd } from "./backup-bytes.ts";
import { digestText, memberHeader } from "./backup-members.ts";
import { inBlocks } from "./blocks.ts";
import { squeezed } from "./compression.ts";
import { contentBlocks } from "./content-blocks.ts";
import { Digest } from "./digest.ts";
import type { Executor } from "./exec.ts";
import { filePieces } from "./file-pieces.ts";
import { discarded } from "./garbage.ts";
import { END_BLOCKS, paddingFor } from "./tar-write.ts";

const { subtle } = webcrypto;

/** A tar header says its member's size first, and a stream has none: it is cut into parts, which are held for as long as it takes to write them. */
const PART_BYTES = 2 * 2 ** 20;

/** The first member: for whoever has this file and no graph-mgr. */
const BACKUP_README = `graph-mgr backup, format 1

One plain tar. \`graph-mgr backup verify FILE\` reads it from end to end, \`graph-mgr backup restore FILE\` makes an instance of it. By hand:

  folder.tar*      the instance's folder:        cat folder.tar.gz.* | gunzip | tar x
  pristine.tar*    the vendor's own files
  volume-*.tar*    volumes; which one is which stands in manifest.json
  images.tar*      the images, if they came along: cat images.tar.gz.* | gunzip | docker load
  database/        the databases: globals.sql, and a folder for each, for pg_restore
  instance.json    what graph-mgr knew of the instance
  manifest.json    what all of this is, with sizes and digests
  digest           sha256 of everything before it, and of manifest.json alone

In a repository of restic each stream is a snapshot of its own, without parts (\`restic snapshots --tag graph-mgr\`):
  restic dump SNAPSHOT folder.tar | tar x

It holds everything, passwords and users' data included: keep it as you keep the database.
`;

/** What is not compressed is cut where its content says so, so that another machine may have most of it already; nothing else would be alike. */
function partsOf(compression: Compression, source: AsyncIterable<Buffer>, executor: Executor): AsyncIterable<Buffer> {
  if (compression === "none") return contentBlocks(source);
  // One is written while the next one is put together.
  const memory = [Buffer.allocUnsafeSlow(PART_BYTES), Buffer.allocUnsafeSlow(PART_BYTES)] as const;
  let turn = 0;
  return inBlocks(squeezed(compression, source, executor), PART_BYTES, () => memory[turn++ % 2 === 0 ? 0 : 1]);
}

/** Called with the bytes that were written until now. */
export type Report = (doneBytes: number) => void;

/** Writes a backup, or what has its form, member by member. Whoever opens one closes it. */
export class BackupWriter {
  readonly #sink: BackupSink;
  readonly #seconds: number;
  readonly #report: Report;
  readonly #members: { name: string; sizeBytes: number; sha256: string }[] = [];
  readonly #streams: BackupStream[] = [];
  #doneBytes = 0;

  private constructor(sink: BackupSink, createdAt: string, report: Report) {
    this.#sink = sink;
    this.#seconds = Math.trunc(Date.parse(createdAt) / 1000);
    this.#report = report;
  }

  static async open(sink: BackupSink, createdAt: string, report: Report, readme = BACKUP_README): Promise<BackupWriter> {
    const writer = new BackupWriter(sink, createdAt, report);
    await writer.text(MEMBERS.readme, readme);
    return writer;
  }

  async text(name: string, text: string): Promise<void> {
    await this.#member(name, Buffer.from(text));
  }

  /** A file of this machine that nobody writes any more. */
  async file(name: string, path: string): Promise<void> {
    const { size } = await stat(path);
    await this.#write(memberHeader(name, size, this.#seconds));
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const piece of filePieces(path)) {
      bytes += piece.length;
      hash.update(piece);
      await this.#write(piece);
    }
    if (bytes !== size) throw new Error(`${path} changed while it was read`);
    await this.#write(paddingFor(size));
    this.#members.push({ name, sizeBytes: size, sha256: hash.digest("hex") });
  }

  /** What has no size beforehand: compressed, and in parts. */
  async stream(
    { name, key, compression }: { readonly name: string; readonly key: string | null; readonly compression: Compression },
    source: AsyncIterable<Buffer>,
    executor: Executor,
  ): Promise<void> {
    const whole = new Digest();
    let sizeBytes = 0;
    const seen = async function* () {
      for await (const piece of source) {
        await whole.update(piece);
        sizeBytes += piece.length;
        yield piece;
        discarded(piece.length);
      }
    };
    let parts = 0;
    let writing = Promise.resolve();
    try {
      for await (const part of partsOf(compression, seen(), executor)) {
        await writing;
        parts += 1;
        writing = this.#member(partName(name, compression, parts), part);
        // It is heard of with the next part, or at the end.
        writing.catch(() => undefined);
      }
    } finally {
      await writing;
    }
    this.#streams.push({ name, key, compression, parts, sizeBytes, sha256: await whole.hex() });
  }

  /**
   * The manifest and the digest, and all of it where it goes. Returns the digest of the manifest, and what lies there.
   * @param manifest without what this has noted itself
   */
  async finish(manifest: object): Promise<SinkEnd & { readonly digest: string }> {
    const whole = { ...manifest, streams: this.#streams, members: [...this.#members] };
    await this.text(MEMBERS.manifest, `${JSON.stringify(whole, null, 1)}\n`);
    const digest = this.#members.at(-1)?.sha256 ?? "";
    await this.text(MEMBERS.digest, digestText(await this.#sink.digest(), digest));
    await this.#write(END_BLOCKS);
    return { ...(await this.#sink.finish()), digest };
  }

  close = (): Promise<void> => this.#sink.close();

  async #member(name: string, bytes: Buffer): Promise<void> {
    // In a thread of its own, while all else that is done with the same bytes goes on.
    const digest = subtle.digest("SHA-256", bytes);
    await this.#write(memberHeader(name, bytes.length, this.#seconds));
    await this.#write(bytes);
    await this.#write(paddingFor(bytes.length));
    this.#members.push({ name, sizeBytes: bytes.length, sha256: Buffer.from(await digest).toString("hex") });
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#sink.write(bytes);
    this.#doneBytes += bytes.length;
    this.#report(this.#doneBytes);
  }
}
