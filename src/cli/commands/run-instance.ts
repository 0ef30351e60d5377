import { chooseInstance } from "../../domain/instances.ts";
import { refuseUnreadCaddyfile } from "../../operations/refuse-config.ts";
import { planLaunch, planRestart, planStop } from "../../operations/run-instance.ts";
import { surveyCaddyfiles } from "../../survey/caddyfiles.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyInstance } from "../../survey/instance.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

const PLANNERS = { launch: planLaunch, stop: planStop, restart: planRestart } as const;

export async function runInstance(
  session: Session,
  verb: keyof typeof PLANNERS,
  name: string | undefined,
  althoughMoved = false,
  /** Whether its Caddyfile is looked at first. Where nobody is there, what can run does. */
  asksCaddy = verb !== "stop",
): Promise<void> {
  const { world, home } = session;
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
      if (asksCaddy) refuseUnreadCaddyfile(await surveyCaddyfiles(world, record), record.name);
      return PLANNERS[verb](facts, { now: world.now(), random: world.random(4) }, althoughMoved);
    },
  });
  if (carried) await reportFinished(session, carried);
}
