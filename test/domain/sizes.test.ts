import { expect, it } from "vitest";
import { growthOf, type Measurement, parseSizes, sizesToText, usedOf, withMeasurement } from "../../src/domain/sizes.ts";

const GB = 1e9;
const at = (hours: number, freeBytes: number, over: Partial<Measurement> = {}): Measurement => ({
  at: new Date(Date.UTC(2026, 0, 1) + hours * 3_600_000).toISOString(),
  disks: { "/srv": { totalBytes: 100 * GB, freeBytes } },
  volumes: {},
  ...over,
});
const used = usedOf("/srv", 100 * GB);

it("the growth of a disk is that from the first to the last look", () => {
  const growth = growthOf([at(0, 80 * GB), at(12, 79.9 * GB), at(48, 78 * GB)], used);
  expect(growth).toEqual({ bytesPerDay: expect.closeTo(GB, -3), overMs: 48 * 3_600_000 });
  expect(growthOf([at(0, 70 * GB), at(24, 80 * GB)], used)?.bytesPerDay).toBeCloseTo(-10 * GB, -3);
});

it("one look, two that are near, and another disk tell nothing", () => {
  expect(growthOf([], used)).toBeNull();
  expect(growthOf([at(0, 80 * GB)], used)).toBeNull();
  expect(growthOf([at(0, 80 * GB), at(1, 10 * GB)], used)).toBeNull();
  const larger = { "/srv": { totalBytes: 200 * GB, freeBytes: 180 * GB } };
  expect(growthOf([at(0, 80 * GB), at(24, 0, { disks: larger })], used)).toBeNull();
});

it("what grew long ago does not count", () => {
  expect(growthOf([at(-24 * 90, 100 * GB), at(0, 50 * GB), at(24, 49 * GB)], used)?.bytesPerDay).toBeCloseTo(GB, -3);
});

it("a hundred looks are kept, those of one hour as one, and none that is still to come", () => {
  let kept: readonly Measurement[] = [];
  for (let hour = 0; hour < 300; hour++) kept = withMeasurement(kept, at(hour, hour));
  expect(kept).toHaveLength(100);
  expect(kept.at(-1)).toEqual(at(299, 299));
  const near = [at(0, 1), at(0.1, 2)];
  expect(withMeasurement(near, at(0.2, 3))).toEqual([at(0, 1), at(0.2, 3)]);
  expect(withMeasurement([at(0, 1), at(500, 2)], at(1, 3))).toEqual([at(0, 1), at(1, 3)]);
});

it("is read as it was written, and is nothing where it cannot be read", () => {
  expect(parseSizes(sizesToText([at(0, 1)]))).toEqual([at(0, 1)]);
  expect(parseSizes(null)).toEqual([]);
  for (const text of ["", "{", "[]", '{"schema":2,"measurements":[]}', '{"schema":1}']) expect(parseSizes(text), text).toBeNull();
});
