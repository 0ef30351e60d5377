import { expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { mergeViolations } from "../../src/domain/merge-check.ts";

const model = (services: Record<string, Record<string, string | null>>): ComposeModel => ({
  name: "x",
  services: Object.fromEntries(Object.entries(services).map(([name, environment]) => [name, { environment }])),
});
const says = (before: ComposeModel, after: ComposeModel, keys: readonly string[]): readonly string[] =>
  mergeViolations(before, after, keys).map(({ say }) => say);

it("F38-F41 what the administrator set must reach every service as it did", () => {
  const before = model({ web: { A: "999", B: "x", EMPTY: "" }, db: { A: "999", EMPTY: "" } });
  expect(says(before, before, ["A", "B", "EMPTY", "MISSING"])).toEqual([]);
  expect(
    says(before, model({ web: { A: "7200", B: "y", EMPTY: "" }, db: { EMPTY: "0" } }), ["A", "EMPTY"]),
  ).toMatchInlineSnapshot(`
    [
      "web would get A as 7200 instead of 999.",
      "db would no longer get A.",
      "db would get EMPTY as 0 instead of empty.",
    ]
  `);
});

it("F40 a dollar sign, which Compose prints twice, is shown as it is written", () => {
  expect(says(model({ web: { A: "p@ss$$word" } }), model({ web: { A: "p@ss" } }), ["A"])).toEqual([
    "web would get A as p@ss instead of p@ss$word.",
  ]);
});

it("F41 keys that nobody set may change", () => {
  expect(says(model({ web: { A: "1" } }), model({ web: { A: "2" } }), [])).toEqual([]);
});

it("F39 a key that Compose takes from nowhere is told from an empty one", () => {
  expect(says(model({ web: { A: null } }), model({ web: { A: null } }), ["A"])).toEqual([]);
  expect(says(model({ web: { A: null } }), model({ web: { A: "" } }), ["A"])).toEqual([
    "web would get A as empty instead of nothing.",
  ]);
});

it("a new service is held to the others, and one that is gone to nothing", () => {
  const before = model({ web: { A: "1", B: "1" }, old: { A: "1", B: "2" } });
  expect(says(before, model({ web: { A: "1", B: "1" }, fresh: { A: "2", B: "3" } }), ["A", "B"])).toEqual([
    "fresh would get A as 2 instead of 1.",
  ]);
  expect(says(before, model({ web: { A: "1", B: "1" }, fresh: {} }), ["A"])).toEqual([]);
});

it("F72 secrets, and what may hold one, are not shown", () => {
  const before = model({ web: { POSTGRES_PASSWORD: "hunter2", URL: "postgres://u:hunter2@db/x" } });
  const after = model({ web: { POSTGRES_PASSWORD: "hunter3", URL: "postgres://u:hunter3@db/x" } });
  expect(says(before, after, ["POSTGRES_PASSWORD", "URL"])).toEqual([
    "web would get another POSTGRES_PASSWORD than it has.",
    "web would get another URL than it has.",
  ]);
});
