import { describe, expect, it } from "vitest";
import { type UpgradeRequest, upgradePath } from "../../src/domain/upgrade-path.ts";

/** `v2.45.11<v2.24.0` requires v2.24.0. */
const bundles = (...texts: readonly string[]) =>
  texts.map(text => {
    const [release = "", requires = null] = text.split("<");
    return { release, requires };
  });
const path = (from: string, to: string, available: readonly string[], more: Partial<UpgradeRequest> = {}) =>
  upgradePath({ from, to, available: bundles(...available), rules: [], ...more });

const SAMPLES = ["v2.22.2", "v2.23.0", "v2.23.1", "v2.24.9", "v2.45.11<v2.24.0"];

describe("the path from one release to another", () => {
  it("is one hop where nothing is required", () => {
    expect(path("v2.22.2", "v2.24.9", SAMPLES)).toEqual({ hops: ["v2.24.9"] });
  });

  it("is one hop where the requirement is met", () => {
    expect(path("v2.24.9", "v2.45.11", SAMPLES)).toEqual({ hops: ["v2.45.11"] });
    expect(path("v2.24.0", "v2.45.11", SAMPLES)).toEqual({ hops: ["v2.45.11"] });
  });

  it("goes through a release that the target takes", () => {
    expect(path("v2.22.2", "v2.45.11", SAMPLES)).toEqual({ hops: ["v2.24.9", "v2.45.11"] });
  });

  it("does not take a pre-release for the final that is required", () => {
    expect(path("v2.24.0-rc1", "v2.45.11", ["v2.45.11<v2.24.0", "v2.24.0"])).toEqual({ hops: ["v2.24.0", "v2.45.11"] });
  });

  it("has the fewest hops, whatever else lies here", () => {
    const available = ["v1.1.0", "v1.2.0<v1.1.0", "v2.0.0<v1.2.0", "v1.3.0", "v3.0.0<v1.3.0"];
    expect(path("v1.0.0", "v3.0.0", available)).toEqual({ hops: ["v1.3.0", "v3.0.0"] });
    expect(path("v1.0.0", "v2.0.0", available)).toEqual({ hops: ["v1.3.0", "v2.0.0"] });
    expect(path("v1.0.0", "v2.0.0", available.slice(0, 3))).toEqual({ hops: ["v1.1.0", "v1.2.0", "v2.0.0"] });
  });

  it("goes through the newest of equally short ones, and through a pre-release only where no final does", () => {
    const available = ["v2.24.8", "v2.24.10", "v2.24.9", "v2.25.0-rc1", "v2.45.11<v2.24.0"];
    expect(path("v2.22.2", "v2.45.11", available)).toEqual({ hops: ["v2.24.10", "v2.45.11"] });
    expect(path("v2.22.2", "v2.45.11", available.slice(3))).toEqual({ hops: ["v2.25.0-rc1", "v2.45.11"] });
  });

  it("keeps what the product description requires as well, of every hop", () => {
    const rules = [
      { versions: ">=2.25.0-0", from: ">=2.24.0" },
      { versions: ">=2.24.0-0 <2.25.0-0", from: ">=2.23.1 <2.24.0-0 || 2.24.x" },
    ];
    expect(path("v2.22.2", "v2.45.11", ["v2.45.11", "v2.23.0", "v2.23.1", "v2.24.9"], { rules })).toEqual({
      hops: ["v2.23.1", "v2.24.9", "v2.45.11"],
    });
  });

  it("never goes through a release that is older than what is installed, or newer than the target", () => {
    const rules = [{ versions: "3.0.0", from: "2.0.0 || >=4.0.0" }];
    expect(path("v2.5.0", "v3.0.0", ["v2.0.0", "v3.0.0", "v4.0.0"], { rules })).toEqual({ hops: [], missing: [] });
  });

  it("F54 does not go back, and nowhere to the same release", () => {
    expect(path("v2.24.9", "v2.23.0", SAMPLES)).toEqual({ order: "older" });
    expect(path("v5.0.0", "v5.0.0-M8", ["v5.0.0-M8"])).toEqual({ order: "older" });
    expect(path("v2.24.9", "v2.24.9", SAMPLES)).toEqual({ order: "same" });
  });

  it("goes to another cut of the same release", () => {
    expect(path("v2.24.9", "v2.24.9", SAMPLES, { isOtherCut: true })).toEqual({ hops: ["v2.24.9"] });
    expect(path("v2.24.9", "v2.23.0", SAMPLES, { isOtherCut: true })).toEqual({ order: "older" });
  });
});

describe("a path of which bundles are missing", () => {
  it("names the oldest release that would do, and what it must be older than", () => {
    expect(path("v2.22.2", "v2.45.11", ["v2.45.11<v2.24.0", "v2.23.0"])).toEqual({
      hops: ["v2.24.0", "v2.45.11"],
      missing: [{ release: "v2.24.0", before: "v2.45.11" }],
    });
  });

  it("names the target itself when it is not there", () => {
    expect(path("v2.22.2", "v2.23.0", [])).toEqual({ hops: ["v2.23.0"], missing: [{ release: "v2.23.0", before: null }] });
  });

  it("knows what a missing release requires in turn, from the product description", () => {
    const rules = [
      { versions: ">=3.0.0-0", from: ">=2.45.0" },
      { versions: ">=2.25.0-0", from: ">=2.24.0" },
    ];
    expect(path("v2.22.2", "v3.1.0", ["v3.1.0"], { rules })).toEqual({
      hops: ["v2.24.0", "v2.45.0", "v3.1.0"],
      missing: [
        { release: "v2.24.0", before: "v2.45.0" },
        { release: "v2.45.0", before: "v3.1.0" },
      ],
    });
  });

  it("goes through the bundles that are there even where fewer hops would lead through missing ones", () => {
    const available = ["v1.1.0", "v1.2.0<v1.1.0", "v2.0.0<v1.1.5"];
    expect(path("v1.0.0", "v2.0.0", available)).toEqual({ hops: ["v1.1.0", "v1.2.0", "v2.0.0"] });
  });
});
