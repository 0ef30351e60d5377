import { EXIT, Interrupted, messageOf, OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import type { Plan } from "../plan/plan.ts";
import { type Run, type RunEvent, runPlan, StepFailed, undoPlan } from "../plan/runner.ts";
import { kinds } from "../steps/index.ts";
import { cancelled } from "./ask.ts";
import { type DowntimeFacts, downtimeText, watchedRun } from "./downtime.ts";
import { undoSteps } from "./plan-text.ts";
import { progressOn } from "./progress.ts";
import type { Session } from "./session.ts";
import { OTHER_QUESTIONS } from "./surface/questions.ts";
import { tryText, wrap } from "./text.ts";
import { nameOf, undoneAlready } from "./unfinished.ts";

export interface Carried extends Partial<DowntimeFacts> {
  readonly operation: string;
  readonly kind: string;
  readonly instance: string | null;
  readonly steps: number;
  /** Facts that the plan gives: version, project, ports. */
  readonly result: Plan["result"];
  /** The command that takes it back. */
  readonly wayBack: string | null;
}

/** What becomes of an operation whose step fails. */
export type OnFailure = "ask" | "undo" | "stop";

export function runOf(session: Session, plan: Plan, journal: Run<World>["journal"], also: (event: RunEvent) => void): Run<World> {
  const show = progressOn(session, session.world.elapsedMs);
  return {
    plan,
    journal,
    kinds,
    world: session.world,
    signal: session.signal,
    clearAway: () => session.store.clearAway(plan.id),
    on: event => {
      also(event);
      show(event);
      if (event.type !== "progress")
        void session.store
          .log(plan.id, `${session.world.now().toISOString()} ${event.type} ${event.step + 1}/${event.steps} ${event.title}`)
          .catch(() => undefined);
    },
  };
}

/**
 * Runs to the end, or back to the beginning.
 * @param onFailed called when a step has failed, before anybody is asked what becomes of it: others must not wait for the answer
 */
export async function runOrUndo(
  session: Session,
  given: Run<World>,
  onFailure: OnFailure,
  onFailed: () => Promise<void> = async () => {},
): Promise<Carried> {
  const { plan } = given;
  const { run, downtime } = await watchedRun(session, given);
  try {
    const failed = await failureOf(session, run, onFailure, onFailed);
    const seen = await downtime.end(failed === null || (failed instanceof OperatorError && failed.exit === EXIT.undone));
    if (seen !== null) session.note(downtimeText(seen));
    await noteEnd(session, plan, seen);
    const facts = seen ?? {};
    if (failed !== null) throw failed instanceof OperatorError ? failed.with(facts) : failed;
    return {
      operation: plan.id,
      kind: plan.operation,
      instance: plan.instance,
      steps: plan.steps.length,
      result: plan.result,
      wayBack: plan.wayBack,
      ...facts,
    };
  } finally {
    await downtime.end();
  }
}

/** For the history. What was done is done, whether or not that can be written down. */
export async function noteEnd({ store, world, note }: Session, { id }: Plan, seen: DowntimeFacts | null): Promise<void> {
  await store.noteEnd(id, { at: world.now().toISOString(), ...seen }).catch(error => {
    note(`How long it took could not be written down: ${messageOf(error)}`);
  });
}

/** What is to be told when it does not come to its end, after everything was put back or left; null when it does. */
async function failureOf(
  session: Session,
  run: Run<World>,
  onFailure: OnFailure,
  onFailed: () => Promise<void>,
): Promise<unknown> {
  try {
    const { outcome, remarks } = await runPlan(run);
    if (outcome === "undone") return undoneAlready(run.plan);
    return remarks.length === 0 ? null : doneAndYet(run, remarks);
  } catch (error) {
    if (error instanceof Interrupted) return await stopped(run);
    await session.store
      .log(run.plan.id, `${session.world.now().toISOString()} failed: ${messageOf(error)}`)
      .catch(() => undefined);
    await onFailed();
    return await afterFailure(session, run, onFailure, error);
  }
}

/** It is done and stays, because there is no way back that loses nothing; and whoever waits for it must not take it for a success. */
function doneAndYet({ plan }: Run<World>, remarks: readonly string[]): OperatorError {
  return new OperatorError("NOT_HEALTHY", `The ${nameOf(plan)} is done, and visitors are answered. But: ${remarks.join(" ")}`, {
    exit: EXIT.halfway,
    hint: `graph-mgr status${plan.wayBack === null ? "" : `   (the way back is \`${plan.wayBack}\`)`}`,
  });
}

/** Stopped between steps: nothing was cut, and both ways are open. */
async function stopped(run: Run<World>): Promise<OperatorError> {
  const entries = await run.journal.read();
  if (!entries.some(({ type }) => type === "doing")) {
    await undoPlan(run);
    return cancelled();
  }
  const done = entries.filter(({ type }) => type === "done").length;
  return new OperatorError("STOPPED", `Stopped; ${done} of ${run.plan.steps.length} steps of ${nameOf(run.plan)} are done.`, {
    exit: EXIT.halfway,
    hint: "graph-mgr resume   (goes on; graph-mgr undo takes it back)",
  });
}

async function afterFailure(session: Session, run: Run<World>, onFailure: OnFailure, error: unknown): Promise<unknown> {
  // What is refused between steps (another plan, an old release that ran meanwhile) is no failure of a step, and nothing is put back for it.
  if (!(error instanceof StepFailed)) return error;
  const goBack = onFailure === "undo" || (onFailure === "ask" && (await isToGoBack(session, run, error)));
  if (onFailure !== "ask") sayFailure(session, error);
  if (!goBack) {
    return new OperatorError(error.code, error.message, {
      exit: EXIT.halfway,
      cause: error,
      hint: withHint(error.hint, "graph-mgr resume   (tries again from here; graph-mgr undo goes back)"),
    });
  }
  session.note("Putting everything back:");
  session.phase("undoing");
  let remarks: readonly string[];
  try {
    // A second Ctrl-C must not cut off the way back.
    ({ remarks } = await undoPlan({ ...run, signal: new AbortController().signal }));
  } catch (cause) {
    if (cause instanceof OperatorError && cause.code === "CANNOT_UNDO")
      return new OperatorError(error.code, `${error.message} ${cause.message}.`, {
        exit: EXIT.halfway,
        cause: error,
        ...(cause.hint === undefined ? {} : { hint: cause.hint }),
      });
    return new OperatorError("UNDO_FAILED", `${error.message} Going back failed as well: ${messageOf(cause)}`, {
      exit: EXIT.halfway,
      cause,
      hint: "graph-mgr undo   (once the reason is mended)",
    });
  }
  return new OperatorError(error.code, `${error.message.replace(/(?<![.!?])$/, ".")} ${undoneText(remarks)}`, {
    exit: EXIT.undone,
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** What came of going back. */
export const undoneText = (remarks: readonly string[]): string =>
  remarks.length === 0 ? "Everything was put back as it was." : `The rest was put back as it was. ${remarks.join(" ")}`;

function sayFailure(session: Session, { message, hint }: OperatorError): void {
  session.noteInPlace("");
  session.note(wrap(`Failed: ${message}`, session.columns - 1));
  if (hint !== undefined) session.note(tryText(hint, session.columns - 1));
}

const withHint = (first: string | undefined, second: string): string =>
  first === undefined ? second : `${first}; then ${second}`;

/** `--yes` takes the answer that the question would have shown as its own, because nobody may be there to give another. */
async function isToGoBack(session: Session, run: Run<World>, error: StepFailed): Promise<boolean> {
  if (session.ask.isPossible && !session.flags.yes) return await askToUndo(session, run, error);
  sayFailure(session, error);
  return true;
}

/** Ctrl-C at this question leaves everything as it stands; a terminal that is gone decides nothing, so it is as in a script. */
async function askToUndo(session: Session, run: Run<World>, error: StepFailed): Promise<boolean> {
  session.noteInPlace("");
  session.note(`\nGoing back would\n${wrap((await undoSteps(run)).join("\n"), session.columns - 1)}\n`);
  // Last, so that it stands beside the question however long that list is.
  sayFailure(session, error);
  const [back, leave] = OTHER_QUESTIONS.failed.answers;
  const choices = [
    { name: back, value: true },
    { name: leave, value: false },
  ];
  try {
    return (await session.ask.select({ ...OTHER_QUESTIONS.failed, choices }, false)) === true;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return !session.ask.isPossible;
  }
}
