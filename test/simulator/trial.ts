import { Interrupted, messageOf, OperatorError } from "../../src/errors.ts";
import { createFileStore } from "../../src/host/file-store.ts";
import { createOperationStore } from "../../src/host/operation-store.ts";
import { type Outcome, outcomeOf } from "../../src/plan/journal.ts";
import { type RunEvent, runPlan, undoPlan } from "../../src/plan/runner.ts";
import { kinds } from "../../src/steps/index.ts";
import { violation } from "./canonical.ts";
import { type Effect, type Fault, Machine } from "./machine.ts";
import { shelf } from "./sample.ts";
import { HOME, type Scenario } from "./scenario.ts";
import { bothServe } from "./sim-remote.ts";
import { createSimWorld } from "./sim-world.ts";
import type { SimState } from "./state.ts";

export interface Attempt {
  readonly how: "finished" | "failed" | "died" | "stopped";
  readonly error: unknown;
  readonly hasStruck: boolean;
}

export interface AttemptOptions {
  readonly fault?: Fault | null;
  /** The fault's effects are counted from when this step begins. */
  readonly armedAt?: number;
  readonly failingRead?: number;
  readonly full?: boolean;
  readonly prepare?: (machine: Machine) => void;
  readonly on?: (event: RunEvent, machine: Machine) => void;
}

/** One process: it finds `state`, works on it until it ends or is ended, and leaves it changed. */
export async function attempt(
  scenario: Scenario,
  state: SimState,
  mode: "run" | "continue" | "resume" | "undo",
  options: AttemptOptions = {},
): Promise<Attempt> {
  const machine = new Machine(state);
  const { world, disk } = createSimWorld(machine, HOME, shelf);
  const store = createOperationStore(disk.disk, HOME);
  const abort = new AbortController();
  machine.full = options.full ?? false;
  machine.onSignal = () => abort.abort();
  let violated: Violated | null = null;
  machine.watch = effect => {
    violated ??= guard(scenario, machine, effect);
  };
  options.prepare?.(machine);
  const arm = () => {
    machine.strike(options.fault ?? null);
    machine.reads = 0;
    machine.failingRead = options.failingRead ?? null;
  };
  if (options.armedAt === undefined) arm();
  const on = (event: RunEvent) => {
    if (event.type === "doing" && event.step === options.armedAt) arm();
    options.on?.(event, machine);
  };
  const end = (how: Attempt["how"], error: unknown = null): Attempt => {
    if (violated !== null) throw violated;
    return { how, error, hasStruck: machine.hasStruck };
  };
  try {
    if (mode !== "continue") await world.engine.sweep(HOME);
    const journal = mode === "run" ? await store.open(scenario.plan, scenario.answers) : store.journal(scenario.plan.id);
    const run = {
      plan: scenario.plan,
      journal,
      kinds,
      world,
      on,
      signal: abort.signal,
      clearAway: () => store.clearAway(scenario.plan.id),
    };
    if (mode === "undo") await undoPlan(run);
    else await runPlan(run);
    return end("finished");
  } catch (error) {
    if (machine.dead) return end("died", error);
    return end(error instanceof Interrupted ? "stopped" : "failed", error);
  }
}

/** Something happened that must never happen. Not an error that the program could handle. */
export class Violated extends Error {
  override name = "Violated";
}

const HARMLESS = new Set(["disk.sync", "disk.sync-tree", "disk.settle"]);

function guard({ untouched }: Scenario, machine: Machine, { what, target }: Effect): Violated | null {
  const wrong = what.startsWith("engine.") ? violation(machine.state) : null;
  if (wrong !== null) return new Violated(wrong);
  if (bothServe(machine.state)) return new Violated("both machines serve");
  for (const { dir, slug, filesOnly = false } of untouched) {
    const isFile = what.startsWith("disk.") && !HARMLESS.has(what) && (target === dir || target.startsWith(`${dir}/`));
    const isOfEngine = what.startsWith("engine.") && (target.startsWith(`${slug}_`) || target.startsWith(`${slug}-`));
    // The slug of a copy, or of what is restored beside, begins with its source's.
    const isCopys = ["training", "drill", "2_", "2-"].some(suffix => target.startsWith(`${slug}_${suffix}`));
    if (isFile || (isOfEngine && !isCopys && !filesOnly)) return new Violated(`${what} on ${target}, which belongs to ${slug}`);
  }
  return null;
}

const planTexts = new WeakMap<Scenario, string>();
function planText(scenario: Scenario): string {
  const text = planTexts.get(scenario) ?? `${JSON.stringify(scenario.plan, null, 1)}\n`;
  planTexts.set(scenario, text);
  return text;
}

/** What the operation's own folder says of it; null when the plan never got there. */
export async function standing(scenario: Scenario, state: SimState): Promise<Outcome | null> {
  const { disk, journal } = createSimWorld(new Machine(state), HOME, shelf);
  const folder = `${HOME}/.graph-mgr/operations/${scenario.plan.id}`;
  const node = disk.node(`${folder}/plan.json`);
  if (node?.type !== "file") return null;
  if (node.bytes.toString("utf8") !== planText(scenario)) throw new Violated("the plan on the disk is another one");
  return outcomeOf(await journal(`${folder}/journal.jsonl`).read());
}

/** What nobody may find once the operation is over; of one that has no plan yet, once the next command has locked the home. */
export async function answersOf(scenario: Scenario, state: SimState): Promise<readonly string[]> {
  const { disk } = createSimWorld(new Machine(state), HOME, shelf);
  if ((await standing(scenario, state)) === null) await createOperationStore(disk.disk, HOME).clearAwayUnplanned();
  const names = await createFileStore(disk.disk).list(`${HOME}/.graph-mgr/operations/${scenario.plan.id}`);
  return names.filter(name => name.includes("answers"));
}

export const codeOf = (error: unknown): string => (error instanceof OperatorError ? error.code : messageOf(error));
