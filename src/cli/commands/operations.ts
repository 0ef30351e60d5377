import { EXIT, messageOf, OperatorError } from "../../errors.ts";
import type { World } from "../../host/world.ts";
import type { Ending } from "../../plan/closing.ts";
import type { OperationEntry } from "../../plan/operations.ts";
import { spoken } from "../../plan/plan.ts";
import { type Run, refuseNoWayBack, undoPlan } from "../../plan/runner.ts";
import { quiet } from "../../steps/index.ts";
import { type DowntimeFacts, downtimeText, watchedRun } from "../downtime.ts";
import { type EngineLock, engineLock, untilHealthy } from "../engine-lock.ts";
import { planText, stepsLeft, undoSteps } from "../plan-text.ts";
import { reportFinished } from "../report.ts";
import { noteEnd, runOf, runOrUndo, undoneText } from "../run-or-undo.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { wrap } from "../text.ts";
import { clearAnswers, doneAlready, nameOf } from "../unfinished.ts";

/** `operations`: the history; `operations show ID`, or just the id: one of them, step by step. */
export async function listOperations(session: Session, words: readonly string[]): Promise<void> {
  const id = words[0] === "show" ? words[1] : words[0];
  if ((words[0] === "show" && id === undefined) || (words[0] !== "show" && words.length > 1))
    throw new OperatorError("USAGE", "`operations show` takes the name of one operation.", {
      exit: EXIT.usage,
      hint: "graph-mgr operations   (lists them)",
    });
  const all = await session.store.list();
  if (id !== undefined) return await showOperation(session, all, id);
  if (session.flags.json) {
    const operations = await Promise.all(
      all.map(async ({ plan, outcome, closing, stepsDone }) => {
        const end = await session.store.end(plan.id);
        return {
          id: plan.id,
          kind: plan.operation,
          instance: plan.instance,
          outcome,
          closing,
          stepsDone,
          steps: plan.steps.length,
          endedAt: end?.at ?? null,
          downtimeMs: end?.downtimeMs ?? null,
        };
      }),
    );
    session.print(JSON.stringify({ schema: 1, home: session.home.path, operations }));
    return;
  }
  if (all.length === 0) return session.print("No operations yet.");
  // The id names the kind: a column for it would be what makes the table wider than 80 columns.
  const rows = all.map(({ plan, outcome, closing, stepsDone }) => [
    plan.id,
    plan.instance ?? "",
    outcomeText(outcome, closing),
    `${stepsDone}/${plan.steps.length}`,
  ]);
  session.print(table(["OPERATION", "INSTANCE", "OUTCOME", "STEPS"], rows, session.printColumns));
}

const outcomeText = (outcome: OperationEntry["outcome"], closing: OperationEntry["closing"]): string =>
  closing === null ? outcome : `${outcome} (${closing}, not closed)`;

async function showOperation(session: Session, all: readonly OperationEntry[], id: string): Promise<void> {
  const found = all.find(({ plan }) => plan.id === id) ?? all.findLast(({ plan }) => plan.id.startsWith(id));
  if (!found)
    throw new OperatorError("NO_OPERATION", `There is no operation ${id.slice(0, 80)} in this home.`, {
      hint: "graph-mgr operations",
    });
  if (session.flags.json) return session.print(JSON.stringify({ schema: 1, ...found }));
  const outcome = outcomeText(found.outcome, found.closing);
  session.print(`${found.plan.id}: ${outcome}, ${found.stepsDone} of ${found.plan.steps.length} steps done`);
  session.print(planText(found.plan, session.printColumns));
  session.print(`Its log: ${session.home.operation(found.plan.id)}/log`);
}

async function unfinishedOf(session: Session): Promise<OperationEntry> {
  const all = await session.store.list();
  const found = all.findLast(({ outcome }) => outcome === "unfinished");
  if (found) return found;
  const last = all.at(-1);
  const isFinished = last?.outcome === "done" && last.plan.wayBack !== null;
  throw new OperatorError("NOTHING_UNFINISHED", "There is no unfinished operation in this home.", {
    hint: isFinished
      ? `${last.plan.wayBack}   (takes back the last one, ${spoken(last.plan.operation)})`
      : "graph-mgr operations   (lists what was done here)",
  });
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

interface Going {
  readonly command: "resume" | "undo";
  /** Going on takes names and ports that the plan chose; going back gives them away. */
  readonly claimsEngine: boolean;
  readonly dryRun: (run: Run<World>) => Promise<readonly string[]>;
  readonly work: (run: Run<World>, engine: EngineLock) => Promise<void>;
}

async function withUnfinished(session: Session, { command, claimsEngine, dryRun, work }: Going): Promise<void> {
  const engine = engineLock(session, command);
  const runFor = ({ plan }: OperationEntry) => runOf(session, plan, session.store.journal(plan.id), untilHealthy(engine, plan));
  // A home in which nothing was ever done is not even locked.
  if ((await session.store.list()).length === 0) await unfinishedOf(session);
  if (session.flags.dryRun) {
    const first = await unfinishedOf(session);
    showGoing(session, command, first, first.closing === null ? await dryRun(runFor(first)) : []);
    return;
  }
  const lock = await session.lockHome(command);
  try {
    await clearAnswers(session.store);
    const entry = await unfinishedOf(session).catch(async error => {
      await sweepLooks(session);
      throw error;
    });
    // What is only to be closed needs no engine.
    const hasSteps = entry.closing === null;
    if (hasSteps) await refuseOtherEngine(session, entry);
    session.workFor(entry.plan.id);
    session.phase(command === "undo" ? "undoing" : "operating");
    if (hasSteps) await session.world.engine.sweep(session.home.path);
    const run = runFor(entry);
    if (claimsEngine && hasSteps && !(await isWindowOpen(run))) await engine.take();
    await work(run, engine);
  } finally {
    session.workFor(null);
    await engine.release();
    await lock.release();
  }
}

/** A command that was killed while it only looked may have left a container that the engine had made and not yet started, which never ends by itself. */
async function sweepLooks({ world, home, note }: Session): Promise<void> {
  await world.engine.sweep(home.path).catch(error => {
    note(`Whether containers are left of a command that was cut off could not be seen: ${messageOf(error)}`);
  });
}

/** Whether visitors are turned away: then nobody else is waited for. */
async function isWindowOpen({ plan, journal }: Run<World>): Promise<boolean> {
  return (await journal.read()).some(entry => entry.type === "doing" && plan.steps[entry.step]?.kind === quiet.kind);
}

function showGoing(session: Session, command: string, { plan, closing }: OperationEntry, lines: readonly string[]): void {
  const { id, operation, instance } = plan;
  const steps = lines.length;
  if (session.flags.json) {
    session.print(
      JSON.stringify({ dryRun: true, operation: id, kind: operation, instance, steps, left: lines.map(line => line.trim()) }),
    );
    return;
  }
  const first = `${command === "undo" ? "Take back" : "Go on with"} ${nameOf(plan)}:`;
  const text = closing === null ? [first, ...lines].join("\n") : `Close ${nameOf(plan)}, which is ${closing}; no step is left.`;
  session.print(session.printColumns === null ? text : wrap(text, session.printColumns - 1));
}

/** Goes on with what was cut off. */
export const resume = (session: Session, onFailure: "undo" | "stop" | undefined): Promise<void> =>
  withUnfinished(session, {
    command: "resume",
    claimsEngine: true,
    dryRun: stepsLeft,
    work: async (run, engine) => {
      const otherwise = onFailure ?? (session.ask.isPossible ? "ask" : "stop");
      await reportFinished(session, await runOrUndo(session, run, otherwise, () => engine.release()));
    },
  });

/** Takes back what was cut off. */
export const undo = (session: Session): Promise<void> =>
  withUnfinished(session, {
    command: "undo",
    claimsEngine: false,
    async dryRun(run) {
      await refuseNoWayBack(run);
      return await undoSteps(run);
    },
    work: run => takeBack(session, run),
  });

async function takeBack(session: Session, given: Run<World>): Promise<void> {
  let ending: Ending;
  const { run, downtime } = await watchedRun(session, given);
  let seen: DowntimeFacts | null;
  try {
    ending = await undoPlan(run);
    seen = await downtime.end(true);
  } catch (error) {
    await downtime.end();
    if (!(error instanceof OperatorError)) throw error;
    throw new OperatorError(error.code, error.message, {
      cause: error,
      exit: error.code === "CANNOT_UNDO" ? EXIT.refused : EXIT.halfway,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  await noteEnd(session, run.plan, seen);
  if (ending.outcome === "done") throw doneAlready(run.plan);
  const { remarks } = ending;
  const { id, operation, instance, steps } = run.plan;
  if (session.flags.json)
    session.print(
      JSON.stringify({
        operation: id,
        kind: operation,
        instance,
        steps: steps.length,
        outcome: "undone",
        wayBack: null,
        remarks,
        ...seen,
      }),
    );
  else if (seen !== null) session.note(downtimeText(seen));
  if (session.flags.json) return;
  session.print(`${instance ?? session.home.path}: ${spoken(operation)} was undone. ${undoneText(remarks)}`);
  const old = run.plan.steps.find(({ kind }) => kind === quiet.kind)?.input as { readonly instance: string } | undefined;
  if (old !== undefined && seen !== null && seen.downtimeGoesOn !== true) session.print(`${old.instance} serves again.`);
}
