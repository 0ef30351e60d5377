import { resolve } from "node:path";
import type { Keep, ListedBackup } from "../../domain/backup-note.ts";
import { placeAt } from "../../domain/backup-place.ts";
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
 * @param place null: those of this machine
 */
export async function pruneBackups(
  session: Session,
  keep: Keep,
  isAgreed: boolean,
  counts: (backup: ListedBackup) => boolean,
  place: string | null,
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
      // Elsewhere others may keep theirs as well.
      const own = place === null ? found : found.filter(({ path }) => notes.some(each => each.path === path));
      const facts = { home: home.path, engine: id, backups: own.filter(counts) };
      return planPrune(facts, keep, { now: world.now(), random: world.random(4) });
    },
  });
}

export async function backupPrune(session: Session, args: Arguments): Promise<void> {
  const keep = keepOf(args);
  if (keep === null)
    throw new OperatorError("USAGE", "`backup prune` needs to know how many to keep.", {
      exit: EXIT.usage,
      hint: "graph-mgr backup prune --keep-last 3 --keep-weekly 4",
    });
  const given = args.text("to");
  const place = given === undefined ? null : placeAt(given, each => resolve(session.cwd, each));
  const carried = await pruneBackups(session, keep, false, () => true, place);
  if (carried) await reportFinished(session, carried);
}
