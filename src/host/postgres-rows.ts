import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ChangedTable,
  differingBuckets,
  MANY_BUCKETS,
  type Places,
  placesOnlyIn,
  type RowChanges,
} from "../domain/database-changes.ts";
import type { Connection } from "./postgres-connection.ts";
import { isHashedByText } from "./postgres-proof-sql.ts";
import { ASK, bucketsSql, DUMP_ROWS, LOAD_ROWS, placesSql, rowsSql } from "./postgres-rows-scripts.ts";

const LIMITS = {
  /** Below this a table is moved sooner than it is known which of its rows differ. */
  fewRows: 50_000,
  /** Above this rows are not looked at one by one, and all of their buckets move. */
  manyRows: 1_000_000,
} as const;

interface Ends {
  readonly source: Connection;
  readonly target: Connection;
}

interface Numbered extends ChangedTable {
  readonly number: number;
}

/** What of a table moves. */
type Part =
  | { readonly kind: "all" }
  | { readonly kind: "buckets"; readonly buckets: readonly number[] }
  | { readonly kind: "rows"; readonly source: readonly string[]; readonly copy: readonly string[] };

/**
 * Makes tables and sequences of one database in the target what they are in the source, by way of the new folder `dir`. Of a large table only
 * the rows move that differ. Nobody else may write on either side. Whether it has become equal is for a proof to say.
 * @throws OperatorError COMMAND_FAILED; then nothing has changed in the target
 */
export async function followRows(
  { source, target }: Ends,
  changes: RowChanges,
  dir: string,
  limits: Readonly<Record<keyof typeof LIMITS, number>> = LIMITS,
): Promise<void> {
  const byText = isHashedByText(changes.major);
  const env = { PGDATABASE: changes.database };
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const say = (name: string, value: unknown) => writeFile(join(dir, name), JSON.stringify(value), { mode: 0o600 });
  const work = { purpose: "rows", folders: [{ path: dir, at: "/dump", writable: true }] };
  /** The same question to both sides, about parts of these tables. */
  const ask = async (tables: readonly Numbered[], parts: ReadonlyMap<number, Part>, sql: string) => {
    if (tables.length === 0) return [[], []] as const;
    await say("wanted.json", tables.map(wanted(parts)));
    const asked = { ...work, title: "Finding the rows that changed", script: ASK, env: { ...env, SQL: sql } };
    return await Promise.all([source.run(asked).then(linesOf), target.run(asked).then(linesOf)]);
  };
  const numbered = changes.tables.map((table, index) => ({ ...table, number: index + 1 }));
  const parts = new Map<number, Part>();

  const large = numbered.filter(({ rows }) => rows > limits.fewRows);
  const [thereBuckets, hereBuckets] = await ask(large, parts, bucketsSql(byText));
  for (const { number } of large) {
    const sums = (lines: readonly Line[]) =>
      new Map(lines.filter(([of]) => of === number).map(([, bucket, sum]) => [Number(bucket), sum]));
    const buckets = differingBuckets(sums(thereBuckets), sums(hereBuckets));
    if (buckets !== null) parts.set(number, { kind: "buckets", buckets });
  }

  const few = large.filter(({ number, rows }) => {
    const part = parts.get(number);
    return part?.kind === "buckets" && (part.buckets.length / MANY_BUCKETS) * rows < limits.manyRows;
  });
  const [there, here] = await ask(few, parts, placesSql(byText));
  for (const { number } of few) {
    const [one, other] = [placesIn(there, number), placesIn(here, number)];
    parts.set(number, { kind: "rows", source: placesOnlyIn(one, other), copy: placesOnlyIn(other, one) });
  }

  await say("wanted.json", numbered.map(wanted(parts)));
  await say(
    "sequences.json",
    changes.sequences.map(({ schema, name }) => [schema, name]),
  );
  await source.run({ ...work, title: "Reading the rows that changed", script: DUMP_ROWS, env: { ...env, SQL: rowsSql(byText) } });
  await target.run({
    ...work,
    title: "Writing the rows that changed",
    writesTo: dir,
    script: LOAD_ROWS,
    env: { ...env, COUNT: String(numbered.length) },
  });
  await rm(dir, { recursive: true, force: true });
}

const wanted =
  (parts: ReadonlyMap<number, Part>) =>
  ({ number, schema, name }: Numbered) => {
    const part = parts.get(number) ?? { kind: "all" };
    return [
      number,
      schema,
      name,
      part.kind === "buckets" ? part.buckets : null,
      part.kind === "rows" ? part.source : null,
      part.kind === "rows" ? part.copy : null,
    ];
  };

/** Number of the table, and two values. */
type Line = readonly [number, string | number, string];

const linesOf = (printed: string): readonly Line[] =>
  printed
    .split("\n")
    .filter(Boolean)
    .map(line => JSON.parse(line) as Line);

/** By hash. */
function placesIn(lines: readonly Line[], number: number): Places {
  const places = new Map<string, string[]>();
  for (const [of, place, hash] of lines) {
    if (of !== number) continue;
    const own = places.get(hash);
    if (own) own.push(String(place));
    else places.set(hash, [String(place)]);
  }
  return places;
}
