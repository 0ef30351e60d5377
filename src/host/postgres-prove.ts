import type { DatabaseProof } from "../domain/database.ts";
import { FEW_ROWS, largeTables } from "../domain/database-changes.ts";
import { OperatorError } from "../errors.ts";
import { provenByLists, wantLists } from "./listed-tables.ts";
import type { Connection } from "./postgres-connection.ts";
import { LOOK_SQL, lookAtServer, parseLook } from "./postgres-look.ts";
import { parseProof } from "./postgres-proof-lines.ts";
import { isHashedByText, PROOF_SQL } from "./postgres-proof-sql.ts";
import { PROOF_FOLLOWS, PROVE } from "./postgres-scripts.ts";

/** What the script PROVE finds in its environment. @param like what its proof will be held against */
export const proofEnv = (like?: DatabaseProof): Readonly<Record<string, string>> => ({
  ...LOOK_SQL,
  ...PROOF_SQL,
  BY_TEXT: like?.major !== undefined && isHashedByText(like.major) ? "1" : "",
});

/** Of what PROVE printed. */
export function proofIn(printed: string): DatabaseProof {
  const end = printed.indexOf(`\n${PROOF_FOLLOWS}\n`);
  return parseProof(printed.slice(end + 1), parseLook(printed.slice(0, end)).major);
}

export interface Proving {
  /** What the proof will be held against. */
  readonly like: DatabaseProof | undefined;
  /** A new folder for lists of the rows of its large tables. */
  readonly lists?: string | undefined;
  /** Above so many rows a table is large. */
  readonly few?: number;
}

/** @throws OperatorError DATABASE_LOGIN, DATABASE_TOO_OLD, DATABASE_RIGHTS, COMMAND_FAILED */
export async function proveServer(connection: Connection, { like, lists, few = FEW_ROWS }: Proving): Promise<DatabaseProof> {
  const tables = like === undefined ? [] : largeTables(like, few);
  const dir = tables.length > 0 ? lists : undefined;
  if (dir !== undefined) await wantLists(dir, tables);
  const work = {
    purpose: "prove",
    title: "Comparing the databases",
    script: PROVE,
    env: { ...proofEnv(like), LISTS: dir === undefined ? "" : "1" },
    ...(dir === undefined ? {} : { folders: [{ path: dir, at: "/dump", writable: true }] }),
  };
  const printed = await connection.run(work).catch(async error => {
    // A server that cannot be proven at all says so in plainer words.
    if (error instanceof OperatorError && error.code === "COMMAND_FAILED") await lookAtServer(connection);
    throw error;
  });
  return proofIn(dir === undefined ? printed : `${printed}\n${await provenByLists(dir, tables)}`);
}
