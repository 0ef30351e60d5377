import { resolve } from "node:path";
import { planAttach } from "../../operations/attach.ts";
import { surveyAttach } from "../../survey/attach.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

/** `install --attach FOLDER`: brings back what `remove` moved aside. */
export async function attach(session: Session, folder: string): Promise<void> {
  const { world, home } = session;
  const carried = await carryOut(session, {
    command: "install --attach",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    onFailure: "undo",
    makePlan: async () =>
      planAttach(await surveyAttach(world, home.path, resolve(session.cwd, folder)), {
        now: world.now(),
        random: world.random(4),
      }),
  });
  if (carried) await reportFinished(session, carried);
}
