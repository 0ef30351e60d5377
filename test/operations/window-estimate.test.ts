import { expect, it } from "vitest";
import { estimateText } from "../../src/cli/estimate-text.ts";
import { about } from "../../src/domain/units.ts";
import { type Estimable, estimateUpdate } from "../../src/operations/window-estimate.ts";
import type { Plan } from "../../src/plan/plan.ts";

const facts = (over: Partial<Record<keyof Estimable, unknown>> = {}) =>
  ({
    database: { old: { server: { databases: [{ sizeBytes: 1000e6 }, { sizeBytes: 200e6 }] } } },
    databaseVolumeBytes: 2400e6,
    treeBytes: 0,
    product: { health: { windowSeconds: 2 }, postgres: null },
    inner: ["nexus"],
    ...over,
  }) as unknown as Estimable;

const AHEAD = {
  product: { health: { windowSeconds: 2 }, postgres: { service: "postgres" } },
  inner: ["nexus", "postgres"],
  databaseRuns: true,
};

it("is the sum of its parts, by method", () => {
  const dump = estimateUpdate(facts(), "dump");
  const copy = estimateUpdate(facts(), "copy");
  expect(dump).toEqual({
    seconds: 46,
    aheadSeconds: 0,
    dumpSeconds: 7,
    restoreSeconds: 18,
    followSeconds: 0,
    copySeconds: 0,
    startSeconds: 21,
    databaseBytes: 1200e6,
    fileBytes: 0,
  });
  const ahead = estimateUpdate(facts(AHEAD), "dump");
  for (const { seconds, aheadSeconds: _, databaseBytes: __, fileBytes: ___, ...parts } of [dump, copy, ahead])
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(seconds);
  expect([copy.dumpSeconds, copy.restoreSeconds]).toEqual([0, 0]);
  expect(copy.copySeconds).toBeGreaterThan(9);
});

it("a database that is moved ahead leaves the window what follows, and one that does not run cannot be", () => {
  expect(estimateUpdate(facts(AHEAD), "dump")).toMatchObject({
    seconds: 30,
    aheadSeconds: 27,
    dumpSeconds: 0,
    restoreSeconds: 0,
    followSeconds: 15,
    startSeconds: 15,
  });
  const usual = estimateUpdate(facts(), "dump");
  expect(estimateUpdate(facts({ ...AHEAD, databaseRuns: false }), "dump")).toEqual(usual);
  expect(estimateUpdate(facts({ ...AHEAD, inner: ["nexus"] }), "dump")).toEqual(usual);
  expect(estimateUpdate(facts(AHEAD), "dump", true)).toEqual(usual);
});

it("counts folders whatever the method, and takes a stopped server's volume for its data", () => {
  expect(estimateUpdate(facts({ treeBytes: 2500e6 }), "dump").copySeconds).toBe(12);
  const stopped = estimateUpdate(facts({ database: { old: null } }), "dump");
  expect(stopped.dumpSeconds).toBeGreaterThan(estimateUpdate(facts(), "dump").dumpSeconds);
  expect(estimateUpdate(facts({ database: null, databaseVolumeBytes: 0 }), null).copySeconds).toBe(0);
});

it("says it no more exactly than it is known", () => {
  expect([1, 7, 12, 44, 100, 130, 1300, 9000].map(about)).toEqual([
    "about 1 s",
    "about 7 s",
    "about 10 s",
    "about 45 s",
    "about 1 min 40 s",
    "about 2 min",
    "about 20 min",
    "about 2 h 30 min",
  ]);
});

it("stands in a plan that has a window, and in no other", () => {
  const plan = (result: object | undefined) => ({ result }) as unknown as Plan;
  expect(estimateText(plan({ estimate: estimateUpdate(facts(), "dump") }))).toBe(
    "about 45 s until visitors are back, by what such machines usually take: the dump 7 s, restoring and proving it 18 s, stopping and starting 21 s; 1.2 GB of databases move",
  );
  expect(estimateText(plan({ estimate: estimateUpdate(facts(AHEAD), "dump") }))).toBe(
    "about 30 s until visitors are back, by what such machines usually take: comparing the databases, and what was written meanwhile 15 s, stopping and starting 15 s; before that about 25 s with the old release serving; 1.2 GB of databases move",
  );
  const without = [{}, undefined, { estimate: null }, { estimate: { neededBytes: 59_000_000, freeBytes: 77_200_000_000 } }];
  expect(without.map(result => estimateText(plan(result)))).toEqual([null, null, null, null]);
});
