import { expect, it } from "vitest";
import { kinds } from "../../src/steps/index.ts";
import type { AnyFault } from "./faults.ts";
import { scenarios } from "./scenarios.ts";
import { ATLEAST, shares } from "./suite.ts";

const everyFault: Readonly<Record<AnyFault, true>> = {
  crash: true,
  torn: true,
  orphan: true,
  power: true,
  io: true,
  full: true,
  signal: true,
  read: true,
};

it("the fault runs of all files together are as many as they should be", () => {
  expect(Object.values(shares).reduce((sum, { runs }) => sum + runs, 0)).toBeGreaterThanOrEqual(ATLEAST.runs);
  expect(Object.keys(shares).sort()).toEqual(Object.keys(scenarios).sort());
});

it("every registered kind of step and every kind of fault is counted in one of the files", () => {
  const counted = new Set(Object.values(shares).flatMap(share => share.kinds));
  expect([...kinds.keys()].filter(kind => !counted.has(kind))).toEqual([]);
  expect([...counted].filter(kind => !kinds.has(kind))).toEqual([]);
  const faults = new Set(Object.values(shares).flatMap(share => share.faults));
  expect([...faults].sort()).toEqual(Object.keys(everyFault).sort());
});
