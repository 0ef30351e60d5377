import { EXIT, OperatorError } from "../../errors.ts";
import { planPrune } from "../../operations/prune-backups.ts";
import { surveyBackups } from "../../survey/backups.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { count } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

/** flags -> facts -> plan -> run */
export async function backupPrune(session: Session, args: Arguments): Promise<void> {
  const { world, home } = session;
  const [last, daily, weekly] = ["keep-last", "keep-daily", "keep-weekly"].map(flag => count(flag)(args.text(flag)));
  if (last === undefined && daily === undefined && weekly === undefined)
    throw new OperatorError("USAGE", "`backup prune` needs to know how many to keep.", {
      exit: EXIT.usage,
      hint: "graph-mgr backup prune --keep-last 3 --keep-weekly 4",
    });
  const keep = { last: last ?? 0, daily: daily ?? 0, weekly: weekly ?? 0 };
  const carried = await carryOut(session, {
    command: "backup prune",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    // What is deleted is gone: there is nothing to go back to.
    onFailure: "stop",
    makePlan: async () => {
      const [backups, { id }] = await Promise.all([surveyBackups(world, home.path), world.engine.about()]);
      return planPrune({ home: home.path, engine: id, backups }, keep, { now: world.now(), random: world.random(4) });
    },
  });
  if (carried) await reportFinished(session, carried);
}
