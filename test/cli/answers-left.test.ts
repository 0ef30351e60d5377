import { expect, it } from "vitest";
import { refuseUnfinished } from "../../src/cli/carry-out.ts";
import { resume, undo } from "../../src/cli/commands/operations.ts";
import { newPlan } from "../../src/operations/plan-id.ts";
import { planDigest } from "../../src/plan/closing.ts";
import { HOME, prepared } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const ID = "20260101T000000Z-update-000000";
const ANSWERS = `${HOME}/.graph-mgr/operations/${ID}/answers.json`;

it.each([
  ["resume", (session: ReturnType<typeof sessionOn>) => resume(session, undefined)],
  ["undo", undo],
  ["the next change", refuseUnfinished],
] as const)("F72 secrets of an operation that was cut off behind its journal's last word go with %s", async (_, next) => {
  const stage = await prepared();
  const session = sessionOn(stage);
  const base = { id: ID, operation: "update", instance: "v1.0.0", home: HOME, engine: "SIMULATED", summary: "", notes: [] };
  const plan = newPlan({ ...base, wayBack: null, steps: [] });
  const journal = await session.store.open(plan, { ".env": "PASSWORD=canary" });
  await journal.append({ type: "opened", schema: plan.schema, plan: planDigest(plan) });
  await journal.append({ type: "closed", outcome: "done" });
  expect(await stage.world.files.read(ANSWERS)).toContain("canary");
  await next(session).catch(error => expect(error).toMatchObject({ code: "NOTHING_UNFINISHED" }));
  expect(await stage.world.files.exists(ANSWERS)).toBe(false);
});

it.each([
  ["resume", (session: ReturnType<typeof sessionOn>) => resume(session, undefined)],
  ["undo", undo],
] as const)(
  "F20 what a command that only looked has left on the engine goes with %s, although nothing is unfinished",
  async (_, next) => {
    const stage = await prepared();
    await stage.install("v2.22.2");
    const swept: string[] = [];
    const notes: string[] = [];
    stage.world.engine.sweep = async home => {
      swept.push(home);
      return [];
    };
    const session = sessionOn(stage, { note: (text: string) => notes.push(text) });
    await expect(next(session)).rejects.toMatchObject({ code: "NOTHING_UNFINISHED" });
    expect([swept, notes]).toEqual([[HOME], []]);
    // That the engine does not answer is said, and is not what was asked.
    stage.world.engine.sweep = async () => {
      throw new Error("no engine");
    };
    await expect(next(session)).rejects.toMatchObject({ code: "NOTHING_UNFINISHED" });
    expect(notes).toEqual([expect.stringContaining("no engine")]);
  },
);
