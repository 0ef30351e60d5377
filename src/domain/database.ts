import type { Json } from "./json.ts";

/**
 * What two databases must agree on: schema, rows, sequences, large objects, roles, settings, index validity. Keys are
 * paths (`graphistry/table/public.users`), values short texts (counts and checksums), so that a difference can be named.
 */
export interface DatabaseProof {
  readonly schema: 1;
  readonly entries: { readonly [path: string]: string };
  /** How far sequences have gone, compared as "at least": they move outside of snapshots. */
  readonly sequences: { readonly [path: string]: string };
  /** Of the server, e.g. 17. */
  readonly major?: number;
  /**
   * Checksums of definitions as the server spells them (`graphistry/object/VIEW public.v`). Majors spell some of them differently
   * (16 writes `SELECT id` where 15 wrote `SELECT users.id`), so between majors only those of `PORTABLE` types count.
   */
  readonly definitions?: { readonly [path: string]: string };
}

/** Types of objects that every major spells the same way. */
const PORTABLE = /\/object\/(ACL|DEFAULT ACL|COMMENT|CONSTRAINT|FK CONSTRAINT|INDEX|INDEX ATTACH|TABLE ATTACH|EXTENSION) /;

/** Postgres 15 changed who owns the schema `public` of a new database and who may create in it. */
const PUBLIC_SCHEMA = /\/object\/(SCHEMA public|(ACL|COMMENT) SCHEMA "public")$/;

type Values = { readonly [path: string]: string };

/** What differs, as lines for people; empty when the copy is proven. */
export const proofDifferences = (source: DatabaseProof, copy: DatabaseProof): readonly string[] =>
  differing(source, copy).map(({ say }) => say);

/** One path that two proofs do not agree on. */
export interface Difference {
  readonly path: string;
  /** For people. */
  readonly say: string;
}

export function differing(source: DatabaseProof, copy: DatabaseProof): readonly Difference[] {
  const sameMajor = source.major === copy.major;
  const [defined, redefined] = [source.definitions ?? {}, copy.definitions ?? {}];
  return [
    ...unequal(source.entries, copy.entries)
      .filter(path => sameMajor || !PUBLIC_SCHEMA.test(path))
      .map(path => difference(path, source.entries[path], copy.entries[path])),
    ...unequal(defined, redefined)
      .filter(path => sameMajor || PORTABLE.test(path))
      // An object that only one side has was named above.
      .filter(path => path in source.entries === path in copy.entries)
      .map(path => ({ path, say: `${path}: defined differently in the copy` })),
    ...Object.entries(source.sequences).flatMap(([path, value]) => {
      const here = copy.sequences[path];
      return here === undefined || BigInt(here) < BigInt(value) ? [difference(path, value, here)] : [];
    }),
    ...Object.keys(copy.sequences).flatMap(path =>
      path in source.sequences ? [] : [{ path, say: `${path}: only in the copy` }],
    ),
  ];
}

const unequal = (there: Values, here: Values): readonly string[] =>
  [...new Set([...Object.keys(there), ...Object.keys(here)])].filter(path => there[path] !== here[path]);

function difference(path: string, there: string | undefined, here: string | undefined): Difference {
  if (there === undefined) return { path, say: `${path}: only in the copy (${here})` };
  if (here === undefined) return { path, say: `${path}: missing in the copy (${there})` };
  return { path, say: `${path}: ${there} in the source, ${here} in the copy` };
}

/** As JSON, for the operation's folder. */
export const proofToJson = (proof: DatabaseProof): Json => ({
  schema: proof.schema,
  entries: proof.entries,
  sequences: proof.sequences,
  ...(proof.major === undefined ? {} : { major: proof.major }),
  ...(proof.definitions === undefined ? {} : { definitions: proof.definitions }),
});
