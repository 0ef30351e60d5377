import { beforeEach, describe, expect, it } from "vitest";
import { refuseUnfinished } from "../../src/cli/carry-out.ts";
import { list } from "../../src/cli/commands/list.ts";
import { listOperations, resume, undo } from "../../src/cli/commands/operations.ts";
import type { Session } from "../../src/cli/session.ts";
import { newPlan } from "../../src/operations/plan-id.ts";
import { planDigest } from "../../src/plan/closing.ts";
import { HOME, prepared, type Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const ID = "20260101T000000Z-update-000000";
const ANSWERS = `${HOME}/.graph-mgr/operations/${ID}/answers.json`;

let stage: Stage;
let said: string[];
beforeEach(async () => {
  stage = await prepared();
  said = [];
});

/** A home whose last operation was cut off while it was closed. Its engine is down: closing needs none. */
async function cutWhileClosing(end: "done" | "undone", flags: Partial<Session["flags"]> = {}): Promise<Session> {
  const say = (line: string) => void said.push(line);
  const session = sessionOn(stage, { print: say, note: say }, flags);
  const base = { id: ID, operation: "update", instance: "v1.0.0", home: HOME, engine: "GONE", summary: "", notes: [] };
  const plan = newPlan({ ...base, wayBack: "graph-mgr rollback", steps: [] });
  const journal = await session.store.open(plan, { ".env": "PASSWORD=canary" });
  await journal.append({ type: "opened", schema: plan.schema, plan: planDigest(plan) });
  await journal.append({ type: "closing", outcome: end });
  return session;
}
const isCleared = async () => !(await stage.world.files.exists(ANSWERS));
const outcome = async ({ store }: Session) => (await store.list()).at(-1)?.outcome;

describe("an operation that was cut off while it was closed", () => {
  it("is closed by resume when it was done, which is its success", async () => {
    const session = await cutWhileClosing("done");
    await resume(session, undefined);
    expect(said).toEqual([
      "v1.0.0: update finished.",
      "  http://localhost/",
      "The old release stays complete, stopped. This goes back to it:\n  graph-mgr rollback",
    ]);
    expect([await outcome(session), await isCleared()]).toEqual(["done", true]);
  });

  it("is closed by resume when it was undone, which is no success", async () => {
    const session = await cutWhileClosing("undone");
    await expect(resume(session, undefined)).rejects.toThrow(
      expect.objectContaining({
        code: "ALREADY_CLOSED",
        exit: 5,
        message: "The update of v1.0.0 had been undone when it was cut off; it is closed now.",
      }),
    );
    expect([await outcome(session), await isCleared()]).toEqual(["undone", true]);
  });

  it("is closed by undo when it was undone", async () => {
    const session = await cutWhileClosing("undone");
    await undo(session);
    expect(said).toEqual(["v1.0.0: update was undone. Everything was put back as it was."]);
    expect([await outcome(session), await isCleared()]).toEqual(["undone", true]);
  });

  it("is closed by undo when it was done, and stays done: its way back is named", async () => {
    const session = await cutWhileClosing("done");
    await expect(undo(session)).rejects.toThrow(
      expect.objectContaining({ code: "ALREADY_DONE", exit: 3, hint: "graph-mgr rollback" }),
    );
    expect([await outcome(session), await isCleared()]).toEqual(["done", true]);
  });

  it("is seen by those who look, with what closes it", async () => {
    const session = await cutWhileClosing("done");
    await list(session);
    expect(said[0]).toBe("The update of v1.0.0 is done, and was cut off before it was closed. See graph-mgr resume.");
    said = [];
    await listOperations(session, []);
    expect(said.join("\n")).toMatch(/-update-\S+ +v1\.0\.0 +unfinished \(done, not closed\) +0\/0/);
    said = [];
    await listOperations(session, ["show", ID]);
    expect(said[0]).toBe(`${ID}: unfinished (done, not closed), 0 of 0 steps done`);
    expect(await isCleared()).toBe(false);
  });

  it("is seen by scripts", async () => {
    const session = await cutWhileClosing("undone", { json: true });
    await listOperations(session, []);
    expect(JSON.parse(said[0] ?? "")).toMatchObject({ operations: [{}, { id: ID, outcome: "unfinished", closing: "undone" }] });
  });

  it("tells a dry run that no step is left, and is left as it is", async () => {
    const session = await cutWhileClosing("undone", { dryRun: true });
    await resume(session, undefined);
    expect(said).toEqual(["Close update of v1.0.0, which is undone; no step is left."]);
    expect([await outcome(session), await isCleared()]).toEqual(["unfinished", false]);
  });

  it("is in the way of the next change, which names what closes it", async () => {
    const session = await cutWhileClosing("done");
    await expect(refuseUnfinished(session)).rejects.toThrow(
      expect.objectContaining({ code: "UNFINISHED", hint: "graph-mgr resume   (closes it: it changes nothing else)" }),
    );
  });
});

it("F72 secrets of an operation that was cut off before it had a plan go with the next change", async () => {
  const session = sessionOn(stage);
  await stage.world.files.write(ANSWERS, "canary", 0o600);
  await refuseUnfinished(session);
  expect(await isCleared()).toBe(true);
});
