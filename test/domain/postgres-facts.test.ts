import { expect, it } from "vitest";
import { compareVersions, libcText } from "../../src/domain/postgres-facts.ts";

it("compares versions as numbers", () => {
  expect(compareVersions("15.9", "15.14")).toBeLessThan(0);
  expect(compareVersions("1.10", "1.3")).toBeGreaterThan(0);
  expect(compareVersions("15", "15.0")).toBe(0);
  expect(compareVersions("18beta1", "17.6")).toBeGreaterThan(0);
});

it("names a C library as people do", () => {
  expect([
    libcText({ name: "musl", version: "1.2.5" }),
    libcText({ name: "glibc", version: null }),
    libcText({ name: "unknown", version: null }),
  ]).toEqual(["musl 1.2.5", "glibc", "an unknown C library"]);
});
