import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ChangedTable, FEW_ROWS, type RowChanges, type Tables } from "../domain/database-changes.ts";
import type { Connection } from "./postgres-connection.ts";
import { isHashedByText } from "./postgres-proof-sql.ts";
import { LOAD_ROWS, listSql, rowsSql, WRITE_FILES } from "./postgres-rows-scripts.ts";
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

/**
 * Makes tables and sequences of one database in the target what they are in the source, by way of the new folder `dir`. Of a large table only
 * the rows move that differ. Nobody else may write on either side. Whether it has become equal is for a proof to say.
 * @param listed where the target's rows were listed by `listRows`; null when they were not
 * @throws OperatorError COMMAND_FAILED; then nothing has changed in the target
 */
export async function followRows(
  { source, target }: Ends,
  changes: RowChanges,
  dir: string,
  listed: string | null,
  limits = { few: FEW_ROWS, many: MANY_ROWS },
): Promise<void> {
  const { database, tables, sequences, major } = changes;
  await rm(dir, { recursive: true, force: true });
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
  const work = { purpose: "rows", folders: [{ path: dir, at: "/dump", writable: true }] };
  const title = (what: string) => `${what} the rows that changed`;
  await source.run({ ...work, title: title("Reading"), script: WRITE_FILES, env: { PGDATABASE: database, SQL: rowsSql } });
  await target.run({
    ...work,
    title: title("Writing"),
    writesTo: dir,
    script: LOAD_ROWS,
    env: { PGDATABASE: database, COUNT: String(tables.length) },
  });
  await rm(dir, { recursive: true, force: true });
}
