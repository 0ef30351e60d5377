import { describe, expect, it } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { refuseNoWayBack, runPlan, StepFailed, undoPlan } from "../../src/plan/runner.ts";
import { burn, idle, light, planOf, put, shortly, toyJournal, toyRun } from "./toy.ts";

const three = planOf(put.step({ key: "a", value: "1" }), put.step({ key: "b", value: "2" }), put.step({ key: "c", value: "3" }));

describe("running a plan", () => {
  it("looks, journals, does, checks and journals again, step by step in order", async () => {
    const { run, world, journal, events } = toyRun(three);
    await runPlan(run);
    expect(world.log).toEqual(["look a", "do a", "look b", "do b", "look c", "do c"]);
    expect(shortly(journal.entries)).toEqual([
      "opened",
      "doing 0",
      "done 0",
      "doing 1",
      "done 1",
      "doing 2",
      "done 2",
      "closing done",
      "closed done",
    ]); // prettier-ignore
    expect(events.map(({ type, step }) => `${type} ${step}`)).toEqual([
      "doing 0",
      "done 0",
      "doing 1",
      "done 1",
      "doing 2",
      "done 2",
    ]); // prettier-ignore
  });

  it("has what it saw before in the journal before it changes anything", async () => {
    const { run, world, journal } = toyRun(three);
    world.values.set("b", "old");
    world.failing.add("do b");
    await expect(runPlan(run)).rejects.toThrow(StepFailed);
    expect(journal.entries.at(-1)).toEqual({ type: "doing", step: 1, before: { old: "old" } });
  });

  it("does nothing in a step whose announcement cannot be written", async () => {
    const { run, world, journal } = toyRun(three);
    journal.failAt = 3;
    await expect(runPlan(run)).rejects.toThrow("Step 2 of 3 failed (Set b to 2): the journal cannot be written");
    expect(world.log).toEqual(["look a", "do a", "look b"]);
  });

  it("does not do again what is there already", async () => {
    const { run, world, events } = toyRun(three);
    world.values.set("b", "2");
    await runPlan(run);
    expect(world.log).not.toContain("do b");
    expect(events.map(({ type }) => type)).toContain("skipped");
  });

  it("goes on from every place where it was cut off, with the first look's answer", async () => {
    for (let cut = 0; cut <= 8; cut += 1) {
      const { run, world, journal } = toyRun(three);
      world.values.set("b", "old");
      journal.failAt = cut;
      await runPlan(run).catch(() => undefined);
      journal.failAt = 99;
      if (journal.entries.at(-1)?.type !== "closed") await runPlan(run);
      expect([...world.values].sort(), `cut at entry ${cut}`).toEqual([
        ["a", "1"],
        ["b", "2"],
        ["c", "3"],
      ]); // prettier-ignore
      expect(
        world.log.filter(line => line === "look b"),
        `cut at entry ${cut}`,
      ).toHaveLength(cut === 3 ? 2 : 1);
      const doing = journal.entries.filter(entry => entry.type === "doing" && entry.step === 1);
      expect(doing).toEqual([{ type: "doing", step: 1, before: { old: "old" } }]);
    }
  });

  it("goes on within a step that had begun without looking again, because it would see its own debris", async () => {
    const { run, world, journal } = toyRun(three);
    world.failing.add("do b");
    await expect(runPlan(run)).rejects.toThrow("Step 2 of 3 failed (Set b to 2): do b fails");
    world.failing.clear();
    world.values.set("b", "half");
    await runPlan(run);
    expect(world.log.filter(line => line === "look b")).toHaveLength(1);
    await expect(undoPlan({ ...run, journal })).rejects.toThrow("is finished");
  });

  it("does not believe a step that ran without an error and changed nothing", async () => {
    const { run, journal } = toyRun(planOf(idle.step(null)));
    await expect(runPlan(run)).rejects.toThrow(
      expect.objectContaining({
        code: "STEP_FAILED",
        message: "Step 1 of 1 failed (Say that all is well, and change nothing): it ran without an error and did not take effect",
        hint: expect.stringContaining("df -h"),
      }),
    );
    expect(shortly(journal.entries)).toEqual(["opened", "doing 0"]);
  });

  it("says what the machine says in the operator's words, with what helps", () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    expect(new StepFailed(1, 4, "Write it", full)).toMatchObject({
      code: "DISK_FULL",
      message: "Step 2 of 4 failed (Write it): The disk is full.",
      hint: expect.stringContaining("make room"),
    });
  });

  it("names the failed step, exits half-way, and keeps the code and hint of an error meant for the operator", async () => {
    const { run, world } = toyRun(three);
    world.failing.add("do c");
    await expect(runPlan(run)).rejects.toThrow(expect.objectContaining({ step: 2, code: "STEP_FAILED", exit: 4 }));
  });

  it("stops between steps when the operator wants it, and goes on later", async () => {
    const { run, world, journal, stop } = toyRun(three);
    const stopping = {
      ...run,
      on: ({ type, step }: { type: string; step: number }) => void (type === "done" && step === 0 && stop.abort()),
    };
    await expect(runPlan(stopping)).rejects.toThrow(Interrupted);
    expect(shortly(journal.entries)).toEqual(["opened", "doing 0", "done 0"]);
    await runPlan({ ...run, signal: new AbortController().signal });
    expect(world.log.filter(line => line.startsWith("do"))).toEqual(["do a", "do b", "do c"]);
  });

  it("does again what a restart of the machine took down, unless a later step took its place", async () => {
    const { run, world } = toyRun(
      planOf(light.step({ lamp: "a", on: true }), light.step({ lamp: "b", on: true }), put.step({ key: "c", value: "3" })),
    );
    world.failing.add("do c");
    await expect(runPlan(run)).rejects.toThrow(StepFailed);
    world.values.clear();
    world.failing.clear();
    await runPlan(run);
    expect([...world.values].sort()).toEqual([
      ["a", "on"],
      ["b", "on"],
      ["c", "3"],
    ]); // prettier-ignore

    const dark = toyRun(
      planOf(light.step({ lamp: "a", on: true }), light.step({ lamp: "a", on: false }), put.step({ key: "c", value: "3" })),
    );
    dark.world.failing.add("do c");
    await expect(runPlan(dark.run)).rejects.toThrow(StepFailed);
    dark.world.failing.clear();
    dark.world.log.length = 0;
    await runPlan(dark.run);
    expect(dark.world.log).toEqual(["do c"]);
    expect([...dark.world.values]).toEqual([["c", "3"]]);
  });

  it("does not ask of a lasting step whether it still holds", async () => {
    const { run, world } = toyRun(three);
    world.failing.add("do c");
    await expect(runPlan(run)).rejects.toThrow(StepFailed);
    world.failing.clear();
    world.values.delete("a");
    await runPlan(run);
    expect(world.values.has("a")).toBe(false);
  });

  it("refuses an operation that is closed", async () => {
    const { run } = toyRun(three);
    await runPlan(run);
    await expect(runPlan(run)).rejects.toThrow(
      expect.objectContaining({
        code: "ALREADY_CLOSED",
        hint: expect.stringContaining(`graph-mgr operations show ${run.plan.id}`),
      }),
    );
  });

  it("F92 refuses a plan that is not the one its journal was begun with", async () => {
    const { run, world } = toyRun(three);
    world.failing.add("do b");
    await expect(runPlan(run)).rejects.toThrow(StepFailed);
    const other = { ...three, steps: [...three.steps].reverse() };
    await expect(runPlan({ ...run, plan: other })).rejects.toThrow(expect.objectContaining({ code: "PLAN_CHANGED" }));
    await expect(undoPlan({ ...run, plan: other })).rejects.toThrow(expect.objectContaining({ code: "PLAN_CHANGED" }));
    expect([...world.values]).toEqual([["a", "1"]]);
  });

  it("F92 refuses a step of a kind that it does not know, before anything is done", async () => {
    const { run, world } = toyRun(planOf(put.step({ key: "a", value: "1" }), { kind: "toy.future", input: null }));
    await expect(runPlan(run)).rejects.toThrow(expect.objectContaining({ code: "UNKNOWN_STEP" }));
    expect([...world.values]).toEqual([]);
  });
});

describe("undoing", () => {
  const failed = async () => {
    const toy = toyRun(three);
    toy.world.values.set("a", "old");
    toy.world.failing.add("do c");
    await expect(runPlan(toy.run)).rejects.toThrow(StepFailed);
    toy.world.log.length = 0;
    return toy;
  };

  it("puts back every step that began, last first", async () => {
    const { run, world, journal } = await failed();
    await undoPlan(run);
    expect(world.log).toEqual(["undo c", "undo b", "undo a"]);
    expect([...world.values]).toEqual([["a", "old"]]);
    expect(journal.entries.at(-1)).toEqual({ type: "closed", outcome: "undone" });
  });

  it("stops at the first step that will not go back, because the order matters, and goes on there later", async () => {
    const { run, world } = await failed();
    world.failing.add("undo b");
    await expect(undoPlan(run)).rejects.toThrow("undo b fails");
    expect(world.log).toEqual(["undo c", "undo b"]);
    expect(world.values.get("a")).toBe("1");
    world.failing.clear();
    await undoPlan(run);
    expect(world.log).toEqual(["undo c", "undo b", "undo b", "undo a"]);
    expect([...world.values]).toEqual([["a", "old"]]);
  });

  it("can be cut off at every journal entry and gone on with, or turned into going forward", async () => {
    for (const then of [undoPlan, runPlan]) {
      for (let more = 0; more < 7; more += 1) {
        const { run, world, journal } = await failed();
        journal.failAt = journal.entries.length + more;
        await undoPlan(run).catch(() => undefined);
        journal.failAt = 99;
        world.failing.clear();
        if (journal.entries.at(-1)?.type !== "closed") await then(run);
        const want =
          then === undoPlan
            ? [["a", "old"]]
            : [
                ["a", "1"],
                ["b", "2"],
                ["c", "3"],
              ]; // prettier-ignore
        expect([...world.values].sort(), `${then.name}, cut after ${more} entries`).toEqual(want);
      }
    }
  });

  it("that was cut off is brought to its end before anything goes forward, because half of the way back is no place to turn round", async () => {
    const { run, world } = await failed();
    world.failing.add("undo b");
    await expect(undoPlan(run)).rejects.toThrow("undo b fails");
    world.failing.clear();
    world.log.length = 0;
    await runPlan(run);
    expect(world.log).toEqual(["undo b", "undo a", "look a", "do a", "look b", "do b", "look c", "do c"]);
    await expect(runPlan(run)).rejects.toThrow("is already done");
  });

  it("refuses before the first change when a step that began can never be undone, and says why", async () => {
    const { run, world } = toyRun(
      planOf(put.step({ key: "a", value: "1" }), burn.step({ key: "x" }), put.step({ key: "c", value: "3" })),
    );
    world.values.set("x", "paper");
    world.failing.add("do c");
    await expect(runPlan(run)).rejects.toThrow(StepFailed);
    world.log.length = 0;
    await expect(undoPlan(run)).rejects.toThrow(
      expect.objectContaining({
        code: "CANNOT_UNDO",
        message: "Cannot go back past step 2 (Burn x): ashes stay ashes",
        hint: "graph-mgr resume",
      }),
    );
    // The same is told without trying it.
    await expect(refuseNoWayBack(run)).rejects.toMatchObject({ code: "CANNOT_UNDO" });
    expect(world.log).toEqual([]);
  });

  it("of a step that can never be undone is fine before that step began", async () => {
    const { run, world } = toyRun(planOf(put.step({ key: "a", value: "1" }), burn.step({ key: "x" })));
    world.failing.add("do a");
    await expect(runPlan(run)).rejects.toThrow(StepFailed);
    await undoPlan(run);
    expect([...world.values]).toEqual([]);
  });

  it("of a finished operation is refused with the way back, and of an undone one is nothing", async () => {
    const done = toyRun(three);
    await runPlan(done.run);
    await expect(undoPlan(done.run)).rejects.toThrow(expect.objectContaining({ code: "ALREADY_DONE", hint: "graph-mgr tidy" }));
    const undone = await failed();
    await undoPlan(undone.run);
    undone.world.log.length = 0;
    await undoPlan(undone.run);
    expect(undone.world.log).toEqual([]);
    await expect(runPlan(undone.run)).rejects.toThrow("is already undone");
  });

  it("of a plan that nobody began changes nothing and closes it", async () => {
    const { run, world, journal } = toyRun(three, { journal: toyJournal() });
    await undoPlan(run);
    expect(world.log).toEqual([]);
    expect(shortly(await run.journal.read())).toEqual(["opened", "closing undone", "closed undone"]);
    expect(journal.entries).toEqual([]);
  });
});
