import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Buckets, type ChangedTable, differingBuckets, type RowChanges } from "../domain/database-changes.ts";
import type { Connection, Work } from "./postgres-connection.ts";
import { isHashedByText } from "./postgres-proof-sql.ts";
import { BUCKETS, bucketsSql, DUMP_ROWS, LOAD_ROWS, rowsSql } from "./postgres-rows-scripts.ts";

/** Below this a table is moved sooner than it is known which of its rows differ. */
const FEW_ROWS = 50_000;

interface Ends {
  readonly source: Connection;
  readonly target: Connection;
}

/**
 * Makes tables and sequences of one database in the target what they are in the source, by way of the new folder `dir`. Of a large table only the rows of those
 * buckets move that differ. Whether it has become equal is for a proof to say.
 * @throws OperatorError COMMAND_FAILED; then nothing has changed in the target
 */
export async function followRows({ source, target }: Ends, changes: RowChanges, dir: string): Promise<void> {
  const byText = isHashedByText(changes.major);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const say = (name: string, value: unknown) => writeFile(join(dir, name), JSON.stringify(value), { mode: 0o600 });
  const numbered = changes.tables.map((table, index) => ({ ...table, number: index + 1 }));
  const large = numbered.filter(({ rows }) => rows > FEW_ROWS);
  await say("wanted.json", large.map(wanted(new Map())));
  const env = { PGDATABASE: changes.database };
  const look = { ...env, SQL: bucketsSql(byText) };
  const [there, here] = large.length === 0 ? [] : await Promise.all([source, target].map(end => bucketsOf(end, look, dir)));
  const buckets = new Map(
    large.map(
      ({ number }) => [number, differingBuckets(there?.get(number) ?? new Map(), here?.get(number) ?? new Map())] as const,
    ),
  );
  await say("wanted.json", numbered.map(wanted(buckets)));
  await say(
    "sequences.json",
    changes.sequences.map(({ schema, name }) => [schema, name]),
  );
  const work = { purpose: "rows", folders: [{ path: dir, at: "/dump", writable: true }] };
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
  (buckets: ReadonlyMap<number, readonly number[] | null>) =>
  ({ number, schema, name }: ChangedTable & { readonly number: number }) => [number, schema, name, buckets.get(number) ?? null];

/** By number of the table. */
async function bucketsOf(end: Connection, env: NonNullable<Work["env"]>, dir: string): Promise<ReadonlyMap<number, Buckets>> {
  const printed = await end.run({
    purpose: "rows",
    title: "Finding the rows that changed",
    script: BUCKETS,
    env,
    folders: [{ path: dir, at: "/dump", writable: false }],
  });
  const found = new Map<number, Map<number, string>>();
  for (const line of printed.split("\n").filter(Boolean)) {
    const [number, bucket, value] = JSON.parse(line) as [number, number, string];
    const own = found.get(number) ?? new Map<number, string>();
    found.set(number, own.set(bucket, value));
  }
  return found;
}
