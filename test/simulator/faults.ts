import { ComposeDocument } from "../../src/domain/compose-document.ts";
import { messageOf } from "../../src/errors.ts";
import { canonical, difference } from "./canonical.ts";
import type { FaultKind, SeenEffect } from "./machine.ts";
import { LOSE_ALL, loseUnsynced, powerCut } from "./power.ts";
import { below, seeded } from "./random.ts";
import { HOME, type Scenario } from "./scenario.ts";
import { cloneState, type SimState } from "./state.ts";
import { type Attempt, answersOf, attempt, codeOf, standing } from "./trial.ts";

const parsed = new Map<string, ComposeDocument>();
const parse = ComposeDocument.parse;
/** The same few texts are parsed tens of thousands of times, and a document never changes. */
ComposeDocument.parse = source => {
  const key = `${source.path}\n${source.text}`;
  const document = parsed.get(key) ?? parse(source);
  parsed.set(key, document);
  return document;
};

/** One effect of the run that nothing cut off, and the state just before it. */
interface Moment extends SeenEffect {
  readonly state: SimState;
  /** The step that it belongs to; -1 before the first. */
  readonly step: number;
  /** Its number within the step. */
  readonly at: number;
}

/** The run that nothing cuts off: where it can be cut, and what it leads to. */
export interface Rehearsal {
  readonly scenario: Scenario;
  readonly moments: readonly Moment[];
  /** By step: the state in which it began, and how often it reads. */
  readonly steps: readonly { readonly state: SimState; readonly reads: number }[];
  readonly initial: Readonly<Record<"exact" | "powerless", string>>;
  readonly final: Readonly<Record<"exact" | "powerless", string>>;
}

/** As it must be at the end, with and without power cuts on the way. */
const textsOf = (state: SimState, { fills, remakes }: Pick<Scenario, "fills" | "remakes">) => ({
  exact: canonical(state, { home: HOME, forgetClusterState: false, fills, remakes }),
  powerless: canonical(state, { home: HOME, forgetClusterState: true, fills, remakes }),
});
const NOTHING = { fills: [], remakes: [] };

export async function rehearse(scenario: Scenario): Promise<Rehearsal> {
  const state = cloneState(scenario.initial);
  const moments: Moment[] = [];
  const steps: { state: SimState; reads: number }[] = [];
  let begunAt = 0;
  let readsBefore = 0;
  const ended = await attempt(scenario, state, "run", {
    prepare: machine => {
      machine.before = effect =>
        moments.push({ ...effect, state: cloneState(state), step: steps.length - 1, at: moments.length - begunAt });
    },
    on: ({ type }, machine) => {
      const last = steps.at(-1);
      if (type === "doing") {
        if (last) last.reads = machine.reads - readsBefore;
        readsBefore = machine.reads;
        begunAt = moments.length;
        steps.push({ state: cloneState(state), reads: 0 });
      } else if (type === "done" && last) last.reads = machine.reads - readsBefore;
    },
  });
  if (ended.how !== "finished") throw new Error(`${scenario.name} does not even work without faults: ${messageOf(ended.error)}`);
  return { scenario, moments, steps, initial: textsOf(scenario.initial, scenario), final: textsOf(state, NOTHING) };
}

type Phase = { readonly mode: "resume" | "undo"; readonly cut: boolean };
const phase = (text: string): Phase => ({ mode: text.startsWith("resume") ? "resume" : "undo", cut: text.endsWith("!") });

/** What happens after the fault; `!` is a second fault in the middle of it. */
const RECOVERIES = [
  ["resume"],
  ["undo"],
  ["resume!", "resume"],
  ["resume!", "undo"],
  ["undo!", "undo"],
  ["undo!", "resume"],
] as const;
const SECOND_FAULTS = ["crash", "power", "io", "full", "torn", "orphan"] as const satisfies readonly FaultKind[];

export type AnyFault = FaultKind | "read";

/** One simulated run, told so that it can be run again. */
export interface Trial {
  readonly fault: AnyFault;
  /** The moment, or for `read` the step. */
  readonly where: number;
  readonly seed: number;
  readonly recovery: readonly string[];
}

/** Every moment with every fault that can strike there, and every recovery. */
export function allTrials({ moments, steps }: Rehearsal, powerSeeds = 3): readonly Trial[] {
  const trials: Trial[] = [];
  const add = (fault: AnyFault, where: number, seeds = 1) => {
    for (let seed = 0; seed < seeds; seed += 1) for (const recovery of RECOVERIES) trials.push({ fault, where, seed, recovery });
  };
  for (const [where, { needsSpace, canTear, byCommand }] of moments.entries()) {
    add("crash", where);
    add("power", where, powerSeeds);
    add("io", where);
    if (needsSpace) add("full", where);
    if (canTear) add("torn", where);
    if (byCommand) add("orphan", where);
    if (where % 3 === 0) add("signal", where);
  }
  for (const where of steps.keys()) add("read", where, 4);
  return trials;
}

export interface Tally {
  runs: number;
  readonly faults: Map<string, number>;
  readonly kinds: Map<string, number>;
}

/** Carries out one trial. @throws with everything that is needed to run it again */
export async function runTrial(rehearsal: Rehearsal, trial: Trial, tally: Tally): Promise<void> {
  const { scenario } = rehearsal;
  const seen = new Set<string>();
  const note = (step: number) => seen.add(scenario.plan.steps[step]?.kind ?? "");
  try {
    await tryOne(rehearsal, trial, note);
  } catch (error) {
    const moment = trial.fault === "read" ? undefined : rehearsal.moments[trial.where];
    const step = moment?.step ?? trial.where;
    const where = moment ? `effect ${trial.where} (${moment.what} ${moment.target})` : "a read";
    throw new Error(
      `${scenario.name}: ${trial.fault} at ${where} of step ${step + 1} (${scenario.plan.steps[step]?.kind ?? "none"}), ` +
        `seed ${trial.seed}, then ${trial.recovery.join(", ")}: ${messageOf(error)}`,
    );
  }
  tally.runs += 1;
  tally.faults.set(trial.fault, (tally.faults.get(trial.fault) ?? 0) + 1);
  for (const kind of seen) tally.kinds.set(kind, (tally.kinds.get(kind) ?? 0) + 1);
}

async function tryOne(rehearsal: Rehearsal, trial: Trial, note: (step: number) => void): Promise<void> {
  const { scenario, initial, final } = rehearsal;
  const random = seeded(trial.where * 7919 + trial.seed * 104_729 + trial.recovery.join().length * 31 + trial.fault.length);
  const { state, full } = await strikeFirst(rehearsal, trial, random, note);
  let text: "exact" | "powerless" = trial.fault === "power" ? "powerless" : "exact";
  let isFull = full;
  const equals = (expected: typeof initial, what: string) => {
    const { fills, remakes } = expected === initial ? scenario : NOTHING;
    const actual = canonical(state, { home: HOME, forgetClusterState: text === "powerless", fills, remakes });
    if (actual !== expected[text]) throw new Error(`the state is not the ${what} one: ${difference(actual, expected[text])}`);
  };
  const closed = async (): Promise<boolean> => {
    const outcome = await standing(scenario, state);
    if (outcome === "done") equals(final, "final");
    if (outcome === "undone" || outcome === null) equals(initial, "initial");
    const isOver = outcome === "done" || outcome === "undone" || outcome === null;
    const left = isOver ? await answersOf(scenario, state) : [];
    if (left.length > 0) throw new Error(`the operation is ${outcome ?? "not begun"}, and it left ${left.join(", ")}`);
    return isOver;
  };
  const on = ({ type, step }: { readonly type: string; readonly step: number }) => {
    if (type !== "progress") note(step);
  };

  const phases = trial.recovery.map(phase);
  for (let index = 0; ; index += 1) {
    if (await closed()) return;
    // Whatever went wrong before: in the end one of the two ways must work.
    const { mode, cut } = phases[index] ?? { mode: "undo", cut: false };
    const kind = SECOND_FAULTS[below(random, SECOND_FAULTS.length)] ?? "crash";
    const fault = cut ? { kind, at: below(random, 60) } : null;
    const ended = await attempt(scenario, state, mode, { fault, on, full: isFull });
    const wasFull = isFull || (ended.hasStruck && kind === "full");
    isFull = false;
    if (ended.how === "died" && ended.hasStruck && kind === "power") {
      powerCut(state, below(random, 1000));
      text = "powerless";
    }
    if (ended.how === "finished") {
      if (!(await closed())) throw new Error(`${mode} finished, and the operation is not closed`);
      // What is said to be finished is on the disk.
      if (loseUnsynced(state, LOSE_ALL) && !(await closed()))
        throw new Error(`${mode} finished, and a power cut takes that back`);
      return;
    }
    if (ended.how === "failed" && codeOf(ended.error) === "CANNOT_UNDO") {
      const resumed = await attempt(scenario, state, "resume", { on });
      if (resumed.how !== "finished") throw new Error(`neither undo nor resume works: ${messageOf(resumed.error)}`);
      continue;
    }
    // A source that the power cut caught before its database was down cannot be copied; that it is refused is right.
    const isTorn = text === "powerless" && mode === "resume" && codeOf(ended.error) === "NOT_SHUT_DOWN";
    const mayFail = cut || wasFull || isTorn;
    if (!mayFail || index > phases.length) throw new Error(`${mode} ${ended.how}: ${messageOf(ended.error)}`);
  }
}

/** Up to and including the first fault. */
async function strikeFirst(
  { scenario, moments, steps }: Rehearsal,
  { fault, where, seed }: Trial,
  random: () => number,
  note: (step: number) => void,
): Promise<{ readonly state: SimState; readonly full: boolean }> {
  const moment = fault === "read" ? undefined : moments[where];
  const step = moment?.step ?? where;
  note(step);
  if (moment && (fault === "crash" || fault === "power")) {
    const state = cloneState(moment.state);
    if (fault === "power") powerCut(state, seed);
    return { state, full: false };
  }
  const begun = steps[step];
  const state = cloneState(begun?.state ?? scenario.initial);
  const strike: Parameters<typeof attempt>[3] =
    fault === "read"
      ? { failingRead: below(random, Math.max(1, begun?.reads ?? 0)) }
      : { fault: { kind: fault, at: moment?.at ?? 0 } };
  const ended: Attempt = await attempt(scenario, state, step < 0 ? "run" : "continue", {
    ...strike,
    ...(step < 0 ? {} : { armedAt: step }),
  });
  if (!ended.hasStruck) throw new Error(`the fault did not strike: ${messageOf(ended.error)}`);
  return { state, full: fault === "full" };
}

export const newTally = (): Tally => ({ runs: 0, faults: new Map(), kinds: new Map() });
