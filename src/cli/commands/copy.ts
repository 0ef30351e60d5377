import type { CopyData } from "../../domain/copy-data.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planCopy } from "../../operations/copy.ts";
import { surveyCopy } from "../../survey/copy.ts";
import { surveyHome } from "../../survey/home.ts";
import { carryOut } from "../carry-out.ts";
import { equivalentCommand } from "../equivalent.ts";
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

/** flags or wizard -> facts -> plan -> run */
export async function copy(session: Session, given: CopyArgs): Promise<void> {
  const { world, flags } = session;
  portRequest(given);
  const home = await surveyHome(world, session.home.path);
  const factsFor = (args: CopyArgs) =>
    surveyCopy(world, {
      home: session.home.path,
      source: chooseInstance(home.records, home.current, args.instance),
      name: nameOf(args),
      ports: portRequest(args),
    });
  const planFor = async (args: CopyArgs) => {
    const source = chooseInstance(home.records, home.current, args.instance);
    const data = args.data ?? (args.stopSource ? "copy" : await usualData(session, source));
    const request = { data, launch: args.launch, stopSource: args.stopSource, shareBinds: args.shareBind };
    return planCopy(await factsFor(args), request, { now: world.now(), random: world.random(4) });
  };
  const asks = session.ask.isPossible && !flags.yes;
  const answered = asks
    ? await (await import("../wizards/copy.ts")).copyWizard(session, given, {
        home,
        factsFor,
        planFor,
        usualData: source => usualData(session, source),
      })
    : { ...given, plan: null };
  const carried = await carryOut(session, {
    answers: {},
    claimsEngine: true,
    isRoutine: false,
    onFailure: given.onFailure ?? "ask",
    seen: answered.plan,
    makePlan: () => planFor(answered),
  });
  if (!carried) return;
  await reportFinished(session, carried);
  if (asks) session.note(`The same without questions:\n  ${commandFor(session, answered)}`);
}

function nameOf({ name }: CopyArgs): string {
  if (name !== undefined) return name;
  throw new OperatorError("NEEDS_ANSWER", "The copy needs a name.", { exit: EXIT.usage, hint: "--name training" });
}

/** What fits the source as it is: a dump while its database runs, a copy while it is stopped. The plan shows which it is. */
async function usualData({ world }: Session, { project, product }: InstanceRecord): Promise<CopyData> {
  const running = (await world.engine.containers()).filter(each => each.project === project && each.state === "running");
  if (running.length === 0) return "copy";
  return product.postgres === null ? "none" : "dump";
}

const commandFor = ({ home }: Session, args: CopyArgs): string =>
  equivalentCommand("copy", args.instance, {
    home: home.path,
    name: args.name,
    data: args.data,
    "stop-source": args.stopSource ? true : undefined,
    "http-port": args.httpPort,
    "https-port": args.httpsPort,
    ...(args.port.length > 0 ? { port: args.port.join(" --port ") } : {}),
    ...(args.launch ? {} : { launch: false }),
  });
