import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseProof } from "../domain/database.ts";
import type { RowChanges } from "../domain/database-changes.ts";
import { listOf } from "./listed-tables.ts";
import type { Connection } from "./postgres-connection.ts";
import { proofEnv, proofIn } from "./postgres-prove.ts";
import { LOAD_AND_PROVE, rowsSql, WRITE_FILES } from "./postgres-rows-scripts.ts";
import { type DifferingRows, differingRows } from "./row-lists.ts";
import { there } from "./trees.ts";
import type { Following } from "./world.ts";

const MANY_ROWS = 1_000_000;

interface Ends {
  readonly source: Connection;
  readonly target: Connection;
}

const say = (dir: string, name: string, value: unknown) => writeFile(join(dir, name), JSON.stringify(value), { mode: 0o600 });

/**
 * Makes tables and sequences in the target what they are in the source. Of a large table only the rows move that differ. Nobody else may write on either side.
 * @returns the proof of what is there afterwards: whether it has become equal
 * @throws OperatorError COMMAND_FAILED; then the database that failed has not changed in the target
 */
export async function followRows(
  { source, target }: Ends,
  changes: readonly RowChanges[],
  { dir, lists, like, many = MANY_ROWS }: Following,
): Promise<DatabaseProof> {
  await rm(dir, { recursive: true, force: true });
  for (const [index, each] of changes.entries()) await readRows(source, each, join(dir, String(index + 1)), lists, many);
  const printed = await target.run({
    purpose: "rows",
    title: "Writing the rows that changed",
    writesTo: dir,
    folders: [{ path: dir, at: "/dump", writable: false }],
    script: LOAD_AND_PROVE,
    env: { ...proofEnv(like), FOLLOWING: changes.map(({ database }) => database).join("\n") },
  });
  await rm(dir, { recursive: true, force: true });
  return proofIn(printed);
}

/** Into the new folder `dir`: for each table what takes rows away in the target, and the rows that come in. */
async function readRows(
  source: Connection,
  { database, tables, sequences }: RowChanges,
  dir: string,
  lists: Following["lists"],
  many: number,
): Promise<void> {
  const wanted: unknown[] = [];
  for (const [index, table] of tables.entries()) {
    const [now, here] = [lists.source, lists.target].map(each => join(each, listOf(database, table))) as [string, string];
    // It may be large only by now.
    const isListed = (await there(now)) && (await there(here));
    const rows: DifferingRows | null = isListed ? await differingRows(now, here, many) : null;
    wanted.push([index + 1, table.schema, table.name, rows?.source ?? null, rows?.copy ?? null]);
  }
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await say(dir, "wanted.json", wanted);
  await say(
    dir,
    "sequences.json",
    sequences.map(({ schema, name }) => [schema, name]),
  );
  await say(dir, "count", tables.length);
  await source.run({
    purpose: "rows",
    title: "Reading the rows that changed",
    folders: [{ path: dir, at: "/dump", writable: true }],
    script: WRITE_FILES,
    env: { PGDATABASE: database, SQL: rowsSql },
  });
}
