import { hash } from "node:crypto";
import type { Json } from "../domain/json.ts";
import { EXIT, Interrupted, messageOf, OperatorError } from "../errors.ts";
import { type Entry, isTurnedBack, type Journal, outcomeOf, type Standing, standingsOf } from "./journal.ts";
import { kindOf, PLAN_SCHEMA, type Plan } from "./plan.ts";
import type { AnyStepKind, PlannedStep, StepContext, StepKinds } from "./step.ts";

export interface RunEvent {
  readonly type: "doing" | "done" | "skipped" | "progress" | "undoing" | "undone";
  /** From 0. */
  readonly step: number;
  readonly steps: number;
  readonly title: string;
  readonly text?: string;
}

export interface Run<World> {
  readonly plan: Plan;
  readonly journal: Journal;
  readonly kinds: StepKinds<World>;
  readonly world: World;
  readonly on: (event: RunEvent) => void;
  /** Honoured between steps, and inside steps that only wait. */
  readonly signal: AbortSignal;
}

/** Binds a journal to its plan, so that a swapped plan.json is noticed. */
export const planDigest = (plan: Plan): string => hash("sha256", JSON.stringify(plan));

/** A step that did not do what it should; carries which one for the report. */
export class StepFailed extends OperatorError {
  readonly step: number;
  constructor(step: number, total: number, title: string, cause: unknown) {
    const hint = cause instanceof OperatorError ? cause.hint : undefined;
    const code = cause instanceof OperatorError ? cause.code : "STEP_FAILED";
    super(code, `Step ${step + 1} of ${total} failed (${title}): ${messageOf(cause)}`, {
      cause,
      exit: EXIT.halfway,
      ...(hint === undefined ? {} : { hint }),
    });
    this.step = step;
  }
}

/**
 * Carries out what the journal says is left; starting and resuming are the same code. Where an undo was begun, it is
 * brought to its end first: the steps count on what earlier ones left, so half of the way back is no place to turn round.
 *
 * @throws StepFailed when a step fails, Interrupted when the operator asked to stop, OperatorError ALREADY_CLOSED
 */
export async function runPlan<World>(run: Run<World>): Promise<void> {
  // A kind that we lack is found out before the first step, and not in the middle.
  for (const planned of run.plan.steps) kindOf(planned, run.kinds);
  const standings = await openJournal(run);
  for (const [step, planned] of run.plan.steps.entries()) {
    const standing = standings[step];
    const isDone = standing?.state === "done";
    if (isDone && (await stillHolds(run, standings, step, planned))) continue;
    if (run.signal.aborted) throw new Interrupted("stopped between steps");
    const begun = standing && standing.state !== "waiting" ? { before: standing.before, again: isDone } : null;
    await runStep(run, step, kindOf(planned, run.kinds), begun);
  }
  await run.journal.append({ type: "closed", outcome: "done" });
}

/** Whether a done step need not be done again: it lasts, a later one took its place, or it was seen to hold. */
async function stillHolds<World>(
  run: Run<World>,
  standings: readonly Standing[],
  step: number,
  planned: PlannedStep,
): Promise<boolean> {
  const { plan, kinds } = run;
  const subjectOf = (planned: PlannedStep) => kindOf(planned, kinds).fleeting?.subject(planned.input) ?? null;
  const kind = kindOf(planned, kinds);
  if (!kind.fleeting) return true;
  const subject = subjectOf(planned);
  const later = plan.steps.some(
    (other, index) => index > step && standings[index]?.state !== "waiting" && subjectOf(other) === subject,
  );
  const event = { step, steps: plan.steps.length, title: kind.title(planned.input) };
  return later || (await kind.fleeting.holds(planned.input, contextOf(run, event), standings[step]?.before ?? null));
}

async function openJournal<World>(run: Run<World>): Promise<readonly Standing[]> {
  const { plan, journal } = run;
  const entries = await entriesFor(plan, journal);
  const outcome = outcomeOf(entries);
  if (outcome === "done" || outcome === "undone") {
    throw new OperatorError("ALREADY_CLOSED", `Operation ${plan.id} is already ${outcome}.`);
  }
  if (!isTurnedBack(entries)) return standingsOf(plan.steps.length, entries);
  await walkBack(run, entries);
  return standingsOf(plan.steps.length, []);
}

/** The journal's entries, once it is sure that they are about this plan. A new journal is opened. */
async function entriesFor(plan: Plan, journal: Journal): Promise<readonly Entry[]> {
  const entries = await journal.read();
  const digest = planDigest(plan);
  const opened = entries[0];
  if (!opened) {
    await journal.append({ type: "opened", schema: PLAN_SCHEMA, plan: digest });
    return entries;
  }
  if (opened.type !== "opened" || opened.plan !== digest) {
    throw new OperatorError("PLAN_CHANGED", `The plan of operation ${plan.id} is not the one that its journal was begun with.`, {
      hint: "do not go on by hand; keep the folder `.graph-mgr/operations` and ask for help",
    });
  }
  await journal.settle();
  return entries;
}

interface Begun {
  readonly before: Json;
  /** It was done, and what it did is no more. */
  readonly again: boolean;
}

async function runStep<World>(run: Run<World>, step: number, kind: AnyStepKind<World>, begun: Begun | null) {
  const { plan, journal } = run;
  const input = plan.steps[step]?.input ?? null;
  const event = { step, steps: plan.steps.length, title: kind.title(input) };
  const context = contextOf(run, event);
  run.on({ type: "doing", ...event });
  let wasDone = false;
  try {
    // A step that was cut off keeps the `before` it was journalled with: looking again would see our own debris.
    const before = begun ? begun.before : await kind.look(input, context);
    if (!begun) await journal.append({ type: "doing", step, before });
    wasDone = begun?.again !== true && (await kind.isDone(input, context, before));
    if (!wasDone) {
      await kind.do(input, context, before);
      if (!(await kind.isDone(input, context, before))) throw new Error("it ran without an error and did not take effect");
    }
    await journal.append({ type: "done", step });
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause;
    throw new StepFailed(step, plan.steps.length, event.title, cause);
  }
  run.on({ type: wasDone ? "skipped" : "done", ...event });
}

/**
 * Puts back, last first, every step that began. Stops at the first that will not go back, because the order matters.
 *
 * @returns what could not be put back, a sentence each
 * @throws OperatorError CANNOT_UNDO, ALREADY_DONE, PLAN_CHANGED, or what a step's undo threw
 */
export async function undoPlan<World>(run: Run<World>): Promise<readonly string[]> {
  const { plan, journal } = run;
  const entries = await entriesFor(plan, journal);
  const outcome = outcomeOf(entries);
  if (outcome === "undone") return [];
  if (outcome === "done") {
    throw new OperatorError("ALREADY_DONE", `Operation ${plan.id} is finished; undo is for operations that are not.`, {
      ...(plan.wayBack === null ? {} : { hint: plan.wayBack }),
    });
  }
  const remarks = await walkBack(run, entries);
  await journal.append({ type: "closed", outcome: "undone" });
  return remarks;
}

async function walkBack<World>(run: Run<World>, entries: readonly Entry[]): Promise<readonly string[]> {
  const remarks: string[] = [];
  const { plan, journal, kinds } = run;
  const standings = standingsOf(plan.steps.length, entries);
  const begun = [...plan.steps.entries()].filter(([step]) => standings[step]?.state !== "waiting").reverse();
  const final = begun.find(([, planned]) => typeof kindOf(planned, kinds).undo !== "function");
  if (final) {
    const kind = kindOf(final[1], kinds);
    const why = typeof kind.undo === "function" ? "" : kind.undo.never;
    throw new OperatorError("CANNOT_UNDO", `Cannot go back past step ${final[0] + 1} (${kind.title(final[1].input)}): ${why}`, {
      hint: "graph-mgr resume",
    });
  }
  if (!isTurnedBack(entries)) await refusePastReturn(run, standings, begun);
  for (const [step, planned] of begun) {
    const kind = kindOf(planned, kinds);
    const event = { step, steps: plan.steps.length, title: kind.title(planned.input) };
    run.on({ type: "undoing", ...event });
    await journal.append({ type: "undoing", step });
    if (typeof kind.undo === "function")
      await kind.undo(planned.input, contextOf(run, event, remarks), standings[step]?.before ?? null);
    await journal.append({ type: "undone", step });
    run.on({ type: "undone", ...event });
  }
  return remarks;
}

/** @throws OperatorError CANNOT_UNDO */
async function refusePastReturn<World>(
  run: Run<World>,
  standings: readonly Standing[],
  begun: readonly (readonly [number, PlannedStep])[],
): Promise<void> {
  for (const [step, planned] of begun) {
    const kind = kindOf(planned, run.kinds);
    const event = { step, steps: run.plan.steps.length, title: kind.title(planned.input) };
    const why = (await kind.pastReturn?.(planned.input, contextOf(run, event), standings[step]?.before ?? null)) ?? null;
    if (why === null) continue;
    throw new OperatorError("CANNOT_UNDO", `Cannot go back past step ${step + 1} (${event.title}): ${why}`, {
      hint: "graph-mgr resume",
    });
  }
}

function contextOf<World>(run: Run<World>, event: Omit<RunEvent, "type">, remarks: string[] = []): StepContext<World> {
  return {
    world: run.world,
    operation: { id: run.plan.id, home: run.plan.home },
    progress: text => run.on({ type: "progress", ...event, text }),
    remark: text => void remarks.push(text),
    signal: run.signal,
  };
}
