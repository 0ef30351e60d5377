import { chooseInstance } from "../../domain/instances.ts";
import { planRemove } from "../../operations/remove.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyRemove } from "../../survey/remove.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

export interface RemoveArgs {
  readonly instance: string;
  readonly volumes: boolean;
  readonly confirm: string | undefined;
  readonly current: boolean;
}

/** `--yes` answers questions that have a default; deleting data has none, so only the typed name does. */
export async function remove(session: Session, { instance, ...request }: RemoveArgs): Promise<void> {
  const { world, home } = session;
  const carried = await carryOut(session, {
    command: "remove",
    answers: {},
    claimsEngine: true,
    isRoutine: request.volumes && request.confirm !== undefined,
    onFailure: "stop",
    makePlan: async () => {
      const { records, current } = await surveyHome(world, home.path);
      const record = chooseInstance(records, current, instance);
      return planRemove(await surveyRemove(world, record, home.path, current), request, {
        now: world.now(),
        random: world.random(4),
      });
    },
  });
  if (carried) await reportFinished(session, carried);
}
