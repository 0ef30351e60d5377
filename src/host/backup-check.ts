import { createHash } from "node:crypto";
import { type BackupStream, hasControls, MEMBERS, partName } from "../domain/backup.ts";
import { type InstanceRecord, parseRecord } from "../domain/instance.ts";
import { OperatorError } from "../errors.ts";
import { type OpenBytes, openFile } from "./backup-bytes.ts";
import { damagedBackup, faultIn } from "./backup-errors.ts";
import { BackupFile, READ_BYTES } from "./backup-file.ts";
import { digestText } from "./backup-members.ts";
import { judged, TREE_LIMITS } from "./backup-tree.ts";
import { reporter } from "./bundle-archive.ts";
import { sharedBy, unfolded } from "./compression.ts";
import { Digest } from "./digest.ts";
import type { Executor } from "./exec.ts";
import { discarded } from "./garbage.ts";
import { damaged } from "./tar-fault.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";
import type { CheckedBackup, Progress } from "./world.ts";

const MOST_TEXT_BYTES = 2 ** 20;
const MOST_TEXTS_BYTES = 64 * 2 ** 20;
const MOST_RECORD_BYTES = 2 ** 24;

/**
 * Reads every byte of a backup: digests, headers, padding, the trees' own archives and what their entries would do. Writes nothing.
 * @throws OperatorError NO_BACKUP, BACKUP_DAMAGED (`facts.part` is the member), BACKUP_HOSTILE, BACKUP_UNKNOWN, BACKUP_LOCKED, BACKUP_KEY
 */
export async function checkBackup(
  executor: Executor,
  path: string,
  progress: Progress,
  openBytes: OpenBytes = openFile,
): Promise<CheckedBackup> {
  const backup = await BackupFile.open(path, openBytes);
  const reading = new Reading(backup, progress);
  try {
    await reading.whole(MEMBERS.readme);
    const record = recordIn(backup, await reading.text(MEMBERS.record));
    for (const { name } of backup.members.filter(each => each.name.startsWith(MEMBERS.database))) await reading.whole(name);
    const texts: Record<string, string> = {};
    for (const stream of backup.manifest.streams) Object.assign(texts, await checkStream(executor, reading, stream));
    await reading.seal();
    const { manifest, storedBytes: sizeBytes, digest } = backup;
    return { source: { path, digest }, sizeBytes, manifest, record, texts };
  } catch (error) {
    throw faultIn(path, reading.part, error);
  } finally {
    await backup.close();
  }
}

/** A walk through the members in their order, along which everything is digested. */
class Reading {
  part: string = MEMBERS.readme;
  readonly #backup: BackupFile;
  readonly #all = new Digest();
  readonly #report: (doneBytes: number) => void;
  readonly #memory = Buffer.allocUnsafeSlow(READ_BYTES);
  #place = 0;

  constructor(backup: BackupFile, progress: Progress) {
    this.#backup = backup;
    this.#report = reporter("reading the backup back", backup.sizeBytes, progress);
  }

  /** The next member, which must have this name. @param memory as of `BackupFile.content` */
  async *next(name: string, memory?: Buffer): AsyncGenerator<Buffer> {
    const member = this.#backup.members[this.#place];
    this.part = name;
    if (member?.name !== name) throw damagedBackup(this.#backup.path, name, "it is not in its place");
    const hash = createHash("sha256");
    await this.#all.update(member.header);
    let at = member.at;
    for await (const piece of this.#backup.content(member, memory)) {
      hash.update(piece);
      await this.#all.update(piece);
      at += piece.length;
      this.#report(at);
      yield piece;
    }
    const listed = this.#backup.manifest.members[this.#place]?.sha256;
    const isOwn = this.#place >= this.#backup.members.length - 2;
    if (!isOwn && hash.digest("hex") !== listed) throw damagedBackup(this.#backup.path, name, "it is not what was written");
    await this.#all.update(await this.#backup.padding(member));
    this.#place += 1;
  }

  async whole(name: string): Promise<void> {
    for await (const _ of this.next(name, this.#memory));
  }

  async text(name: string): Promise<string> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.next(name)) {
      bytes += piece.length;
      if (bytes > MOST_RECORD_BYTES) throw damagedBackup(this.#backup.path, name, "it is larger than any");
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString("utf8");
  }

  async *parts({ name, compression, parts }: BackupStream): AsyncGenerator<Buffer> {
    const memory = sharedBy(compression, this.#memory);
    for (let part = 1; part <= parts; part++) yield* this.next(partName(name, compression, part), memory);
  }

  /** The manifest, the digest of all before it, and the end. */
  async seal(): Promise<void> {
    await this.whole(MEMBERS.manifest);
    const sum = await this.#all.hex();
    if ((await this.text(MEMBERS.digest)) !== digestText(sum, this.#backup.digest))
      throw damagedBackup(this.#backup.path, MEMBERS.digest, "it is not that of what stands before it");
    await this.#backup.end();
  }
}

function recordIn({ path, manifest }: BackupFile, text: string): InstanceRecord {
  try {
    const record = parseRecord(text, MEMBERS.record);
    const isItsOwn = record.name === manifest.instance && record.release === manifest.release;
    if (isItsOwn && !hasControls(record, true)) return record;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
  throw damagedBackup(path, MEMBERS.record, "it is not the record of what the manifest names");
}

/** @returns the small texts of the instance's folder; of other streams nothing */
async function checkStream(
  executor: Executor,
  reading: Reading,
  stream: BackupStream,
): Promise<Readonly<Record<string, string>>> {
  const texts: Record<string, string> = {};
  let textBytes = 0;
  const raw = measured(unfolded(stream.compression, reading.parts(stream), executor, TREE_LIMITS), stream);
  const entries = readTar(raw, TREE_LIMITS);
  for await (const entry of stream.name === "images" ? entries : judged(entries)) {
    if (stream.name !== "folder" || entry.type !== "file" || entry.sizeBytes > MOST_TEXT_BYTES) continue;
    // Further down lies data.
    if (entry.path.split("/").length > 4 || textBytes + entry.sizeBytes > MOST_TEXTS_BYTES) continue;
    const text = await textIn(entry);
    if (text === null) continue;
    textBytes += entry.sizeBytes;
    texts[entry.path] = text;
  }
  return texts;
}

async function textIn({ content }: TarEntry): Promise<string | null> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(Buffer.from(piece));
  const bytes = Buffer.concat(pieces);
  const text = bytes.toString("utf8");
  return text.includes("\0") || text.includes("\ufffd") ? null : text;
}

/** Lets a stream through that is as long as the manifest says, and has its digest. @throws ArchiveFault */
export async function* measured(source: AsyncIterable<Buffer>, { sizeBytes, sha256 }: BackupStream): AsyncGenerator<Buffer> {
  const whole = new Digest();
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > sizeBytes) throw damaged("it unfolds to more than was written");
    await whole.update(piece);
    yield piece;
    discarded(piece.length);
  }
  if (bytes !== sizeBytes || (await whole.hex()) !== sha256) throw damaged("it does not unfold to what was written");
}
