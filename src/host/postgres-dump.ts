import { chmod, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OperatorError } from "../errors.ts";
import type { Connection } from "./postgres-connection.ts";
import { sealDump } from "./postgres-dump-files.ts";
import { lookAtServer, type ServerLook } from "./postgres-look.ts";
import { parseProof } from "./postgres-proof-lines.ts";
import { proofSql } from "./postgres-proof-sql.ts";
import { DUMP, DUMP_ALL, HOLD } from "./postgres-scripts.ts";
import { there } from "./trees.ts";
import { syncFolder } from "./unpack-tree.ts";
import type { Progress } from "./world.ts";

/**
 * @throws OperatorError EXISTS, DATABASE_TABLESPACES, DATABASE_PREPARED, DATABASE_CLOSED, DATABASE_CONNECTIONS, COMMAND_FAILED; then there is no `dir`
 */
export async function dumpServer(connection: Connection, dir: string, progress: Progress, isPlain = false): Promise<void> {
  if (await there(dir)) throw new OperatorError("EXISTS", `There is already ${dir}.`);
  const look = await lookAtServer(connection);
  refuseWhatDumpsLose(look);
  refuseFewConnections(look);
  if (look.replicationSlots.length > 0) {
    progress(`replication slots are not part of a dump: ${look.replicationSlots.join(", ")}`);
  }
  const part = `${dir}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { mode: 0o700 });
  await chmod(part, 0o700);
  try {
    const printed = await whileGrowing(part, progress, said =>
      connection.run(
        {
          purpose: "dump",
          title: "Dumping the databases",
          writesTo: dir,
          script: DUMP,
          env: {
            HOLD,
            DUMP_ALL,
            ...proofSql(look.databases, look.major),
            EXPECTED: look.oids,
            PLAIN: isPlain ? "1" : "",
          },
          folders: [{ path: part, at: "/dump", writable: true }],
        },
        numbered("dumping the database", look.databases, said),
      ),
    );
    const { version, major, systemIdentifier, databases } = look;
    await sealDump(part, { version, major, systemIdentifier, databases }, parseProof(printed, major));
    await rename(part, dir);
    await syncFolder(dirname(dir));
  } catch (error) {
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

function refuseWhatDumpsLose(look: ServerLook): void {
  if (look.tablespaces.length > 0) {
    throw new OperatorError(
      "DATABASE_TABLESPACES",
      `The database server keeps data outside of its volume, in the tablespaces ${look.tablespaces.join(", ")}.`,
      { hint: "move it with `ALTER DATABASE ... SET TABLESPACE pg_default`, then drop them" },
    );
  }
  if (look.preparedTransactions > 0) {
    throw new OperatorError(
      "DATABASE_PREPARED",
      `${look.preparedTransactions} prepared transactions are open, and a dump has none of what they changed.`,
      { hint: "end them with COMMIT PREPARED or ROLLBACK PREPARED; see pg_prepared_xacts" },
    );
  }
  if (look.garbled.length > 0) {
    throw new OperatorError(
      "DATABASE_NAME",
      `The name ${JSON.stringify(look.garbled[0])} cannot be spelt in that database's own encoding, so it would be restored under another one.`,
      { hint: "rename that database to plain letters" },
    );
  }
  if (look.closed.length > 0) {
    throw new OperatorError(
      "DATABASE_CLOSED",
      `Nobody may enter the databases ${look.closed.join(", ")}, so they cannot be dumped.`,
      {
        hint: "open them with `ALTER DATABASE ... ALLOW_CONNECTIONS true`, or drop them",
      },
    );
  }
}

/** Those of pg_dump and of the proof, beside one for each database: all are held at one moment. */
const CONNECTIONS_BESIDES = 5;

/** In the middle of it the server would only say that it has too many clients. */
function refuseFewConnections({ databases, freeConnections }: ServerLook): void {
  const needed = databases.length + CONNECTIONS_BESIDES;
  if (needed <= freeConnections) return;
  throw new OperatorError(
    "DATABASE_CONNECTIONS",
    `A dump of ${databases.length} databases as of one moment takes ${needed} connections, and the server has ${freeConnections} left.`,
    { hint: "drop databases that nobody needs, or raise max_connections and restart the server" },
  );
}

const LOOK_EVERY_MS = 2000;

/** Says with what was last said how much lies in a folder by now: `dumping the database a (1 of 2): 120 MB so far`. */
async function whileGrowing<T>(dir: string, progress: Progress, work: (said: Progress) => Promise<T>): Promise<T> {
  let last: string | null = null;
  const timer = setInterval(() => {
    // What is looked at is being written, and only to be shown.
    void sizeOf(dir).then(
      bytes => last !== null && progress(`${last}: ${Math.ceil(bytes / 1e6)} MB so far`),
      () => undefined,
    );
  }, LOOK_EVERY_MS);
  try {
    return await work(text => {
      last = text;
      progress(text);
    });
  } finally {
    last = null;
    clearInterval(timer);
  }
}

async function sizeOf(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter(each => each.isFile()).map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Turns a script's `progress N` into words. */
export const numbered =
  (text: string, databases: readonly string[], progress: Progress) =>
  (line: string): void => {
    const number = /^progress (\d+)$/.exec(line)?.[1];
    if (number !== undefined) progress(`${text} ${databases[Number(number) - 1] ?? number} (${number} of ${databases.length})`);
  };
