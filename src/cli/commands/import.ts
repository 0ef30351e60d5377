import { resolve } from "node:path";
import { EXIT, OperatorError } from "../../errors.ts";
import { planImport } from "../../operations/image-set.ts";
import { surveyImport } from "../../survey/image-set.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

/** flags -> the whole file, checked -> facts -> plan -> run */
export async function importImages(session: Session, args: Arguments): Promise<void> {
  const { world, home, cwd } = session;
  const word = args.at(0);
  if (word === undefined)
    throw new OperatorError("USAGE", "`import` needs to know which file.", {
      exit: EXIT.usage,
      hint: "graph-mgr import images.tar",
    });
  session.noteInPlace("Checking every image");
  const set = await world.imageSets.check(resolve(cwd, word)).finally(() => session.noteInPlace(""));
  const carried = await carryOut(session, {
    command: "import",
    answers: {},
    claimsEngine: true,
    isRoutine: true,
    onFailure: (args.text("on-failure") as "undo" | "stop" | undefined) ?? "ask",
    makePlan: async () => planImport(await surveyImport(world, home.path, set), { now: world.now(), random: world.random(4) }),
  });
  if (carried) await reportFinished(session, carried);
}
