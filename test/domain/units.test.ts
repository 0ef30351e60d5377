import { expect, it } from "vitest";
import { age } from "../../src/domain/units.ts";

it("says an age without the seconds of what was minutes ago", () => {
  expect([0, 59_400, 60_000, 119_999, 3_599_999, 3_600_000, 90_061_000].map(age)).toEqual([
    "0 s",
    "59 s",
    "1 min",
    "1 min",
    "59 min",
    "1 h 0 min",
    "1 d 1 h",
  ]);
});
