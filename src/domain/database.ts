import type { Json } from "./json.ts";

/**
 * What two databases must agree on: schema, rows, sequences, large objects, roles, settings, index validity. Keys are
 * paths (`graphistry/table/public.users`), values short texts (counts and checksums), so that a difference can be named.
 */
export interface DatabaseProof {
  readonly schema: 1;
  readonly entries: { readonly [path: string]: string };
  /** Last values of sequences, compared as "at least": they move outside of snapshots. */
  readonly sequences: { readonly [path: string]: string };
}

/** What differs, as lines for people; empty when the copy is proven. */
export function proofDifferences(source: DatabaseProof, copy: DatabaseProof): readonly string[] {
  const lines: string[] = [];
  for (const path of new Set([...Object.keys(source.entries), ...Object.keys(copy.entries)])) {
    const [there, here] = [source.entries[path], copy.entries[path]];
    if (there !== here) lines.push(`${path}: ${there ?? "absent"} in the source, ${here ?? "absent"} in the copy`);
  }
  for (const [path, value] of Object.entries(source.sequences)) {
    const here = copy.sequences[path];
    if (here === undefined || BigInt(here) < BigInt(value)) lines.push(`${path}: ${value} in the source, ${here ?? "absent"} in the copy`);
  }
  for (const path of Object.keys(copy.sequences)) if (!(path in source.sequences)) lines.push(`${path}: only in the copy`);
  return lines;
}

/** As JSON, for the operation's folder. */
export const proofToJson = (proof: DatabaseProof): Json => ({ schema: proof.schema, entries: proof.entries, sequences: proof.sequences });
