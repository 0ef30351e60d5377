import { chooseInstance } from "../../domain/instances.ts";
import { planLaunch, planRestart, planStop } from "../../operations/run-instance.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyInstance } from "../../survey/instance.ts";
import { carryOut, refuseUnfinished } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

const PLANNERS = { launch: planLaunch, stop: planStop, restart: planRestart } as const;

export async function runInstance(
  session: Session,
  verb: keyof typeof PLANNERS,
  name: string | undefined,
  althoughMoved = false,
  unlessStopped = false,
): Promise<void> {
  const { world, home } = session;
  if (unlessStopped && (await isLeftStopped(session, name))) return;
  const carried = await carryOut(session, {
    command: verb,
    answers: {},
    claimsEngine: verb !== "stop",
    isRoutine: true,
    onFailure: verb === "stop" ? "stop" : "undo",
    makePlan: async () => {
      const { records, current } = await surveyHome(world, home.path);
      const record = chooseInstance(records, current, name);
      const facts = await surveyInstance(world, record, home.path, current, { mayLackFolder: verb === "stop" });
      return PLANNERS[verb](facts, { now: world.now(), random: world.random(4) }, althoughMoved);
    },
  });
  if (carried) await reportFinished(session, carried);
}

/** Whether `stop` stopped it, or what ends in that: an update, a move. Unfinished business comes first, for there nobody knows yet which one is to serve. */
async function isLeftStopped(session: Session, name: string | undefined): Promise<boolean> {
  await refuseUnfinished(session);
  const { records, current } = await surveyHome(session.world, session.home.path);
  const record = chooseInstance(records, current, name);
  if (record.stoppedPolicies === null) return false;
  session.print(
    session.flags.json
      ? JSON.stringify({ operation: null, kind: "launch", instance: record.name, steps: 0, outcome: "left-stopped" })
      : `${record.name} was stopped by graph-mgr, and stays stopped. This launches it:\n  graph-mgr launch ${record.name}`,
  );
  return true;
}
