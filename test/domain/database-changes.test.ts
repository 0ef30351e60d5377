import { describe, expect, it } from "vitest";
import type { DatabaseProof } from "../../src/domain/database.ts";
import { changesBetween, largeTables, placesOnlyIn } from "../../src/domain/database-changes.ts";

const BASE = {
  "role/analyst": "login",
  "app/columns/public.users": "3 columns, 1",
  "app/table/public.users": "10 rows, sum 1",
  'app/columns/"odd.schema"."a/\\"b"': "3 columns, 2",
  'app/table/"odd.schema"."a/\\"b"': "20 rows, sum 2",
  "app/table/public.of_extension": "5 rows, sum 5",
  "app/index/public.users_pkey": "valid",
};
const proof = (
  entries: Record<string, string | undefined> = {},
  sequences: Record<string, string> = { "app/sequence/public.ids": "7" },
  definitions: Record<string, string> = { "app/object/TABLE public.users": "aa" },
): DatabaseProof => ({
  schema: 1,
  major: 15,
  entries: JSON.parse(JSON.stringify({ ...BASE, ...entries })) as Record<string, string>,
  sequences,
  definitions,
});

describe("what a copy lacks of its source since it was made", () => {
  it("is nothing where nothing has changed", () => {
    expect(changesBetween(proof(), proof())).toEqual({ kind: "none" });
    // It moves on by itself, and never back.
    expect(changesBetween(proof(), proof({}, { "app/sequence/public.ids": "9" }))).toEqual({ kind: "none" });
  });

  it("is rows and sequences, by their own names", () => {
    const source = proof(
      { "app/table/public.users": "12 rows, sum 3", 'app/table/"odd.schema"."a/\\"b"': "19 rows, sum 4" },
      { "app/sequence/public.ids": "12" },
    );
    expect(changesBetween(source, proof())).toEqual({
      kind: "rows",
      databases: [
        {
          database: "app",
          major: 15,
          tables: [
            { schema: "public", name: "users", rows: 12 },
            { schema: "odd.schema", name: 'a/"b', rows: 20 },
          ],
          sequences: [{ schema: "public", name: "ids" }],
        },
      ],
    });
  });

  it.each([
    ["a role", proof({ "role/analyst": "no login" }), "role/analyst"],
    ["a table that is new", proof({ "app/table/public.more": "1 rows, sum 1" }), "public.more"],
    ["a table that is gone", proof({ "app/table/public.users": undefined }), "public.users"],
    ["columns", proof({ "app/columns/public.users": "4 columns, 9" }), "columns"],
    ["rows of an extension's table", proof({ "app/table/public.of_extension": "6 rows, sum 6" }), "of_extension"],
    ["a definition", proof({}, undefined, { "app/object/TABLE public.users": "bb" }), "defined differently"],
    ["a sequence that is new", proof({}, { "app/sequence/public.ids": "7", "app/sequence/public.more": "1" }), "public.more"],
  ])("is everything where %s has changed", (_, source, why) => {
    expect(changesBetween(source, proof())).toEqual({ kind: "all", why: expect.stringContaining(why) });
  });

  it("is everything where a view was made of rows that have changed, and only there", () => {
    const seen = { "app/materialised view/public.totals": "populated" };
    const more = { ...seen, "app/table/public.users": "12 rows, sum 3" };
    expect(changesBetween(proof(more), proof(seen))).toMatchObject({
      kind: "all",
      why: expect.stringContaining("public.totals"),
    });
    const empty = { "app/materialised view/public.totals": "not populated" };
    expect(changesBetween(proof({ ...more, ...empty }), proof({ ...seen, ...empty }))).toMatchObject({ kind: "rows" });
    expect(changesBetween(proof(seen, { "app/sequence/public.ids": "9" }), proof(seen))).toMatchObject({ kind: "rows" });
  });
});

it("knows the large tables whose rows may follow one by one, by their own names", () => {
  const found = largeTables(
    proof({
      "app/table/public.users": "50001 rows, sum 3",
      'app/table/"odd.schema"."a/\\"b"': "900000 rows, sum 4",
      "app/table/public.of_extension": "90000 rows, sum 5",
    }),
  );
  expect(found).toEqual([
    {
      database: "app",
      major: 15,
      tables: [
        { schema: "public", name: "users", rows: 50_001 },
        { schema: "odd.schema", name: 'a/"b', rows: 900_000 },
      ],
    },
  ]);
  expect(largeTables(proof())).toEqual([]);
});

it("names the places of rows that one table has more of than the other, however many are alike", () => {
  const source = new Map([
    ["11", ["(0,1)", "(0,2)", "(0,3)"]],
    ["12", ["(0,4)"]],
  ]);
  const copy = new Map([
    ["11", ["(7,1)"]],
    ["13", ["(7,2)"]],
  ]);
  expect(placesOnlyIn(source, copy)).toEqual(["(0,2)", "(0,3)", "(0,4)"]);
  expect(placesOnlyIn(copy, source)).toEqual(["(7,2)"]);
  expect(placesOnlyIn(source, source)).toEqual([]);
});
