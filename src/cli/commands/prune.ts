import { bytes } from "../../domain/units.ts";
import { goesByItself, totalBytes, type Unused } from "../../domain/unused.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import type { Occasion } from "../../operations/plan-id.ts";
import {
  type PruneRequest,
  planPruneAll,
  planPruneDump,
  planPruneNote,
  planPruneRemoved,
  planPruneVolume,
} from "../../operations/prune.ts";
import { planRemove } from "../../operations/remove.ts";
import type { Plan } from "../../plan/plan.ts";
import { freeImagesOf, surveyRemove } from "../../survey/remove.ts";
import { surveyUnused, type UnusedFacts } from "../../survey/unused.ts";
import { carryOut, refuseUnfinished } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

export interface PruneArgs extends PruneRequest {
  /** One thing that goes only by name. */
  readonly name: string | undefined;
  /** How many of the newest operations are kept. */
  readonly keepOperations: number;
}

/**
 * Shows what nothing needs, and deletes of it, once agreed to, what nobody could want back. Instances, what was removed, dumps and volumes go
 * one by one, by name and with `--confirm`.
 */
export async function prune(session: Session, args: PruneArgs): Promise<void> {
  const { world, flags } = session;
  if (args.name === undefined && (args.volumes || args.confirm !== undefined))
    throw new OperatorError("USAGE", "--volumes and --confirm are for one thing that is named.", {
      exit: EXIT.usage,
      hint: "graph-mgr prune   (lists them)",
    });
  const look = async () => await surveyUnused(world, session.home.path, await session.store.list(), args.keepOperations);
  const occasion = (): Occasion => ({ now: world.now(), random: world.random(4) });
  const makePlan = async (): Promise<Plan | null> => {
    const facts = await look();
    return args.name === undefined
      ? planPruneAll(facts, occasion())
      : await planNamed(session, facts, args.name, args, occasion());
  };
  const seen = await look();
  const first = args.name === undefined ? planPruneAll(seen, occasion()) : null;
  // Without --volumes an instance is only moved aside.
  const isGoing = ({ what, name }: Unused) => name === args.name && (what !== "instance" || args.volumes);
  const going = seen.unused.filter(each => (args.name === undefined ? goesByItself(each) : isGoing(each)));
  if (!flags.json && args.name === undefined) showUnused(session, seen);
  if (args.name === undefined && first === null) return await nothing(session, seen);
  if (flags.dryRun && flags.json) return await dryRun(session, seen, await makePlan());
  const carried = await carryOut(session, {
    command: "prune",
    answers: {},
    claimsEngine: true,
    isRoutine: args.confirm !== undefined,
    onFailure: "stop",
    makePlan: async () => (await makePlan()) ?? emptied(),
  });
  if (carried === null) return;
  const freedBytes = totalBytes(going);
  await reportFinished(session, carried, { freedBytes, unused: seen.unused.map(each => toJson(each, going.includes(each))) });
  if (!flags.json && going.length > 0) session.print(`${bytes(freedBytes)} are free again.`);
}

/** What the table showed is gone: somebody else pruned meanwhile. */
function emptied(): never {
  throw new OperatorError("NOTHING_TO_PRUNE", "There is nothing left to prune.", {
    hint: "graph-mgr prune   (shows what is there)",
  });
}

async function planNamed(
  session: Session,
  facts: UnusedFacts,
  name: string,
  request: PruneRequest,
  occasion: Occasion,
): Promise<Plan> {
  const { world, home } = session;
  const unused = facts.unused.find(each => each.name === name && !goesByItself(each));
  if (name === facts.wayBack)
    throw new OperatorError("IS_WAY_BACK", `${name} is what \`graph-mgr rollback\` leads back to.`, {
      hint: `graph-mgr remove ${name}   (when nobody will go back any more)`,
    });
  if (unused === undefined)
    throw new OperatorError("NOTHING_TO_PRUNE", `Nothing that is unused is called ${name.slice(0, 80)}, or it goes by itself.`, {
      hint: "graph-mgr prune   (shows what is unused)",
    });
  if (unused.what === "instance") {
    const record = facts.records.find(each => each.name === name);
    if (record === undefined) throw new Error(`${name} has no record`);
    return planRemove(
      await surveyRemove(world, record, home.path, facts.current?.name ?? null),
      { ...request, current: false },
      occasion,
    );
  }
  if (unused.what === "volume") return planPruneVolume(facts, unused, request, occasion);
  if (unused.what === "note") return planPruneNote(facts, unused, occasion);
  if (unused.what === "dump") return planPruneDump(facts, unused, request, occasion);
  const removed = facts.removed.find(({ folder }) => unused.paths.includes(folder));
  if (removed === undefined) throw new Error(`${name} was not removed`);
  const foreign = facts.containers.filter(({ project }) => project !== removed.record.project);
  return planPruneRemoved(facts, unused, removed, await freeImagesOf(world, removed.record, foreign), request, occasion);
}

function showUnused(session: Session, { unused, wayBack }: UnusedFacts): void {
  const rows = (all: readonly Unused[]) =>
    all.map(({ what, name, sizeBytes, why }) => [what, name, sizeBytes === null ? "?" : bytes(sizeBytes), why]);
  const [going, named] = [unused.filter(goesByItself), unused.filter(each => !goesByItself(each))];
  const shown = (all: readonly Unused[]) => table(["WHAT", "NAME", "SIZE", "WHY"], rows(all), session.printColumns);
  if (going.length > 0) session.print(shown(going));
  if (named.length > 0) {
    session.print(`${going.length > 0 ? "\n" : ""}Goes only by name, because it holds data or tells of some:\n`);
    session.print(shown(named));
    session.print(`\n${[...new Set(named.map(commandFor))].join("\n")}`);
  }
  if (wayBack !== null) session.print(`\n${wayBack} stays: graph-mgr rollback leads back to it.`);
}

/** By sort, so that a hundred volumes are one line. */
const commandFor = ({ what }: Unused): string =>
  what === "note"
    ? "  graph-mgr prune FOLDER"
    : what === "dump"
      ? "  graph-mgr prune NAME --confirm NAME"
      : "  graph-mgr prune NAME --volumes --confirm NAME";

const toJson = ({ paths: _, ...unused }: Unused, isGoing: boolean) => ({ ...unused, pruned: isGoing });

async function nothing(session: Session, { unused }: UnusedFacts): Promise<void> {
  await refuseUnfinished(session);
  if (session.flags.json) {
    const none = { operation: null, kind: "prune", instance: null, steps: 0, outcome: "done", wayBack: null, freedBytes: 0 };
    return session.print(JSON.stringify({ ...none, unused: unused.map(each => toJson(each, false)) }));
  }
  session.print(unused.length === 0 ? "Everything that is here is used." : "\nNothing of it goes by itself.");
}

async function dryRun(session: Session, { unused }: UnusedFacts, plan: Plan | null): Promise<void> {
  if (plan === null) return;
  const { id, operation, instance, steps } = plan;
  const shown = unused.map(each => toJson(each, false));
  session.print(
    JSON.stringify({ dryRun: true, operation: id, kind: operation, instance, steps: steps.length, plan, unused: shown }),
  );
}
