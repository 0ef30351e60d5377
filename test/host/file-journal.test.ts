import { describe, expect, it } from "vitest";
import { createFileJournal } from "../../src/host/file-journal.ts";
import type { Entry } from "../../src/plan/journal.ts";
import { PLAN_SCHEMA } from "../../src/plan/plan.ts";
import { Machine } from "../simulator/machine.ts";
import { powerCut } from "../simulator/power.ts";
import { SimDisk } from "../simulator/sim-disk.ts";
import { emptyState } from "../simulator/state.ts";

const PATH = "/home/operation/journal.jsonl";
const entries: readonly Entry[] = [
  { type: "opened", schema: PLAN_SCHEMA, plan: "digest" },
  { type: "doing", step: 0, before: { text: "x".repeat(300) } },
  { type: "done", step: 0 },
  { type: "doing", step: 1, before: null },
];

function host(machine = new Machine(emptyState())) {
  const disk = new SimDisk(machine);
  return { machine, disk, journal: createFileJournal(disk.disk, PATH) };
}

function fresh(): Machine {
  const { machine, disk } = host();
  disk.makeFolder("/home/operation", 0o700);
  disk.sync("/");
  disk.sync("/home");
  return machine.clone();
}

/** Appends the entries and says how many `append`s returned. */
async function appendAll({ journal }: ReturnType<typeof host>): Promise<number> {
  let returned = 0;
  for (const entry of entries) {
    await journal.append(entry);
    returned += 1;
  }
  return returned;
}

async function returnedBefore(run: ReturnType<typeof host>): Promise<number> {
  let returned = 0;
  try {
    for (const entry of entries) {
      await run.journal.append(entry);
      returned += 1;
    }
  } catch {
    // It was cut off here.
  }
  return returned;
}

const effectsOf = async (): Promise<number> => {
  const whole = host(fresh());
  expect(await appendAll(whole)).toBe(entries.length);
  return whole.machine.effects;
};

describe("a journal in a file", () => {
  it("holds every entry whose append returned, whatever was cut off where, and at most one more", async () => {
    const effects = await effectsOf();
    for (let at = 0; at < effects; at += 1) {
      for (const kind of ["crash", "torn", "power"] as const) {
        for (let seed = 0; seed < (kind === "power" ? 40 : 1); seed += 1) {
          const run = host(fresh());
          run.machine.strike({ kind, at });
          const returned = await returnedBefore(run);
          if (kind === "power") powerCut(run.machine.state, seed);
          const how = `${kind} before effect ${at}, seed ${seed}`;
          const again = host(run.machine.clone());
          const read = await again.journal.read();
          expect(read, how).toEqual(entries.slice(0, read.length));
          expect([returned, returned + 1], how).toContain(read.length);
          // And it can be gone on with.
          await again.journal.settle();
          for (const entry of entries.slice(read.length)) await again.journal.append(entry);
          powerCut(again.machine.state, seed);
          expect(await host(again.machine.clone()).journal.read(), how).toEqual(entries);
        }
      }
    }
  });

  it("F92 can be gone on with after an append that failed half-way, on a full disk or a failing one", async () => {
    const effects = await effectsOf();
    for (let at = 0; at < effects; at += 1) {
      for (const kind of ["full", "io"] as const) {
        const run = host(fresh());
        run.machine.strike({ kind, at });
        const returned = await returnedBefore(run);
        run.machine.full = false;
        const read = await run.journal.read();
        expect([returned, returned + 1], `${kind} at ${at}`).toContain(read.length);
        for (const entry of entries.slice(read.length)) await run.journal.append(entry);
        expect(await run.journal.read(), `${kind} at ${at}`).toEqual(entries);
      }
    }
  });

  it("F92 goes on after a last line that lost only its newline", async () => {
    const run = host(fresh());
    await appendAll(run);
    const bytes = run.disk.read(PATH);
    run.disk.truncate(PATH, bytes.length - 1);
    const again = host(run.machine.clone());
    expect(await again.journal.read()).toEqual(entries);
    await again.journal.append({ type: "done", step: 1 });
    expect(await again.journal.read()).toEqual([...entries, { type: "done", step: 1 }]);
  });

  it("F73 is private", async () => {
    const run = host(fresh());
    await appendAll(run);
    expect(run.disk.stat(PATH)?.mode).toBe(0o600);
  });

  it("is empty where there is no file", async () => {
    expect(await host(fresh()).journal.read()).toEqual([]);
  });

  it("F92 is refused as a whole when a line in the middle is rotten, and is then not written to", async () => {
    const run = host(fresh());
    await appendAll(run);
    const bytes = Buffer.from(run.disk.read(PATH));
    bytes[40] = bytes[40]! ^ 1;
    run.disk.write(PATH, bytes, 0o600);
    const again = host(run.machine.clone());
    await expect(again.journal.read()).rejects.toThrow(expect.objectContaining({ code: "JOURNAL_DAMAGED" }));
    await expect(again.journal.append({ type: "done", step: 1 })).rejects.toThrow(
      expect.objectContaining({ code: "JOURNAL_DAMAGED" }),
    );
    expect(again.disk.read(PATH)).toEqual(bytes);
  });
});
