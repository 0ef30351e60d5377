import { describe, expect, it } from "vitest";
import { compareReleases, isInRange, isPreRelease, oldestIn } from "../../src/domain/release-order.ts";

/** Each is older than the next. */
const ASCENDING = [
  "v1.99.99",
  "v2.2.22",
  "v2.22.2-alpha",
  "v2.22.2-alpha.1",
  "v2.22.2-beta",
  "v2.22.2-rc1",
  "v2.22.2-rc2",
  "v2.22.2-rc10",
  "v2.22.2",
  "v2.22.2+hotfix1",
  "v2.22.2+hotfix12",
  "v2.22.2.1",
  "v2.22.10",
  "v2.24.9",
  "v2.25.0-rc.1",
  "v2.25.0",
  "v2.45.11",
  "v5.0.0-M8",
  "v5.0.0-M10",
  "v5.0.0-RC1",
  "v5.0.0",
  "v2026-05-01",
  "v2026-06-01",
  "v20260501123456789",
  "v20260501123456790",
];

describe("the order of releases", () => {
  it("F54 is by number, with pre-releases below finals, also for vendors' odd numbers", () => {
    for (const [at, older] of ASCENDING.entries()) {
      for (const newer of ASCENDING.slice(at + 1)) {
        expect(compareReleases(older, newer), `${older} < ${newer}`).toBeLessThan(0);
        expect(compareReleases(newer, older), `${newer} > ${older}`).toBeGreaterThan(0);
      }
      expect(compareReleases(older, older)).toBe(0);
    }
  });

  it.each([
    ["v2.22", "v2.22.0"],
    ["2.22.2", "v2.22.2"],
    ["v5.0.0.Final", "v5.0.0"],
    ["v5.0.0-GA", "v5.0.0"],
    ["v2.22.2-rc1", "v2.22.2-RC.1"],
    ["v2.22.2rc1", "v2.22.2-rc1"],
    ["v02.022.2", "v2.22.2"],
  ])("takes %s and %s for the same", (one, other) => {
    expect(compareReleases(one, other)).toBe(0);
  });

  it.each([
    ["v2.22.2-rc1", true],
    ["v5.0.0-M8", true],
    ["v2.22.2rc1", true],
    ["v5.0.0-GA", false],
    ["v5.0.0.Final", false],
    ["v2.22.2+hotfix1", false],
  ])("says of %s whether it is a pre-release: %s", (release, is) => {
    expect(isPreRelease(release)).toBe(is);
  });
});

describe("a range of releases", () => {
  it.each([
    ["v2.24.0", ">=2.24.0", true],
    ["v2.24.0-rc1", ">=2.24.0", false],
    ["v2.24.0-rc1", ">=2.24.0-0", true],
    ["v2.25.0-rc1", "<2.25.0-0", false],
    ["v2.24.0-rc1", "2.24", true],
    ["v2.24.9.4", "<2.25.0-0", true],
    ["v2.24.9+hotfix1", "2.24.9", true],
    ["v5.0.0-M10", ">=5.0.0-M9", true],
    ["v5.0.0-M8", "<5.0.0", true],
    ["v2.25.0", "2.24 || 2.25", true],
    ["v3.0.0-rc1", "^2.24.0", false],
    ["v2.26.0", ">=2.24.0 <2.26", false],
    ["v2024-05-01", "*", true],
  ])("holds %s in %s: %s", (release, range, is) => {
    expect(isInRange(release, range)).toBe(is);
  });

  it("knows the oldest release that it has room for, of each alternative", () => {
    expect([">=2.24.0", ">=2.25.0-0 <3", "2.20.x || >2.24.0", "*", ">2.0.0 <1.0.0"].map(oldestIn)).toEqual([
      ["v2.24.0"],
      ["v2.25.0"],
      ["v2.20.0", "v2.24.1"],
      ["v0.0.0"],
      [],
    ]);
  });
});
