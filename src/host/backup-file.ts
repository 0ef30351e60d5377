import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { type BackupManifest, type BackupSource, expectedMembers, MEMBERS, parseManifest } from "../domain/backup.ts";
import { damagedBackup, noBackup } from "./backup-errors.ts";
import { isZero } from "./tar-bytes.ts";
import { BLOCK_BYTES, parseHeader } from "./tar-header.ts";
import { END_BLOCKS, entryHeader } from "./tar-write.ts";
import { codeOf } from "./unpack-tree.ts";

/** One member of a backup: where it lies, and with which bytes before it. */
export interface Member {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of its content. */
  readonly at: number;
  readonly header: Buffer;
}

/** A name that is harmless wherever it is written: no part begins with a dot. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*){0,8}$/;
const MOST_NAME_BYTES = 100;
const MOST_MEMBERS = 2_000_000;
const MOST_MANIFEST_BYTES = 256 * 2 ** 20;
const READ_BYTES = 2 ** 20;
const DIGEST_BYTES = 130;

/** The last member: sha256 of everything before it, and of the manifest alone, which can then be trusted without reading everything. */
export const digestText = (all: string, manifest: string): string => `${all}\n${manifest}\n`;

const padded = (sizeBytes: number): number => Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;

/** The header of a member, which is one of a kind: whatever else stands in an archive's header is no backup of ours. */
export const memberHeader = (name: string, sizeBytes: number, modifiedSeconds: number): Buffer =>
  entryHeader({ path: name, type: "file", mode: 0o600, uid: 0, gid: 0, sizeBytes, modifiedSeconds, linkTarget: "" });

/** A backup that is open: its members were found and are those that its manifest names; what is in them was not looked at. */
export class BackupFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly manifest: BackupManifest;
  readonly members: readonly Member[];
  /** sha256 of the manifest. */
  readonly digest: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, found: Pick<BackupFile, "sizeBytes" | "manifest" | "members" | "digest">) {
    this.path = path;
    this.#file = file;
    this.sizeBytes = found.sizeBytes;
    this.manifest = found.manifest;
    this.members = found.members;
    this.digest = found.digest;
  }

  /** @throws OperatorError NO_BACKUP, BACKUP_DAMAGED, BACKUP_UNKNOWN */
  static async open(path: string): Promise<BackupFile> {
    const file = await open(path, "r").catch((error: unknown) => {
      throw ["ENOENT", "ENOTDIR"].includes(codeOf(error)) ? noBackup(path, "is not there") : error;
    });
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw noBackup(path, "is no file");
      const members = await membersOf(path, file, stat.size);
      const [last, manifest] = [members.at(-1), members.at(-2)];
      if (last?.name !== MEMBERS.digest || last.sizeBytes !== DIGEST_BYTES)
        throw damagedBackup(path, MEMBERS.digest, "it is not the last member");
      if (manifest?.name !== MEMBERS.manifest || manifest.sizeBytes > MOST_MANIFEST_BYTES)
        throw damagedBackup(path, MEMBERS.manifest, "it is not where it should be");
      const bytes = await exactly(path, file, manifest.name, manifest.at, manifest.sizeBytes);
      const digest = createHash("sha256").update(bytes).digest("hex");
      const said = (await exactly(path, file, last.name, last.at, last.sizeBytes)).toString("latin1");
      if (said !== digestText(said.slice(0, 64), digest))
        throw damagedBackup(path, MEMBERS.manifest, "it is not what was written");
      const parsed = parseManifest(bytes.toString("utf8"), path);
      compare(path, parsed, members);
      return new BackupFile(path, file, { sizeBytes: stat.size, manifest: parsed, members, digest });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The same archive as before. @throws OperatorError as `open`, BACKUP_CHANGED */
  static async reopen({ path, digest }: BackupSource): Promise<BackupFile> {
    const backup = await BackupFile.open(path);
    if (backup.digest === digest) return backup;
    await backup.close();
    throw damagedBackup(path, MEMBERS.manifest, "it is not what it was when it was checked");
  }

  /** The content of one member, held against the manifest; what is wrong is found with the last piece. */
  async *read(name: string): AsyncGenerator<Buffer> {
    const place = this.members.findIndex(each => each.name === name);
    const member = this.members[place];
    if (member === undefined) throw damagedBackup(this.path, name, "it is not there");
    const hash = createHash("sha256");
    for await (const piece of this.content(member)) {
      hash.update(piece);
      yield piece;
    }
    if (hash.digest("hex") !== this.manifest.members[place]?.sha256)
      throw damagedBackup(this.path, name, "it is not what was written");
  }

  /** The bytes of a member as they lie there. */
  async *content({ name, at, sizeBytes }: Member): AsyncGenerator<Buffer> {
    for (let done = 0; done < sizeBytes; ) {
      const piece = await exactly(this.path, this.#file, name, at + done, Math.min(READ_BYTES, sizeBytes - done));
      done += piece.length;
      yield piece;
    }
  }

  /** What stands between a member's content and the next header. */
  async padding({ name, at, sizeBytes }: Member): Promise<Buffer> {
    const bytes = await exactly(this.path, this.#file, name, at + sizeBytes, padded(sizeBytes) - sizeBytes);
    if (!isZero(bytes)) throw damagedBackup(this.path, name, "there is something behind it");
    return bytes;
  }

  /** @throws OperatorError BACKUP_DAMAGED when the archive does not end as one does */
  async end(): Promise<void> {
    const last = this.members.at(-1);
    if (last === undefined) return;
    const at = last.at + padded(last.sizeBytes);
    const bytes = await exactly(this.path, this.#file, last.name, at, END_BLOCKS.length);
    if (!isZero(bytes) || this.sizeBytes !== at + END_BLOCKS.length)
      throw damagedBackup(this.path, last.name, "there is something behind it");
  }

  close = (): Promise<void> => this.#file.close();
}

async function exactly(path: string, file: FileHandle, name: string, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let have = 0; have < bytes; ) {
    const { bytesRead } = await file.read(buffer, have, bytes - have, at + have).catch((error: unknown) => {
      throw codeOf(error) === "EIO" ? damagedBackup(path, name, "the disk cannot read it (EIO)") : error;
    });
    if (bytesRead === 0) throw damagedBackup(path, name, "the archive ends in it");
    have += bytesRead;
  }
  return buffer;
}

async function membersOf(path: string, file: FileHandle, sizeBytes: number): Promise<readonly Member[]> {
  const members: Member[] = [];
  const names = new Set<string>();
  for (let at = 0; ; ) {
    const behind = members.at(-1)?.name ?? "its beginning";
    if (at + BLOCK_BYTES > sizeBytes) {
      if (members.length === 0) throw noBackup(path, "is no backup");
      throw damagedBackup(path, behind, "the archive ends there");
    }
    const header = await exactly(path, file, behind, at, BLOCK_BYTES);
    if (members.length > 0 && isZero(header)) return members;
    const member = memberIn(path, header, at + BLOCK_BYTES, behind);
    if (members.length === 0 && member.name !== MEMBERS.readme) throw noBackup(path, "is no backup of graph-mgr");
    if (names.has(member.name)) throw damagedBackup(path, member.name, "it is there twice");
    names.add(member.name);
    members.push(member);
    if (members.length > MOST_MEMBERS) throw damagedBackup(path, member.name, "it has more members than any backup");
    at = member.at + padded(member.sizeBytes);
    if (at > sizeBytes) throw damagedBackup(path, member.name, "the archive ends in it");
  }
}

function memberIn(path: string, header: Buffer, at: number, behind: string): Member {
  const first = behind === "its beginning";
  const wrong = () =>
    first ? noBackup(path, "is no backup of graph-mgr") : damagedBackup(path, behind, "what follows it is no header");
  try {
    const { name, sizeBytes, modifiedSeconds } = parseHeader(header);
    const text = name.toString("latin1");
    if (text.length > MOST_NAME_BYTES || !NAME.test(text)) throw wrong();
    if (!memberHeader(text, sizeBytes, modifiedSeconds).equals(header)) throw wrong();
    return { name: text, sizeBytes, at, header };
  } catch {
    throw wrong();
  }
}

/** @throws OperatorError BACKUP_DAMAGED for the first member that is not what the manifest says */
function compare(path: string, manifest: BackupManifest, members: readonly Member[]): void {
  const expected = expectedMembers(manifest);
  const before = members.slice(0, -2);
  const count = Math.max(expected.length, before.length, manifest.members.length);
  for (let place = 0; place < count; place++) {
    const [name, member, listed] = [expected[place], before[place], manifest.members[place]];
    if (member === undefined) throw damagedBackup(path, name ?? listed?.name ?? MEMBERS.manifest, "it is missing");
    if (name !== member.name || listed?.name !== member.name || listed.sizeBytes !== member.sizeBytes)
      throw damagedBackup(path, member.name, "the manifest has something else in its place");
  }
  const seconds = Math.trunc(Date.parse(manifest.createdAt) / 1000);
  const odd = members.find(({ name, sizeBytes, header }) => !memberHeader(name, sizeBytes, seconds).equals(header));
  if (odd !== undefined) throw damagedBackup(path, odd.name, "its header is of another time");
}
