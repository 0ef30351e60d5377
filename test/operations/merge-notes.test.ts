import { expect, it } from "vitest";
import type { Decision, DecisionKind } from "../../src/domain/merge-result.ts";
import { mergeNotes } from "../../src/operations/merge-notes.ts";

const decision = (file: string, key: string | null, what: DecisionKind): Decision => ({
  file,
  key,
  what,
  say: `${key ?? file} is ${what}.`,
});

it("tells first what the administrator did, and names what is carried in one line", () => {
  const found = [
    decision(".env", "POSTGRES_PASSWORD", "carried"),
    decision(".env", "NEW_KEY", "new"),
    decision(".env", "OTHER_KEY", "new"),
    decision(".env", "JWT", "kept-over-default"),
    decision(".env", "DJANGO_SECRET_KEY", "carried"),
    decision("Caddyfile", null, "merged"),
    decision("data/config/custom.env", "A_SECRET", "carried"),
  ];
  expect(mergeNotes(found)).toEqual([
    ".env: JWT is kept-over-default.",
    ".env: NEW_KEY is new.",
    ".env: OTHER_KEY is new.",
    ".env: POSTGRES_PASSWORD, DJANGO_SECRET_KEY are carried as they are, because data may depend on them.",
    "Caddyfile is merged.",
    "data/config/custom.env: A_SECRET is carried.",
  ]);
});

it("tells only the names of many keys that are new, and loses no decision", () => {
  const keys = ["A", "B", "C", "D", "E"];
  expect(mergeNotes(keys.map(key => decision(".env", key, "new")))).toEqual([".env: A, B, C, D, E are new."]);
  expect(mergeNotes(keys.map(key => decision(".env", key, "kept")))).toHaveLength(5);
  const kinds: readonly DecisionKind[] = [
    "kept",
    "kept-over-default",
    "kept-unknown",
    "carried",
    "added",
    "left-out",
    "default",
    "new",
    "dropped",
    "vendor",
    "followed",
    "resolved",
    "merged",
    "moved",
  ];
  expect(mergeNotes(kinds.map(what => decision(".env", what, what)))).toHaveLength(kinds.length);
});
