import { expect, it } from "vitest";
import { safeMoves } from "../../src/operations/database-move.ts";
import type { DatabaseMove } from "../../src/survey/move.ts";

const image = { version: "15.4", major: 15, architecture: "x86_64", libc: { name: "glibc", version: "2.36" }, icu: null };
const facts = (over: object = {}) => ({ old: null, oldImage: image, next: image, ...over }) as unknown as DatabaseMove;
const methods = (given: DatabaseMove | null, volumeBytes = 0) => safeMoves(given, volumeBytes).map(({ method }) => method);

it("names every method that is safe, the one that auto takes first", () => {
  expect(methods(facts())).toEqual(["copy", "dump"]);
  expect(safeMoves(facts(), 0)[1]?.reasons.join(" ")).toContain("though a copy would be safe as well");
});

it("F32 names no copy between majors, and nothing for an older server", () => {
  expect(methods(facts({ next: { ...image, major: 17, version: "17.1" } }))).toEqual(["dump"]);
  expect(methods(facts({ next: { ...image, major: 14, version: "14.9" } }))).toEqual([]);
});

it("names none while it is not known what the new release brings, where there is no database, and where nobody can log in", () => {
  expect([methods(facts({ next: null })), methods(null), methods(facts({ oldImage: null }))]).toEqual([[], [], []]);
  expect(methods(facts({ old: { code: "BAD_LOGIN", say: "no", hint: "" } }))).toEqual([]);
});
