import { EXIT, OperatorError } from "../../errors.ts";
import type { World } from "../../host/world.ts";
import type { OperationEntry } from "../../plan/operations.ts";
import { describePlan } from "../../plan/plan.ts";
import { type Run, undoPlan } from "../../plan/runner.ts";
import { kinds } from "../../steps/index.ts";
import { runOf, runOrUndo } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

const NOTHING = { code: "NOTHING_UNFINISHED", message: "There is no unfinished operation in this home." };

/** `operations`: the history; `operations show ID`: one of them, step by step. */
export async function listOperations(session: Session, id: string | undefined): Promise<void> {
  const all = await session.store.list();
  if (id !== undefined) return await showOperation(session, all, id);
  if (session.flags.json) {
    const operations = all.map(({ plan, outcome, stepsDone }) => ({
      id: plan.id,
      kind: plan.operation,
      instance: plan.instance,
      outcome,
      stepsDone,
      steps: plan.steps.length,
    }));
    session.print(JSON.stringify({ schema: 1, home: session.home.path, operations }));
    return;
  }
  if (all.length === 0) return session.print("No operations yet.");
  const rows = all.map(({ plan, outcome, stepsDone }) => [
    plan.id,
    plan.operation,
    plan.instance ?? "",
    outcome,
    `${stepsDone}/${plan.steps.length}`,
  ]);
  session.print(table(["OPERATION", "KIND", "INSTANCE", "OUTCOME", "STEPS"], rows));
}

async function showOperation(session: Session, all: readonly OperationEntry[], id: string): Promise<void> {
  const found = all.find(({ plan }) => plan.id === id) ?? all.findLast(({ plan }) => plan.id.startsWith(id));
  if (!found)
    throw new OperatorError("NO_OPERATION", `There is no operation ${id.slice(0, 80)} in this home.`, {
      hint: "graph-mgr operations",
    });
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, ...found }));
  session.print(`${found.plan.id}: ${found.outcome}, ${found.stepsDone} of ${found.plan.steps.length} steps done`);
  session.print(describePlan(found.plan, kinds));
}

async function unfinishedOf(session: Session): Promise<OperationEntry> {
  const all = await session.store.list();
  const found = all.findLast(({ outcome }) => outcome === "unfinished");
  if (found) return found;
  const last = all.at(-1);
  const isFinished = last?.outcome === "done" && last.plan.wayBack !== null;
  throw new OperatorError(
    NOTHING.code,
    NOTHING.message,
    isFinished ? { hint: `${last.plan.wayBack}   (takes back the last one, ${last.plan.operation})` } : {},
  );
}

/** A resume on another engine would work on other volumes of the same names. */
async function refuseOtherEngine({ world }: Session, { plan }: OperationEntry): Promise<void> {
  const { id } = await world.engine.about();
  if (id === plan.engine) return;
  throw new OperatorError(
    "OTHER_ENGINE",
    `Operation ${plan.id} was begun on another Docker Engine than the one that answers now.`,
    { hint: "see DOCKER_HOST and `docker context ls`" },
  );
}

async function withUnfinished(session: Session, command: string, work: (run: Run<World>) => Promise<void>): Promise<void> {
  const first = await unfinishedOf(session);
  if (session.flags.dryRun) return session.print(describePlan(first.plan, kinds));
  const lock = await session.lockHome(command);
  try {
    const entry = await unfinishedOf(session);
    await refuseOtherEngine(session, entry);
    session.workFor(entry.plan.id);
    await session.world.engine.sweep(session.home.path);
    await work(runOf(session, entry.plan, session.store.journal(entry.plan.id), () => {}));
  } finally {
    session.workFor(null);
    await lock.release();
  }
}

/** Goes on with what was cut off. */
export const resume = (session: Session, onFailure: "undo" | "stop" | undefined): Promise<void> =>
  withUnfinished(session, "resume", async run => {
    await reportFinished(session, await runOrUndo(session, run, onFailure ?? "stop", "it began"));
  });

/** Takes back what was cut off. */
export const undo = (session: Session): Promise<void> =>
  withUnfinished(session, "undo", async run => {
    try {
      await undoPlan(run);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      throw new OperatorError(error.code, error.message, {
        cause: error,
        exit: error.code === "CANNOT_UNDO" ? EXIT.refused : EXIT.halfway,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
    await session.store.close(run.plan.id);
    const { id, operation, instance, steps } = run.plan;
    if (session.flags.json)
      session.print(JSON.stringify({ operation: id, kind: operation, instance, steps: steps.length, outcome: "undone" }));
    else session.print(`${operation}${instance === null ? "" : ` of ${instance}`} was undone; everything is as it was before.`);
  });
