import { type BackupManifest, expectedMembers, MEMBERS } from "../domain/backup.ts";
import type { BackupBytes } from "./backup-bytes.ts";
import { damagedBackup, noBackup } from "./backup-errors.ts";
import { isZero } from "./tar-bytes.ts";
import { ArchiveFault } from "./tar-fault.ts";
import { BLOCK_BYTES, parseHeader } from "./tar-header.ts";
import { entryHeader } from "./tar-write.ts";
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

/** The last member: sha256 of everything before it, and of the manifest alone, which can then be trusted without reading everything. */
export const digestText = (all: string, manifest: string): string => `${all}\n${manifest}\n`;

/** With what fills up the last block. */
export const padded = (sizeBytes: number): number => Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;

/** Of one that is cut off or changed at its very beginning nothing else is known. */
const NO_BACKUP = "is no backup of graph-mgr, or its beginning is damaged";

/** The header of a member, which is one of a kind: whatever else stands in an archive's header is no backup of ours. */
export const memberHeader = (name: string, sizeBytes: number, modifiedSeconds: number): Buffer =>
  entryHeader({ path: name, type: "file", mode: 0o600, uid: 0, gid: 0, sizeBytes, modifiedSeconds, linkTarget: "" });

/** So many bytes from a place on. @param name the member that they are of @param memory where they are put, if it has room */
export async function exactly(
  path: string,
  file: BackupBytes,
  name: string,
  at: number,
  bytes: number,
  memory: Buffer = Buffer.allocUnsafe(bytes),
): Promise<Buffer> {
  const buffer = memory.subarray(0, bytes);
  for (let have = 0; have < bytes; ) {
    const { bytesRead } = await file.read(buffer, have, bytes - have, at + have).catch((error: unknown) => {
      if (error instanceof ArchiveFault) throw damagedBackup(path, name, error.message);
      throw codeOf(error) === "EIO" ? damagedBackup(path, name, "the disk cannot read it (EIO)") : error;
    });
    if (bytesRead === 0) throw damagedBackup(path, name, "the archive ends in it");
    have += bytesRead;
  }
  return buffer;
}

/** What lies where, by the headers alone. */
export async function membersOf(path: string, file: BackupBytes, sizeBytes: number): Promise<readonly Member[]> {
  const members: Member[] = [];
  const names = new Set<string>();
  for (let at = 0; ; ) {
    const behind = members.at(-1)?.name ?? "its beginning";
    if (at + BLOCK_BYTES > sizeBytes) {
      if (members.length === 0) throw noBackup(path, NO_BACKUP);
      throw damagedBackup(path, behind, "the archive ends there");
    }
    const header = await exactly(path, file, behind, at, BLOCK_BYTES);
    if (members.length > 0 && isZero(header)) return members;
    const member = memberIn(path, header, at + BLOCK_BYTES, behind);
    if (members.length === 0 && member.name !== MEMBERS.readme) throw noBackup(path, NO_BACKUP);
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
  const wrong = () => (first ? noBackup(path, NO_BACKUP) : damagedBackup(path, behind, "what follows it is no header"));
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
export function compareMembers(path: string, manifest: BackupManifest, members: readonly Member[]): void {
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
