import { expect, it } from "vitest";
import { filesSince } from "../../src/domain/losses.ts";

it("F58 F66 files written since are counted by their time, and not overlooked where the clock was set back", () => {
  expect(filesSince("data", 0, false)).toEqual([]);
  expect(filesSince("data", 1, false)).toEqual(["data: 1 file written"]);
  expect(filesSince("data", 7, true)).toEqual(["data: 7 files written"]);
  expect(filesSince("data", 0, true)).toEqual(["data: changed files"]);
});
