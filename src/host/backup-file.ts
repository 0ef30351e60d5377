import { createHash } from "node:crypto";
import { type BackupManifest, type BackupSource, MEMBERS, parseManifest } from "../domain/backup.ts";
import { type BackupBytes, type OpenBytes, openFile } from "./backup-bytes.ts";
import { damagedBackup } from "./backup-errors.ts";
import { compareMembers, digestText, exactly, type Member, membersOf, padded } from "./backup-members.ts";
import { isZero } from "./tar-bytes.ts";
import { END_BLOCKS } from "./tar-write.ts";

const MOST_MANIFEST_BYTES = 256 * 2 ** 20;
export const READ_BYTES = 2 ** 18;
const DIGEST_BYTES = 130;

/** A backup that is open: its members were found and are those that its manifest names; what is in them was not looked at. */
export class BackupFile {
  readonly path: string;
  /** Of what is in it, where it is encrypted. */
  readonly sizeBytes: number;
  /** Of the file. */
  readonly storedBytes: number;
  readonly manifest: BackupManifest;
  readonly members: readonly Member[];
  /** sha256 of the manifest. */
  readonly digest: string;
  readonly #file: BackupBytes;
  readonly #places: ReadonlyMap<string, number>;

  private constructor(path: string, file: BackupBytes, found: Pick<BackupFile, "manifest" | "members" | "digest">) {
    this.path = path;
    this.#file = file;
    this.sizeBytes = file.sizeBytes;
    this.storedBytes = file.storedBytes;
    this.manifest = found.manifest;
    this.members = found.members;
    this.#places = new Map(found.members.map(({ name }, place) => [name, place]));
    this.digest = found.digest;
  }

  /** @throws OperatorError NO_BACKUP, BACKUP_DAMAGED, BACKUP_UNKNOWN, BACKUP_LOCKED, BACKUP_KEY */
  static async open(path: string, openBytes: OpenBytes = openFile): Promise<BackupFile> {
    const file = await openBytes(path);
    try {
      const members = await membersOf(path, file, file.sizeBytes);
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
      compareMembers(path, parsed, members);
      return new BackupFile(path, file, { manifest: parsed, members, digest });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The same archive as before. @throws OperatorError as `open`, BACKUP_CHANGED */
  static async reopen({ path, digest }: BackupSource, openBytes: OpenBytes = openFile): Promise<BackupFile> {
    const backup = await BackupFile.open(path, openBytes);
    if (backup.digest === digest) return backup;
    await backup.close();
    throw damagedBackup(path, MEMBERS.manifest, "it is not what it was when it was checked");
  }

  /** The content of one member, held against the manifest; what is wrong is found with the last piece. @param memory as of `content` */
  async *read(name: string, memory?: Buffer): AsyncGenerator<Buffer> {
    const place = this.#places.get(name) ?? -1;
    const member = this.members[place];
    if (member === undefined) throw damagedBackup(this.path, name, "it is not there");
    const hash = createHash("sha256");
    for await (const piece of this.content(member, memory)) {
      hash.update(piece);
      yield piece;
    }
    if (hash.digest("hex") !== this.manifest.members[place]?.sha256)
      throw damagedBackup(this.path, name, "it is not what was written");
  }

  /** The bytes of a member as they lie there. @param memory `READ_BYTES` for all pieces: each is valid until the next one is asked for */
  async *content({ name, at, sizeBytes }: Member, memory?: Buffer): AsyncGenerator<Buffer> {
    for (let done = 0; done < sizeBytes; ) {
      const piece = await exactly(this.path, this.#file, name, at + done, Math.min(READ_BYTES, sizeBytes - done), memory);
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
