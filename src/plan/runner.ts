import type { Json } from "../domain/json.ts";
import { EXIT, Interrupted, messageOf, OperatorError, systemError } from "../errors.ts";
import { type Closable, close, type Ending, entriesFor, finishClosing } from "./closing.ts";
import { type Entry, isTurnedBack, outcomeOf, type Standing, standingsOf } from "./journal.ts";
import { kindOf, type Plan } from "./plan.ts";
import { type AnyStepKind, neverUndone, type PlannedStep, type StepContext, type StepKinds, undoTitleOf } from "./step.ts";

export interface RunEvent {
  readonly type: "doing" | "done" | "skipped" | "progress" | "undoing" | "undone";
  /** From 0. */
  readonly step: number;
  readonly steps: number;
  readonly title: string;
  readonly text?: string;
}

export interface Run<World> extends Closable {
  readonly kinds: StepKinds<World>;
  readonly world: World;
  readonly on: (event: RunEvent) => void;
  /** Honoured between steps, and inside steps that only wait. */
  readonly signal: AbortSignal;
}

/** A step that did not do what it should; carries which one for the report. */
export class StepFailed extends OperatorError {
  readonly step: number;
  constructor(step: number, total: number, title: string, cause: unknown) {
    const known = cause instanceof OperatorError ? cause : systemError(cause);
    const hint = known?.hint;
    super(known?.code ?? "STEP_FAILED", `Step ${step + 1} of ${total} failed (${title}): ${messageOf(known ?? cause)}`, {
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
 * @returns the end, with what is done and yet not as it should be; `undone` where it had come to that end and was cut off while it was closed
 * @throws StepFailed when a step fails, Interrupted when the operator asked to stop, OperatorError ALREADY_CLOSED and what
 *   a step that is done says of what somebody else did since
 */
export async function runPlan<World>(run: Run<World>): Promise<Ending> {
  const finished = await finishClosing(run);
  if (finished !== null) return finished;
  const remarks: string[] = [];
  // A kind that we lack is found out before the first step, and not in the middle.
  for (const planned of run.plan.steps) kindOf(planned, run.kinds);
  const standings = await openJournal(run);
  await refuseTouched(run, standings);
  for (const [step, planned] of run.plan.steps.entries()) {
    const standing = standings[step];
    const isDone = standing?.state === "done";
    if (isDone && (await stillHolds(run, standings, step, planned))) continue;
    if (run.signal.aborted) throw new Interrupted("stopped between steps");
    const begun = standing && standing.state !== "waiting" ? { before: standing.before, again: isDone } : null;
    await runStep(run, step, kindOf(planned, run.kinds), begun, remarks);
  }
  return await close(run, { outcome: "done", remarks });
}

/** Nothing is done before everybody was heard. */
async function refuseTouched<World>(run: Run<World>, standings: readonly Standing[]): Promise<void> {
  const done = [...run.plan.steps.entries()].filter(([step]) => standings[step]?.state === "done");
  try {
    for (const [step, planned] of done)
      await kindOf(planned, run.kinds).untouched?.(
        planned.input,
        contextOf(run, eventOf(run, step, planned)),
        standings[step]?.before ?? null,
      );
  } catch (error) {
    const begun = begunOf(run.plan, standings);
    // Who can neither go on nor back would be stuck.
    if ((neverBack(run, begun) ?? (await pastReturn(run, standings, begun))) === null) throw error;
  }
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
  return (
    later ||
    (await kind.fleeting.holds(planned.input, contextOf(run, eventOf(run, step, planned)), standings[step]?.before ?? null))
  );
}

async function openJournal<World>(run: Run<World>): Promise<readonly Standing[]> {
  const { plan, journal } = run;
  const entries = await entriesFor(plan, journal);
  const outcome = outcomeOf(entries);
  if (outcome === "done" || outcome === "undone") {
    throw new OperatorError("ALREADY_CLOSED", `Operation ${plan.id} is already ${outcome}.`, {
      hint: `graph-mgr operations show ${plan.id}   (nothing of it is left to be done)`,
    });
  }
  if (!isTurnedBack(entries)) return standingsOf(plan.steps.length, entries);
  await walkBack(run, entries);
  return standingsOf(plan.steps.length, []);
}

interface Begun {
  readonly before: Json;
  /** It was done, and what it did is no more. */
  readonly again: boolean;
}

async function runStep<World>(run: Run<World>, step: number, kind: AnyStepKind<World>, begun: Begun | null, remarks: string[]) {
  const { plan, journal } = run;
  const input = plan.steps[step]?.input ?? null;
  const event = { step, steps: plan.steps.length, title: kind.title(input) };
  const context = contextOf(run, event, remarks);
  run.on({ type: "doing", ...event });
  let wasDone = false;
  try {
    // A step that was cut off keeps the `before` it was journalled with: looking again would see our own debris.
    const before = begun ? begun.before : await kind.look(input, context);
    if (!begun) await journal.append({ type: "doing", step, before });
    wasDone = begun?.again !== true && (await kind.isDone(input, context, before));
    if (!wasDone) {
      await kind.do(input, context, before);
      if (!(await kind.isDone(input, context, before))) throw withoutEffect();
    }
    await journal.append({ type: "done", step });
  } catch (cause) {
    if (cause instanceof Interrupted) throw cause;
    throw new StepFailed(step, plan.steps.length, event.title, cause);
  }
  run.on({ type: wasDone ? "skipped" : "done", ...event });
}

const withoutEffect = (): OperatorError =>
  new OperatorError("STEP_FAILED", "it ran without an error and did not take effect", {
    hint: "see whether a disk is full (`df -h`), and whether somebody else is at work on the same things",
  });

/**
 * Puts back, last first, every step that began. Stops at the first that will not go back, because the order matters.
 *
 * @returns the end, with what could not be put back; `done` where it had come to that end and was cut off while it was closed
 * @throws OperatorError CANNOT_UNDO, ALREADY_DONE, PLAN_CHANGED, or what a step's undo threw
 */
export async function undoPlan<World>(run: Run<World>): Promise<Ending> {
  const { plan, journal } = run;
  const finished = await finishClosing(run);
  if (finished !== null) return finished;
  const entries = await entriesFor(plan, journal);
  const outcome = outcomeOf(entries);
  if (outcome === "undone") return { outcome, remarks: [] };
  if (outcome === "done") {
    throw new OperatorError("ALREADY_DONE", `Operation ${plan.id} is finished; undo is for operations that are not.`, {
      ...(plan.wayBack === null ? {} : { hint: plan.wayBack }),
    });
  }
  return await close(run, { outcome: "undone", remarks: await walkBack(run, entries) });
}

async function walkBack<World>(run: Run<World>, entries: readonly Entry[]): Promise<readonly string[]> {
  const remarks: string[] = [];
  const { plan, journal, kinds } = run;
  const standings = standingsOf(plan.steps.length, entries);
  const begun = begunOf(plan, standings);
  await refuseNoWay(run, entries);
  for (const [step, planned] of begun) {
    const kind = kindOf(planned, kinds);
    const title = undoTitleOf(kind, planned.input);
    const event = { ...eventOf(run, step, planned), ...(title === null ? {} : { title }) };
    if (title !== null) run.on({ type: "undoing", ...event });
    await journal.append({ type: "undoing", step });
    if (typeof kind.undo === "function")
      await kind.undo(planned.input, contextOf(run, event, remarks), standings[step]?.before ?? null);
    await journal.append({ type: "undone", step });
    if (title !== null) run.on({ type: "undone", ...event });
  }
  return remarks;
}

/** Whether an undo would go back, which changes nothing. @throws OperatorError CANNOT_UNDO, PLAN_CHANGED */
export const refuseNoWayBack = async <World>(run: Run<World>): Promise<void> =>
  await refuseNoWay(run, await entriesFor(run.plan, run.journal));

async function refuseNoWay<World>(run: Run<World>, entries: readonly Entry[]): Promise<void> {
  const standings = standingsOf(run.plan.steps.length, entries);
  const begun = begunOf(run.plan, standings);
  const why = neverBack(run, begun) ?? (isTurnedBack(entries) ? null : await pastReturn(run, standings, begun));
  if (why !== null) throw new OperatorError("CANNOT_UNDO", `Cannot go back past ${why}`, { hint: "graph-mgr resume" });
}

type Steps = readonly (readonly [number, PlannedStep])[];

/** Last first. */
const begunOf = ({ steps }: Plan, standings: readonly Standing[]): Steps =>
  [...steps.entries()].filter(([step]) => standings[step]?.state !== "waiting").reverse();

/** Which step of those that began nobody can put back, ever, and why; null when there is none. */
function neverBack<World>(run: Run<World>, begun: Steps): string | null {
  for (const [step, planned] of begun) {
    const kind = kindOf(planned, run.kinds);
    const never = neverUndone(kind);
    if (never !== null) return `step ${step + 1} (${kind.title(planned.input)}): ${never}`;
  }
  return null;
}

/** The same of those that could be put back if it were not for what came of them. */
async function pastReturn<World>(run: Run<World>, standings: readonly Standing[], begun: Steps): Promise<string | null> {
  for (const [step, planned] of begun) {
    const kind = kindOf(planned, run.kinds);
    const event = eventOf(run, step, planned);
    const why = (await kind.pastReturn?.(planned.input, contextOf(run, event), standings[step]?.before ?? null)) ?? null;
    if (why !== null) return `step ${step + 1} (${event.title}): ${why}`;
  }
  return null;
}

const eventOf = <World>({ plan, kinds }: Run<World>, step: number, planned: PlannedStep) => ({
  step,
  steps: plan.steps.length,
  title: kindOf(planned, kinds).title(planned.input),
});

function contextOf<World>(run: Run<World>, event: Omit<RunEvent, "type">, remarks: string[] = []): StepContext<World> {
  return {
    world: run.world,
    operation: { id: run.plan.id, home: run.plan.home },
    progress: text => run.on({ type: "progress", ...event, text }),
    // Two steps may find the same in their way.
    remark: text => void (remarks.includes(text) || remarks.push(text)),
    signal: run.signal,
  };
}
