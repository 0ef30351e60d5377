import { describe, expect, it } from "vitest";
import { closingOf, type Entry, outcomeOf } from "../../src/plan/journal.ts";
import { runPlan, StepFailed, undoPlan } from "../../src/plan/runner.ts";
import { planOf, put, shortly, toyRun } from "./toy.ts";

const two = planOf(put.step({ key: "a", value: "1" }), put.step({ key: "b", value: "2" }));

/** Cut off between the two words of its end. */
async function cutWhileClosing(end: "done" | "undone") {
  const toy = toyRun(two);
  if (end === "undone") {
    toy.world.failing.add("do b");
    await expect(runPlan(toy.run)).rejects.toThrow(StepFailed);
    toy.world.failing.clear();
  }
  toy.world.failing.add("clear away");
  await expect((end === "done" ? runPlan : undoPlan)(toy.run)).rejects.toThrow("clear away fails");
  toy.world.failing.clear();
  expect(shortly(toy.journal.entries).at(-1)).toBe(`closing ${end}`);
  toy.world.log.length = 0;
  toy.events.length = 0;
  return toy;
}

describe("the end of an operation", () => {
  it("F72 is announced before what it kept is cleared away, and said when that is gone", async () => {
    const { run, journal, cleared } = toyRun(two);
    await runPlan(run);
    expect(cleared).toEqual(["closing done"]);
    expect(shortly(journal.entries).slice(-2)).toEqual(["closing done", "closed done"]);
  });

  it.each(["done", "undone"] as const)("that was cut off when it was %s counts as unfinished", async end => {
    const { journal } = await cutWhileClosing(end);
    expect(outcomeOf(journal.entries)).toBe("unfinished");
    expect(closingOf(journal.entries)).toBe(end);
    expect(closingOf([...journal.entries, { type: "closed", outcome: end }])).toBe(null);
  });

  it.each([
    ["done", "resume", runPlan],
    ["done", "undo", undoPlan],
    ["undone", "resume", runPlan],
    ["undone", "undo", undoPlan],
  ] as const)("F72 that was cut off when it was %s is only brought to its last word by %s", async (end, _, next) => {
    const { run, journal, world, events, cleared } = await cutWhileClosing(end);
    expect(await next(run)).toEqual({ outcome: end, remarks: [] });
    expect([world.log, events]).toEqual([[], []]);
    expect(cleared).toEqual([`closing ${end}`]);
    expect(shortly(journal.entries).slice(-2)).toEqual([`closing ${end}`, `closed ${end}`]);
    expect([...world.values.keys()]).toEqual(end === "done" ? ["a", "b"] : []);
  });

  it("is durable before anything goes that an earlier run's word allows to go", async () => {
    const { run, cleared } = await cutWhileClosing("done");
    const settled: number[] = [];
    run.journal.settle = async () => void settled.push(cleared.length);
    await runPlan(run);
    expect(settled).toEqual([0]);
  });

  it("F92 of another plan is not brought about", async () => {
    const { run, cleared } = await cutWhileClosing("done");
    const other = { ...two, steps: [...two.steps].reverse() };
    for (const next of [runPlan, undoPlan])
      await expect(next({ ...run, plan: other })).rejects.toThrow(expect.objectContaining({ code: "PLAN_CHANGED" }));
    expect(cleared).toEqual([]);
  });

  it("of a walk back whose last word was not begun yet still lets it begin anew", async () => {
    const { run, world, journal } = toyRun(two);
    world.failing.add("do b");
    await expect(runPlan(run)).rejects.toThrow(StepFailed);
    world.failing.clear();
    // Both steps are put back, and the journal takes no more.
    journal.failAt = journal.entries.length + 4;
    await expect(undoPlan(run)).rejects.toThrow("the journal cannot be written");
    journal.failAt = 99;
    expect(await runPlan(run)).toEqual({ outcome: "done", remarks: [] });
    expect([...world.values.keys()]).toEqual(["a", "b"]);
  });

  it("is read in journals of older versions, which say it in one word", () => {
    const opened: Entry = { type: "opened", schema: 1, plan: "" };
    expect(outcomeOf([opened, { type: "closed", outcome: "done" }])).toBe("done");
    expect(outcomeOf([opened, { type: "closing", outcome: "undone" }])).toBe("unfinished");
  });
});
