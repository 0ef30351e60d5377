import type { Json } from "../../src/domain/json.ts";
import type { Entry, Journal } from "../../src/plan/journal.ts";
import { PLAN_SCHEMA, type Plan } from "../../src/plan/plan.ts";
import type { Run, RunEvent } from "../../src/plan/runner.ts";
import { defineStep, type PlannedStep, stepKinds } from "../../src/plan/step.ts";

/** A world of named values, with a list of what was done to it and of what shall fail. */
export interface ToyWorld {
  readonly values: Map<string, string>;
  readonly log: string[];
  readonly failing: Set<string>;
}

const touch = (world: ToyWorld, what: string): void => {
  world.log.push(what);
  if (world.failing.has(what)) throw new Error(`${what} fails`);
};

type Put = { readonly key: string; readonly value: string };

export const put = defineStep({
  kind: "toy.put",
  title: ({ key, value }: Put) => `Set ${key} to ${value}`,
  async look({ key }, { world }: { world: ToyWorld }) {
    touch(world, `look ${key}`);
    return { old: world.values.get(key) ?? null };
  },
  async do({ key, value }, { world }) {
    touch(world, `do ${key}`);
    world.values.set(key, value);
  },
  isDone: async ({ key, value }, { world }) => world.values.get(key) === value,
  async undo({ key }, { world }, { old }) {
    touch(world, `undo ${key}`);
    if (old === null) world.values.delete(key);
    else world.values.set(key, old);
  },
});

export const idle = defineStep({
  kind: "toy.idle",
  title: (_: null) => "Say that all is well, and change nothing",
  look: async () => null,
  do: async () => {},
  isDone: async () => false,
  undo: async () => {},
});

export const burn = defineStep({
  kind: "toy.burn",
  title: ({ key }: { readonly key: string }) => `Burn ${key}`,
  look: async () => null,
  async do({ key }, { world }: { world: ToyWorld }) {
    touch(world, `burn ${key}`);
    world.values.delete(key);
  },
  isDone: async ({ key }, { world }) => !world.values.has(key),
  undo: { never: "ashes stay ashes" },
});

type Light = { readonly lamp: string; readonly on: boolean };

/** Goes out when the power does. */
export const light = defineStep({
  kind: "toy.light",
  title: ({ lamp, on }: Light) => `Switch ${lamp} ${on ? "on" : "off"}`,
  look: async () => null,
  async do({ lamp, on }, { world }: { world: ToyWorld }) {
    touch(world, `switch ${lamp} ${on ? "on" : "off"}`);
    if (on) world.values.set(lamp, "on");
    else world.values.delete(lamp);
  },
  isDone: async ({ lamp, on }, { world }) => world.values.has(lamp) === on,
  fleeting: {
    subject: ({ lamp }) => lamp,
    holds: async ({ lamp, on }, { world }) => world.values.has(lamp) === on,
  },
  undo: async () => {},
});

export const toyKinds = stepKinds<ToyWorld>(put, idle, burn, light);

export const planOf = (...steps: readonly PlannedStep[]): Plan => ({
  schema: PLAN_SCHEMA,
  id: "20260101T000000Z-toy-0000",
  operation: "toy",
  instance: null,
  home: "/home",
  engine: "toy",
  summary: "Play",
  notes: ["with blocks"],
  wayBack: "graph-mgr tidy",
  steps,
});

/** A journal in memory that can refuse to go on from a given entry. */
export function toyJournal(failAt = Number.POSITIVE_INFINITY): Journal & { readonly entries: Entry[]; failAt: number } {
  const entries: Entry[] = [];
  const journal = {
    entries,
    failAt,
    async append(entry: Entry) {
      if (entries.length >= journal.failAt) throw new Error("the journal cannot be written");
      entries.push(JSON.parse(JSON.stringify(entry)) as Entry);
    },
    settle: async () => {},
    read: async () => [...entries],
  };
  return journal;
}

export function toyRun(plan: Plan, over: Partial<Run<ToyWorld>> = {}) {
  const world: ToyWorld = { values: new Map(), log: [], failing: new Set() };
  const events: RunEvent[] = [];
  const journal = toyJournal();
  /** What was last in the journal whenever something was cleared away. */
  const cleared: Json[] = [];
  const stop = new AbortController();
  const run: Run<ToyWorld> = {
    plan,
    journal,
    kinds: toyKinds,
    world,
    clearAway: async () => {
      if (world.failing.has("clear away")) throw new Error("clear away fails");
      cleared.push(shortly(journal.entries).at(-1) ?? null);
    },
    on: event => events.push(event),
    signal: stop.signal,
    ...over,
  };
  return { run, world, events, journal, cleared, stop };
}

export const shortly = (entries: readonly Entry[]): readonly Json[] =>
  entries.map(entry =>
    "step" in entry ? `${entry.type} ${entry.step}` : "outcome" in entry ? `${entry.type} ${entry.outcome}` : entry.type,
  );
