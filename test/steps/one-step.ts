import { expect } from "vitest";
import type { World } from "../../src/host/world.ts";
import { newPlan } from "../../src/operations/plan-id.ts";
import type { Entry } from "../../src/plan/journal.ts";
import { type Run, runPlan, undoPlan } from "../../src/plan/runner.ts";
import type { PlannedStep } from "../../src/plan/step.ts";
import { kinds } from "../../src/steps/index.ts";
import { HOME, Stage } from "../simulator/scenario.ts";

export const NAME = "v2.22.2";
export const SLUG = "v2_22_2";
export const DIR = `${HOME}/releases/${NAME}`;
export const PROJECT = { name: SLUG, dir: DIR, envFiles: [] } as const;
export const OPERATION = "20260101T000000Z-test-000000";
export const IMAGES = ["caddy", "cache", "nexus", "job", "postgres"] as const;

/** A host on which v2.22.2 runs. */
export async function installed(): Promise<Stage> {
  const stage = new Stage();
  await stage.install(NAME);
  stage.use(SLUG, DIR);
  return stage;
}

/** One step as an operation of its own. */
export const oneStep = (stage: Stage, step: PlannedStep, signal = new AbortController().signal) =>
  someSteps(stage, [step], signal);

/** Some steps as an operation. */
export function someSteps(stage: Stage, steps: readonly PlannedStep[], signal = new AbortController().signal) {
  const entries: Entry[] = [];
  const said: string[] = [];
  const run: Run<World> = {
    plan: newPlan({
      id: OPERATION,
      operation: "test",
      instance: null,
      home: HOME,
      engine: "SIMULATED",
      summary: "Test",
      notes: [],
      wayBack: null,
      steps: [...steps, { kind: "test.stuck", input: null }],
    }),
    journal: { append: async entry => void entries.push(entry), read: async () => entries, settle: async () => {} },
    // The last step fails, so that those before it can be undone.
    kinds: new Map([...kinds, ["test.stuck", stuck]]),
    world: stage.world,
    clearAway: async () => undefined,
    on: ({ text }) => text !== undefined && said.push(text),
    signal,
  };
  return {
    entries,
    said,
    /** Carries the steps out. @throws what a step threw, as the runner reports it */
    async run() {
      try {
        await runPlan(run);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes("stuck on purpose")) throw error;
      }
    },
    undo: async () => (await undoPlan(run)).remarks,
  };
}

const stuck = {
  kind: "test.stuck",
  title: () => "Get stuck",
  look: async () => null,
  do: async () => {
    throw new Error("stuck on purpose");
  },
  isDone: async () => false,
  undo: async () => {},
};

export const failsWith = (code: string, message: RegExp | string = "") =>
  expect.objectContaining({
    code,
    message: typeof message === "string" ? expect.stringContaining(message) : expect.stringMatching(message),
  });
