import { basename, resolve } from "node:path";
import { sequenceIn } from "../../domain/backup-name.ts";
import { type BackupNote, choosePath, noteToText } from "../../domain/backup-note.ts";
import { isRemote } from "../../domain/backup-place.ts";
import { bytes } from "../../domain/units.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import type { CheckedBackup } from "../../host/world.ts";
import { surveyNotes, surveyNumbered } from "../../survey/backups.ts";
import type { Arguments } from "../arguments.ts";
import { checkUnlocked } from "../backup-keys.ts";
import type { Session } from "../session.ts";
import { shownText } from "../text.ts";

/**
 * Reads all of a backup, and notes what came of it for those of this home. What is encrypted and cannot be opened here is compared with what
 * was written.
 * @throws OperatorError NO_BACKUP, BACKUP_DAMAGED, BACKUP_HOSTILE, BACKUP_UNKNOWN, BACKUP_LOCKED, BACKUP_KEY
 */
export async function backupVerify(session: Session, word: string | undefined, args: Arguments): Promise<void> {
  const { world, home, cwd, flags } = session;
  if (word === undefined)
    throw new OperatorError("USAGE", "`backup verify` needs to know which: a file, or its number in the list.", {
      exit: EXIT.usage,
      hint: "graph-mgr backup list",
    });
  const path = choosePath(await surveyNumbered(world, home), word, given => resolve(cwd, given));
  if (flags.dryRun) return session.print(`This would read ${path} from end to end.`);
  try {
    const { checked } = await checkUnlocked(session, path, args);
    await noteAndShow(session, path, checked);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    if (error.code === "BACKUP_LOCKED") return await compare(session, path, error);
    if (DAMAGED.includes(error.code)) await note(session, path, null);
    throw error;
  }
}

/** What a wrong key says nothing about. */
const DAMAGED = ["BACKUP_DAMAGED", "BACKUP_HOSTILE", "BACKUP_UNKNOWN"];

async function noteAndShow(session: Session, path: string, { source, sizeBytes, manifest }: CheckedBackup): Promise<void> {
  const { world, flags } = session;
  const verified = { at: world.now().toISOString(), how: "verify" as const };
  const { instance, release, createdAt, postgres, guarantee, streams, leftOut, sequence } = manifest;
  const withImages = streams.some(({ name }) => name === "images");
  const encrypted = await world.backups.lockOf(path);
  const found = { sequence, path, instance, release, createdAt, sizeBytes, withImages, encrypted };
  await note(session, path, verified, { ...found, digest: source.digest });
  const drilled = (await surveyNotes(world, session.home)).find(each => each.path === path)?.drilled ?? null;
  if (flags.json)
    return session.print(
      JSON.stringify({ schema: 1, backup: { ...found, verified, drilled, damaged: false }, guarantee, leftOut }),
    );
  session.print(
    `${shownText(path)} is whole: ${instance} as of ${createdAt}, ${bytes(sizeBytes)}${postgres === null ? "" : `, Postgres ${postgres.version}`}.`,
  );
  for (const each of leftOut) session.print(`  not in it: ${each}`);
}

/** Without a key: whether it is what was written, as this home noted it, which was read back when it was made. */
async function compare(session: Session, path: string, locked: OperatorError): Promise<void> {
  const { world, home, flags } = session;
  const known = (await surveyNotes(world, home)).find(each => each.path === path);
  if (known === undefined || known.sha256 === null) throw locked;
  const { sha256 } = await world.backups.print(path, session.noteInPlace);
  if (sha256 !== known.sha256) {
    await note(session, path, null);
    throw new OperatorError("BACKUP_DAMAGED", `The backup ${path} is damaged: it is not what was written.`, {
      hint: "take another one (`graph-mgr backup list`); nothing was changed",
    });
  }
  const verified = { at: world.now().toISOString(), how: "compared" as const };
  await note(session, path, verified);
  const { schema: _, digest: _digest, sha256: _sha256, ...found } = known;
  if (flags.json) return session.print(JSON.stringify({ schema: 1, backup: { ...found, verified, damaged: false } }));
  session.print(
    `${path} is byte by byte what was written for ${known.instance} as of ${known.createdAt}, and that was read back then. It is encrypted, and was not opened now:`,
  );
  session.print(
    `  graph-mgr backup verify ${known.sequence} ${known.encrypted === "passphrase" ? "--passphrase-file FILE" : "--identity FILE"}   (reads what is in it)`,
  );
}

/** Of a backup that lies in the home, or that the home made. */
async function note(
  { world, home }: Session,
  path: string,
  verified: BackupNote["verified"],
  found?: Omit<BackupNote, "schema" | "sha256" | "verified" | "drilled">,
): Promise<void> {
  const known = (await surveyNotes(world, home)).find(each => each.path === path);
  if (known) {
    const drilled = verified === null ? null : known.drilled;
    return await world.files.write(home.backupNote(known.sequence), noteToText({ ...known, verified, drilled }), 0o600);
  }
  const sequence = sequenceIn(basename(path));
  if (found === undefined || sequence === null || isRemote(path) || resolve(path, "..") !== home.backups()) return;
  // Another one of this number was made here; then the file stays without a note.
  if (await world.files.exists(home.backupNote(sequence))) return;
  const text = noteToText({ schema: 1, ...found, sequence, sha256: null, verified, drilled: null });
  await world.files.write(home.backupNote(sequence), text, 0o600);
}
