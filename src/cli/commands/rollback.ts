import { planRollback } from "../../operations/rollback.ts";
import { surveyRollback } from "../../survey/rollback.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

export interface RollbackArgs {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly acceptLoss: boolean;
  readonly onFailure: "undo" | "stop" | undefined;
}

/** flags -> facts -> plan -> run */
export async function rollback(session: Session, args: RollbackArgs): Promise<void> {
  const { world, flags, ask } = session;
  // At a terminal the plan says what is lost, and its question is the consent.
  const acceptLoss = args.acceptLoss || flags.dryRun || (ask.isPossible && !flags.yes);
  const carried = await carryOut(session, {
    command: "rollback",
    answers: {},
    claimsEngine: true,
    isRoutine: false,
    onFailure: args.onFailure ?? "ask",
    makePlan: async () =>
      planRollback(
        await surveyRollback(world, session.home.path, args, await session.maintenanceTemplates()),
        { acceptLoss },
        { now: world.now(), random: world.random(4) },
      ),
  });
  if (carried) await reportFinished(session, carried);
}
