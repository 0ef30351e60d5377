import { resolve } from "node:path";
import { type BackupNote, type Keep, type ListedBackup, newestGood, noteToText } from "../../domain/backup-note.ts";
import { placeAt } from "../../domain/backup-place.ts";
import { isRestic } from "../../domain/restic-place.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planPrune } from "../../operations/prune-backups.ts";
import { surveyBackups, surveyNotes } from "../../survey/backups.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { count } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Carried } from "../run-or-undo.ts";
import type { Session } from "../session.ts";

/** How many are to be kept, by the flags; null where none says it. @throws OperatorError USAGE */
export function keepOf(args: Arguments): Keep | null {
  const [last, daily, weekly] = ["keep-last", "keep-daily", "keep-weekly"].map(flag => count(flag)(args.text(flag)));
  if (last === undefined && daily === undefined && weekly === undefined) return null;
  return { last: last ?? 0, daily: daily ?? 0, weekly: weekly ?? 0 };
}

/**
 * Facts -> plan -> run.
 * @param isAgreed the operator agreed to it before, when it was scheduled
 * @param counts which backups it is about
 * @param place a folder, here or elsewhere, or a repository; what was put elsewhere is kept for a reason that its owner knows
 */
export async function pruneBackups(
  session: Session,
  keep: Keep,
  isAgreed: boolean,
  counts: (backup: ListedBackup) => boolean,
  place: string,
): Promise<Carried | null> {
  const { world, home } = session;
  return await carryOut(session, {
    command: "backup prune",
    answers: {},
    claimsEngine: false,
    isRoutine: isAgreed,
    // What is deleted is gone: there is nothing to go back to.
    onFailure: "stop",
    makePlan: async () => {
      const [found, notes, { id }] = await Promise.all([
        surveyBackups(world, home.path, place),
        surveyNotes(world, home),
        world.engine.about(),
      ]);
      // Others may keep theirs there as well. What was put there and found whole since has a note, and no sum of when it was written.
      const isOwn = ({ path }: ListedBackup): boolean =>
        notes.some(each => each.path === path && (each.sha256 !== null || isRestic(path)));
      const own = found.filter(each => counts(each) && isOwn(each));
      const plan = planPrune({ home: home.path, engine: id, backups: own }, keep, { now: world.now(), random: world.random(4) });
      if (!isAgreed) for (const each of newestGood(own)) await refuseDamaged(session, each, notes);
      return plan;
    },
  });
}

/**
 * What is left must be there: it was found whole once, and disks forget. Read anew before the others go. Nightly it was read a moment ago.
 * @throws OperatorError BACKUP_DAMAGED
 */
async function refuseDamaged(session: Session, { path, sequence }: ListedBackup, notes: readonly BackupNote[]): Promise<void> {
  const known = notes.find(each => each.path === path);
  // A repository looks after itself, and of what came from elsewhere nobody knows what it was.
  if (known === undefined || known.sha256 === null) return;
  session.note(`Reading ${path}, which stays ...`);
  const { sha256 } = await session.world.backups.print(path, session.noteInPlace);
  if (sha256 === known.sha256) return;
  const text = noteToText({ ...known, verified: null, drilled: null });
  await session.world.files.write(session.home.backupNote(sequence), text, 0o600);
  throw new OperatorError(
    "BACKUP_DAMAGED",
    `The newest backup, ${path}, is damaged: it is not what was written. Nothing was deleted, and it counts as none from now on.`,
    { hint: "the same again   (the newest before it then has to be whole)" },
  );
}

export async function backupPrune(session: Session, args: Arguments): Promise<void> {
  const keep = keepOf(args);
  if (keep === null)
    throw new OperatorError("USAGE", "`backup prune` needs to know how many to keep.", {
      exit: EXIT.usage,
      hint: "graph-mgr backup prune --keep-last 3 --keep-weekly 4",
    });
  const given = args.text("to");
  const place = given === undefined ? session.home.backups() : placeAt(given, each => resolve(session.cwd, each));
  const carried = await pruneBackups(session, keep, false, () => true, place);
  if (carried) await reportFinished(session, carried);
}
