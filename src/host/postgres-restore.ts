import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DatabaseProof, proofDifferences } from "../domain/database.ts";
import { OperatorError } from "../errors.ts";
import type { Connection } from "./postgres-connection.ts";
import { numbered } from "./postgres-dump.ts";
import { readProof, verifyDump } from "./postgres-dump-files.ts";
import { lookAtServer } from "./postgres-look.ts";
import { parseProof } from "./postgres-proof-lines.ts";
import { proofSql } from "./postgres-proof-sql.ts";
import { proveServer } from "./postgres-prove.ts";
import { EMPTY, RESTORE } from "./postgres-scripts.ts";
import { there } from "./trees.ts";
import { syncFolder } from "./unpack-tree.ts";
import type { Progress } from "./world.ts";

/**
 * Only into a server that holds nothing, or what a restore of this very dump began there: a file beside the dump says so
 * from before the first change until the end.
 * @returns the proof of what is there afterwards
 * @throws OperatorError NO_DUMP, DUMP_DAMAGED, DATABASE_SAME, DATABASE_OLDER, DATABASE_NOT_EMPTY, COMMAND_FAILED
 */
export async function restoreServer(connection: Connection, dir: string, progress: Progress): Promise<DatabaseProof> {
  progress("checking the dump");
  const [manifest, look] = await Promise.all([verifyDump(dir), lookAtServer(connection)]);
  if (look.systemIdentifier === manifest.systemIdentifier) {
    throw new OperatorError("DATABASE_SAME", "This is the database server that the dump was taken from; nothing was changed.", {
      hint: "restore into the server of a new instance",
    });
  }
  if (look.major < manifest.major) {
    throw new OperatorError(
      "DATABASE_OLDER",
      `The dump is from Postgres ${manifest.version}, and the server here is an older one, ${look.version}.`,
      { hint: "restore into a release with the same or a newer Postgres" },
    );
  }
  const { begun, ended } = marks(dir, look.systemIdentifier);
  const full = Object.entries(look.tables).filter(([, count]) => count > 0);
  if (!(await there(begun))) {
    // Whoever asks again after a restore that ended gets it, unless somebody has changed something since.
    if (await there(ended)) {
      const taken = await readProof(dir);
      const proof = await proveServer(connection, { like: taken });
      if (proofDifferences(taken, proof).length === 0) return proof;
    }
    const [name, count] = full[0] ?? [];
    if (name !== undefined) {
      throw new OperatorError("DATABASE_NOT_EMPTY", `The database ${name} has ${count} tables already; nothing was changed.`, {
        hint: "restore into the server of a new instance",
      });
    }
    await writeFile(begun, "", { mode: 0o600 });
    await syncFolder(dir);
  }
  await rm(ended, { force: true });
  const { databases } = manifest;
  const compare = "comparing schema, rows, sequences, large objects and roles";
  const restoring = numbered("restoring the database", databases, progress);
  const printed = await connection.run(
    {
      purpose: "restore",
      title: "Restoring the databases",
      writesTo: look.systemIdentifier,
      script: RESTORE,
      env: {
        ...proofSql(databases, manifest.major),
        TEMPLATE1: String(databases.indexOf("template1") + 1),
      },
      folders: [{ path: dir, at: "/dump", writable: false }],
    },
    line => (line === "restored" ? progress(compare) : restoring(line)),
  );
  await rename(begun, ended);
  await syncFolder(dir);
  return parseProof(printed, look.major);
}

/** Files beside a dump: a restore of it into this server began, or ended. */
const marks = (dir: string, systemIdentifier: string) => ({
  begun: join(dir, `restoring-${systemIdentifier}`),
  ended: join(dir, `restored-${systemIdentifier}`),
});

/** Takes a restore of this dump back; nothing when none of it began in this server. */
export async function emptyServer(connection: Connection, database: string, dir: string): Promise<void> {
  const { systemIdentifier } = await lookAtServer(connection);
  const { begun, ended } = marks(dir, systemIdentifier);
  if (!(await there(begun)) && !(await there(ended))) return;
  await connection.run({
    purpose: "empty",
    title: "Emptying the database server",
    writesTo: systemIdentifier,
    script: EMPTY,
    env: { DATABASE: database },
  });
  await rm(begun, { force: true });
  await rm(ended, { force: true });
}
