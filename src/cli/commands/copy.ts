import type { CopyData } from "../../domain/copy-data.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { planCopy } from "../../operations/copy.ts";
import { surveyCopy } from "../../survey/copy.ts";
import { surveyHome } from "../../survey/home.ts";
import { needsAnswer } from "../ask.ts";
import { carryOut } from "../carry-out.ts";
import { equivalentCommand } from "../equivalent.ts";
import { folderMoves, type PortFlags, portRequest } from "../options.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { COPY_QUESTIONS } from "../surface/questions.ts";

export interface CopyArgs extends PortFlags {
  readonly instance: string | undefined;
  readonly name: string | undefined;
  readonly data: CopyData | undefined;
  readonly launch: boolean;
  readonly stopSource: boolean;
  readonly bind: readonly string[];
  readonly onFailure: "undo" | "stop" | undefined;
}

/** flags or wizard -> facts -> plan -> run */
export async function copy(session: Session, given: CopyArgs): Promise<void> {
  const { world, flags } = session;
  portRequest(given);
  folderMoves(given.bind);
  const home = await surveyHome(world, session.home.path);
  const factsFor = (args: CopyArgs) =>
    surveyCopy(world, {
      home: session.home.path,
      source: chooseInstance(home.records, home.current, args.instance),
      name: nameOf(args),
      ports: portRequest(args),
      binds: folderMoves(args.bind),
    });
  const planFor = async (args: CopyArgs) => {
    const source = chooseInstance(home.records, home.current, args.instance);
    const data = args.data ?? (args.stopSource ? "copy" : await usualData(session, source));
    const request = { data, launch: args.launch, stopSource: args.stopSource };
    return planCopy(await factsFor(args), request, { now: world.now(), random: world.random(4) });
  };
  const asks = session.ask.isPossible && !flags.yes;
  const answered = asks
    ? await (await import("../wizards/copy.ts")).copyWizard(session, given, {
        home,
        factsFor,
        planFor,
        usualData: source => usualData(session, source),
        isRunning: source => isRunning(session, source),
      })
    : { ...given, plan: null };
  const carried = await carryOut(session, {
    command: "copy",
    answers: {},
    claimsEngine: true,
    isRoutine: false,
    onFailure: given.onFailure ?? "ask",
    seen: answered.plan,
    makePlan: () => planFor(answered),
  });
  if (!carried) return;
  await reportFinished(session, carried);
  // Named as it was chosen: which one is current may change.
  const instance = chooseInstance(home.records, home.current, answered.instance).name;
  if (asks) session.note(`\nThe same without questions:\n  ${commandFor(session, { ...answered, instance })}`);
}

function nameOf({ instance, name }: CopyArgs): string {
  if (name !== undefined) return name;
  throw needsAnswer(
    `graph-mgr copy ${instance ?? "INSTANCE"} --name training`,
    COPY_QUESTIONS.name.message.replace(", for {release}-NAME", ""),
  );
}

const isRunning = async ({ world }: Session, { project }: InstanceRecord): Promise<boolean> =>
  (await world.engine.containers()).some(each => each.project === project && each.state === "running");

/** What fits the source as it is: a dump while its database runs, a copy while it is stopped. The plan shows which it is. */
async function usualData(session: Session, source: InstanceRecord): Promise<CopyData> {
  if (!(await isRunning(session, source))) return "copy";
  return source.product.postgres === null ? "none" : "dump";
}

const commandFor = ({ home }: Session, args: CopyArgs): string =>
  equivalentCommand("copy", args.instance, {
    home: home.path,
    name: args.name,
    data: args.data,
    "stop-source": args.stopSource ? true : undefined,
    "http-port": args.httpPort,
    "https-port": args.httpsPort,
    port: args.port,
    bind: args.bind,
    launch: args.launch ? undefined : false,
    "on-failure": args.onFailure,
  });
