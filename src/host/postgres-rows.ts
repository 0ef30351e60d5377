import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseProof } from "../domain/database.ts";
import { type ChangedTable, FEW_ROWS, type RowChanges, type Tables } from "../domain/database-changes.ts";
import type { Connection } from "./postgres-connection.ts";
import { isHashedByText } from "./postgres-proof-sql.ts";
import { proofEnv, proofIn } from "./postgres-prove.ts";
import { LOAD_AND_PROVE, listSql, rowsSql, WRITE_FILES } from "./postgres-rows-scripts.ts";
import { type DifferingRows, differingRows } from "./row-lists.ts";
import { there } from "./trees.ts";

/** Above this rows are not looked at one by one, and the whole table moves. */
const MANY_ROWS = 1_000_000;

interface Ends {
  readonly source: Connection;
  readonly target: Connection;
}

/** A list of each table's rows, for `followRows`; into the folder `dir`, which may hold lists of other databases. */
export async function listRows(connection: Connection, { database, major, tables }: Tables, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await say(
    dir,
    "wanted.json",
    tables.map(({ schema, name }) => [listOf(database, { schema, name }), schema, name]),
  );
  await connection.run({
    purpose: "list",
    title: "Listing rows",
    folders: [{ path: dir, at: "/dump", writable: true }],
    script: WRITE_FILES,
    env: { PGDATABASE: database, SQL: listSql(isHashedByText(major)) },
  });
}

/** Names of tables may hold what names of files may not. */
const listOf = (database: string, { schema, name }: Pick<ChangedTable, "schema" | "name">): string =>
  `${createHash("sha256")
    .update(JSON.stringify([database, schema, name]))
    .digest("hex")
    .slice(0, 32)}.list`;

const say = (dir: string, name: string, value: unknown) => writeFile(join(dir, name), JSON.stringify(value), { mode: 0o600 });

export interface Following {
  /** A new folder, which holds rows meanwhile. */
  readonly dir: string;
  /** Where the target's rows were listed by `listRows`; null when they were not. */
  readonly listed: string | null;
  readonly like: DatabaseProof;
  /** When a table is moved as a whole. */
  readonly limits?: { readonly few: number; readonly many: number };
}

/**
 * Makes tables and sequences in the target what they are in the source. Of a large table only the rows move that differ. Nobody else may write on either side.
 * @returns the proof of what is there afterwards: whether it has become equal
 * @throws OperatorError COMMAND_FAILED; then the database that failed has not changed in the target
 */
export async function followRows(
  { source, target }: Ends,
  changes: readonly RowChanges[],
  { dir, listed, like, limits = { few: FEW_ROWS, many: MANY_ROWS } }: Following,
): Promise<DatabaseProof> {
  await rm(dir, { recursive: true, force: true });
  for (const [index, each] of changes.entries())
    await readRows({ source, target }, each, join(dir, String(index + 1)), listed, limits);
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
  { source, target }: Ends,
  { database, major, tables, sequences }: RowChanges,
  dir: string,
  listed: string | null,
  limits: { readonly few: number; readonly many: number },
): Promise<void> {
  const [here, now] = [listed ?? join(dir, "copy"), join(dir, "source")];
  const large = { database, major, tables: tables.filter(({ rows }) => rows > limits.few) };
  if (large.tables.length > 0) {
    await Promise.all([listRows(source, large, now), ...(listed === null ? [listRows(target, large, here)] : [])]);
  }
  const wanted: unknown[] = [];
  for (const [index, table] of tables.entries()) {
    const list = listOf(database, table);
    // It may have become a large one since the target's were listed.
    const isListed = large.tables.includes(table) && (await there(join(here, list)));
    const rows: DifferingRows | null = isListed ? await differingRows(join(now, list), join(here, list), limits.many) : null;
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
