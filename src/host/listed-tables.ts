import { createHash } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Relation, Tables } from "../domain/database-changes.ts";
import { sumOfRows } from "./row-lists.ts";
import { there } from "./trees.ts";

/** Names of tables may hold what names of files may not. */
export const listOf = (database: string, { schema, name }: Relation): string =>
  `${createHash("sha256")
    .update(JSON.stringify([database, schema, name]))
    .digest("hex")
    .slice(0, 32)}.list`;

/** Makes the folder `dir` anew, and says in it of which tables a proof shall list the rows there. */
export async function wantLists(dir: string, all: readonly Tables[]): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const wanted = all.flatMap(({ database, tables }) =>
    tables.map(each => [listOf(database, each), database, each.schema, each.name]),
  );
  await writeFile(join(dir, "wanted.json"), JSON.stringify(wanted), { mode: 0o600 });
}

/** What the proof would have printed of the tables that were listed. @throws OperatorError COMMAND_FAILED when a list is not whole */
export async function provenByLists(dir: string, all: readonly Tables[]): Promise<string> {
  const lines: string[] = [];
  for (const { database, tables } of all) {
    lines.push(JSON.stringify(["in", database]));
    for (const table of tables) {
      const list = join(dir, listOf(database, table));
      // It may be gone from this side, or be another thing there.
      if (!(await there(list))) continue;
      const { rows, sum } = await sumOfRows(list);
      lines.push(JSON.stringify(["entry", ["table", table.schema, table.name], `${rows} rows, sum ${sum}`]));
    }
  }
  return lines.map(line => `${line}\n`).join("");
}
