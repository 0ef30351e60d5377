import { expect, it } from "vitest";
import { resolutionsByRelease } from "../../src/domain/by-release.ts";

it("answers of --resolve go to the release that they begin with", () => {
  const given = {
    "v2.24.9/.env:LOG_LEVEL": "mine",
    "v2.45.11/data/config/Caddyfile": "theirs",
    "v2.45.11/.env:A": "mine",
  } as const;
  expect(resolutionsByRelease(given, ["v2.24.9", "v2.45.11"])).toEqual({
    "v2.24.9": { ".env:LOG_LEVEL": "mine" },
    "v2.45.11": { "data/config/Caddyfile": "theirs", ".env:A": "mine" },
  });
});

it("one that names no release of the path is refused with what to type", () => {
  expect(() => resolutionsByRelease({ ".env:LOG_LEVEL": "mine" }, ["v2.24.9", "v2.45.11"])).toThrow(
    expect.objectContaining({
      code: "RESOLVE_UNKNOWN",
      exit: 2,
      message: ".env:LOG_LEVEL does not say for which of v2.24.9, v2.45.11 it is.",
      hint: "--resolve v2.24.9/.env:LOG_LEVEL=mine",
    }),
  );
});
