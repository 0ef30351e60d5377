import { expect, it } from "vitest";
import { estimateWindow, throughputOf } from "../../src/domain/move-estimate.ts";

const GB = 1_000_000_000;
const sizes = { databaseBytes: 1.2 * GB, volumeBytes: 2.4 * GB, treeBytes: 0 };

it("has no part of the method that is not taken, and adds up", () => {
  const dump = estimateWindow({ method: "dump", ...sizes });
  expect(dump.copySeconds).toBe(0);
  expect(dump.totalSeconds).toBeCloseTo(dump.dumpSeconds + dump.restoreSeconds, 6);
  const copy = estimateWindow({ method: "copy", ...sizes });
  expect([copy.dumpSeconds, copy.restoreSeconds]).toEqual([0, 0]);
  expect(copy.totalSeconds).toBe(copy.copySeconds);
});

it("counts folders with either method", () => {
  const more = (method: "dump" | "copy") =>
    estimateWindow({ method, ...sizes, treeBytes: 10 * GB }).copySeconds - estimateWindow({ method, ...sizes }).copySeconds;
  expect(more("dump")).toBeGreaterThan(30);
  expect(more("copy")).toBeGreaterThan(30);
});

it("follows what was measured on this machine", () => {
  const slow = estimateWindow({ method: "dump", ...sizes, measured: { dump: 12e6 } });
  expect(slow.dumpSeconds).toBeGreaterThan(100);
  expect(slow.restoreSeconds).toBe(estimateWindow({ method: "dump", ...sizes }).restoreSeconds);
});

it("a rate that was measured foretells the time that it was measured in", () => {
  for (const tookMs of [20_000, 60_000, 3_600_000]) {
    const restore = throughputOf("restore", 4 * GB, tookMs)!;
    const { dumpSeconds } = estimateWindow({
      method: "dump",
      ...sizes,
      databaseBytes: 4 * GB,
      measured: { dump: throughputOf("dump", 4 * GB, tookMs)!, restore },
    });
    expect(dumpSeconds / (tookMs / 1000)).toBeCloseTo(1, 1);
  }
});

it("a short run says nothing impossible, and a small one nothing at all", () => {
  expect(throughputOf("dump", 10e6, 1500)).toBeUndefined();
  const fast = throughputOf("dump", 100e6, 1500)!;
  expect(fast).toBeGreaterThan(0);
  expect(fast).toBeLessThanOrEqual(100e6 / (1.5 / 4) + 1);
});
