import { expect, it } from "vitest";
import { type DatabaseProof, proofDifferences, proofToJson } from "../../src/domain/database.ts";

const proof = (change: Partial<DatabaseProof> = {}): DatabaseProof => ({
  schema: 1,
  major: 15,
  entries: {
    "app/table/public.users": "2 rows, sum 7",
    "app/object/VIEW public.v": "owner app",
    "app/object/INDEX public.i": "owner app",
  },
  sequences: { "app/sequence/public.users_id_seq": "3" },
  definitions: { "app/object/VIEW public.v": "aa", "app/object/INDEX public.i": "bb" },
  ...change,
});

it("equal proofs have no differences", () => {
  expect(proofDifferences(proof(), proof())).toEqual([]);
});

it("names what is missing, what is new and what is different, each once", () => {
  const copy = proof({
    entries: {
      "app/table/public.users": "1 rows, sum 4",
      "app/object/VIEW public.v": "owner app",
      "app/table/public.more": "0 rows, sum 0",
    },
    definitions: { "app/object/VIEW public.v": "cc" },
  });
  expect(proofDifferences(proof(), copy)).toEqual([
    "app/table/public.users: 2 rows, sum 7 in the source, 1 rows, sum 4 in the copy",
    "app/object/INDEX public.i: missing in the copy (owner app)",
    "app/table/public.more: only in the copy (0 rows, sum 0)",
    "app/object/VIEW public.v: defined differently in the copy",
  ]);
});

it("a sequence may be further in the copy, never behind, and is compared as a number", () => {
  const at = (value: string) => proof({ sequences: { "app/sequence/public.users_id_seq": value } });
  expect(proofDifferences(at("9"), at("10"))).toEqual([]);
  expect(proofDifferences(at("10"), at("9"))).toEqual(["app/sequence/public.users_id_seq: 10 in the source, 9 in the copy"]);
  expect(proofDifferences(at("-5"), at("-6"))).toHaveLength(1);
  expect(proofDifferences(at("1"), proof({ sequences: {} }))).toEqual([
    "app/sequence/public.users_id_seq: missing in the copy (1)",
  ]);
  expect(proofDifferences(proof({ sequences: {} }), at("1"))).toEqual(["app/sequence/public.users_id_seq: only in the copy"]);
});

it("between majors a view may be spelt differently, an index may not, and the schema public may belong to another", () => {
  const copy = proof({ major: 17, definitions: { "app/object/VIEW public.v": "cc", "app/object/INDEX public.i": "dd" } });
  expect(proofDifferences(proof(), copy)).toEqual(["app/object/INDEX public.i: defined differently in the copy"]);
  const withPublic = proof({ entries: { ...proof().entries, 'app/object/ACL SCHEMA "public"': "owner app" } });
  expect(proofDifferences(withPublic, proof({ major: 17 }))).toEqual([]);
  expect(proofDifferences(withPublic, proof())).toEqual(['app/object/ACL SCHEMA "public": missing in the copy (owner app)']);
});

it("as JSON it is what it was", () => {
  expect(JSON.parse(JSON.stringify(proofToJson(proof())))).toEqual(proof());
});
