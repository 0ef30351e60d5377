import type { CopyData } from "../../domain/copy-data.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planCopy } from "../../operations/copy.ts";
import { surveyCopy } from "../../survey/copy.ts";
import { surveyHome } from "../../survey/home.ts";
import { carryOut } from "../carry-out.ts";
import { type PortFlags, portRequest } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";

export interface CopyArgs extends PortFlags {
  readonly instance: string | undefined;
  readonly name: string | undefined;
  readonly data: CopyData | undefined;
  readonly launch: boolean;
  readonly stopSource: boolean;
  readonly shareBind: readonly string[];
  readonly onFailure: "undo" | "stop" | undefined;
}

export async function copy(session: Session, args: CopyArgs): Promise<void> {
  const { world, home } = session;
  const ports = portRequest(args);
  const { name } = args;
  if (name === undefined)
    throw new OperatorError("NEEDS_ANSWER", "The copy needs a name.", { exit: EXIT.usage, hint: "--name training" });
  const { records, current } = await surveyHome(world, home.path);
  const source = chooseInstance(records, current, args.instance);
  const data = args.data ?? (args.stopSource ? "copy" : await usualData(session, source));
  const carried = await carryOut(session, {
    answers: {},
    claimsEngine: true,
    isRoutine: false,
    onFailure: args.onFailure ?? "ask",
    makePlan: async () => {
      const facts = await surveyCopy(world, { home: home.path, source, name, ports });
      const request = { data, launch: args.launch, stopSource: args.stopSource, shareBinds: args.shareBind };
      return planCopy(facts, request, { now: world.now(), random: world.random(4) });
    },
  });
  if (carried) await reportFinished(session, carried);
}

/** What fits the source as it is: a dump while its database runs, a copy while it is stopped. The plan shows which it is. */
async function usualData({ world }: Session, { project, product }: InstanceRecord): Promise<CopyData> {
  const running = (await world.engine.containers()).filter(each => each.project === project && each.state === "running");
  if (running.length === 0) return "copy";
  return product.postgres === null ? "none" : "dump";
}
