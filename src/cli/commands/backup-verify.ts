import { basename, resolve } from "node:path";
import { sequenceIn } from "../../domain/backup.ts";
import { choosePath, noteToText } from "../../domain/backup-note.ts";
import { bytes } from "../../domain/units.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import type { CheckedBackup } from "../../host/world.ts";
import { surveyBackups, surveyNotes } from "../../survey/backups.ts";
import type { Session } from "../session.ts";

/**
 * Reads all of a backup, and notes what came of it for those of this home.
 * @throws OperatorError NO_BACKUP, BACKUP_DAMAGED, BACKUP_HOSTILE, BACKUP_UNKNOWN
 */
export async function backupVerify(session: Session, word: string | undefined): Promise<void> {
  const { world, home, cwd, flags } = session;
  if (word === undefined)
    throw new OperatorError("USAGE", "`backup verify` needs to know which: a file, or its number in the list.", {
      exit: EXIT.usage,
      hint: "graph-mgr backup list",
    });
  const path = choosePath(await surveyBackups(world, home.path), word, given => resolve(cwd, given));
  if (flags.dryRun) return session.print(`This would read ${path} from end to end.`);
  try {
    const checked = await world.backups.check(path, session.noteInPlace);
    const at = world.now().toISOString();
    await note(session, checked, { at, how: "verify" });
    const { manifest, sizeBytes } = checked;
    const { instance, createdAt, postgres, guarantee, streams, leftOut, sequence } = manifest;
    if (flags.json) {
      const withImages = streams.some(({ name }) => name === "images");
      const found = {
        sequence,
        path,
        instance,
        release: manifest.release,
        createdAt,
        sizeBytes,
        withImages,
        verified: { at, how: "verify" },
      };
      return session.print(JSON.stringify({ schema: 1, backup: found, guarantee, leftOut }));
    }
    session.print(
      `${path} is whole: ${instance} as of ${createdAt}, ${bytes(sizeBytes)}${postgres === null ? "" : `, Postgres ${postgres.version}`}.`,
    );
    for (const each of leftOut) session.print(`  not in it: ${each}`);
  } catch (error) {
    if (error instanceof OperatorError && error.code.startsWith("BACKUP_")) await note(session, { source: { path } }, null);
    throw error;
  }
}

type Found = Pick<CheckedBackup, "source"> & Partial<CheckedBackup>;

/** Of a backup that lies in the home, or that the home made. */
async function note(
  { world, home }: Session,
  found: Found | { readonly source: { readonly path: string } },
  verified: { readonly at: string; readonly how: "verify" } | null,
): Promise<void> {
  const { path } = found.source;
  const known = (await surveyNotes(world, home)).find(each => each.path === path);
  if (known)
    return await world.files.write(
      home.backupNote(known.sequence),
      noteToText({ ...known, verified, drilled: verified === null ? null : known.drilled }),
      0o600,
    );
  const sequence = sequenceIn(basename(path));
  if (!("manifest" in found) || found.manifest === undefined || sequence === null || resolve(path, "..") !== home.backups())
    return;
  // Another one of this number was made here; then the file stays without a note.
  if (await world.files.exists(home.backupNote(sequence))) return;
  const { instance, release, createdAt, streams } = found.manifest;
  const withImages = streams.some(({ name }) => name === "images");
  const digest = "digest" in found.source ? found.source.digest : "";
  const sizeBytes = found.sizeBytes ?? 0;
  const text = noteToText({
    schema: 1,
    sequence,
    path,
    instance,
    release,
    createdAt,
    sizeBytes,
    withImages,
    digest,
    verified,
    drilled: null,
  });
  await world.files.write(home.backupNote(sequence), text, 0o600);
}
