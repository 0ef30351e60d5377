import type { PostgresActivity } from "../domain/postgres-facts.ts";
import { OperatorError } from "../errors.ts";
import { docker } from "./command.ts";
import type { Executor } from "./exec.ts";
import type { Helpers } from "./helper-container.ts";
import { clusterStateOf } from "./postgres-cluster-state.ts";
import { type Connection, connect } from "./postgres-connection.ts";
import { describeServer } from "./postgres-describe.ts";
import { ACTIVITY_ALONE } from "./postgres-describe-sql.ts";
import { dumpServer } from "./postgres-dump.ts";
import { readProof } from "./postgres-dump-files.ts";
import { imageDescriber } from "./postgres-image.ts";
import { proveServer } from "./postgres-prove.ts";
import { emptyServer, restoreServer } from "./postgres-restore.ts";
import { followRows } from "./postgres-rows.ts";
import { QUERY } from "./postgres-scripts.ts";
import { readBack } from "./postgres-verify.ts";
import type { DatabaseAccess, Postgres } from "./world.ts";

const CHECK = `SELECT json_build_object('version', current_setting('server_version'),
  'sizeBytes', (SELECT coalesce(sum(pg_database_size(oid)), 0) FROM pg_database WHERE has_database_privilege(oid, 'CONNECT')),
  'databases', (SELECT coalesce(json_agg(datname ORDER BY datname COLLATE "C"), '[]') FROM pg_database WHERE datallowconn AND NOT datistemplate))`;

export function createPostgres(executor: Executor, helpers: Helpers): Postgres {
  const describeImage = imageDescriber(executor, helpers);
  const open = async (access: DatabaseAccess): Promise<Connection> => {
    const connection = await connect(executor, helpers, access);
    return {
      run: (work, onLine) =>
        connection.run(work, onLine).catch(error => {
          // What comes later has logged in before.
          throw ["check", "look", "prove"].includes(work.purpose) ? asLoginFailure(access, error) : error;
        }),
    };
  };
  /** What the server itself was started from, whatever image the helper has. */
  const imageOf = async ({ containerId }: DatabaseAccess): Promise<string> =>
    await executor.run(docker("inspect", "--type=container", "--format={{.Image}}", containerId));
  return {
    async check(access) {
      const connection = await open(access);
      const printed = await connection.run({
        purpose: "check",
        title: "Logging in to the database",
        script: QUERY,
        env: { SQL: CHECK },
      });
      return JSON.parse(printed) as { version: string; sizeBytes: number; databases: string[] };
    },
    async describe(access) {
      const [connection, own] = await Promise.all([open(access), imageOf(access)]);
      const image = await describeImage(own);
      if (image === null) throw new OperatorError("NO_POSTGRES", `There is no Postgres in the image ${own}.`);
      return await describeServer(connection, image);
    },
    async activity(access) {
      const connection = await open(evenWithoutDatabase(access));
      const look = { purpose: "look", title: "Looking who is on the database", script: QUERY, env: { SQL: ACTIVITY_ALONE } };
      return JSON.parse(await connection.run(look)) as PostgresActivity;
    },
    describeImage,
    dump: async (access, dir, progress, isPlain) => dumpServer(await open(access), dir, progress, isPlain),
    verify: (dir, helperImage, progress) => readBack(helpers, dir, helperImage, progress),
    proofOf: readProof,
    async restore(access, dir, progress) {
      const connection = await open(evenWithoutDatabase(access));
      return await restoreServer(connection, dir, progress);
    },
    async follow(source, target, changes, following) {
      const [from, to] = await Promise.all([open(evenWithoutDatabase(source)), open(evenWithoutDatabase(target))]);
      return await followRows({ source: from, target: to }, changes, following);
    },
    empty: async (access, dir) => emptyServer(await open(evenWithoutDatabase(access)), access.database, dir),
    prove: async (access, like, lists) => proveServer(await open(evenWithoutDatabase(access)), { like, lists }),
    clusterState: (volume, helperImage) => clusterStateOf(helpers, volume, helperImage),
  };
}

/**
 * A restore that was cut off may have left the server without the instance's own database: that is to be repaired by the next one,
 * and to be told as a difference by a proof. `template1` is always there.
 */
const evenWithoutDatabase = (access: DatabaseAccess): DatabaseAccess => ({ ...access, database: "template1" });

/** A login that Postgres refuses says so in its own words; what it says never holds the password. */
function asLoginFailure(access: DatabaseAccess, error: unknown): unknown {
  if (!(error instanceof OperatorError) || error.code !== "COMMAND_FAILED") return error;
  const said = /(?:psql: error: )?(connection to server[^\n]* failed: )([^\n]*)/.exec(error.message)?.[2];
  if (said === undefined) return error;
  return new OperatorError(
    "DATABASE_LOGIN",
    `Postgres does not let ${JSON.stringify(access.user)} into the database ${JSON.stringify(access.database)}: ${said.replace(/^FATAL: +/, "")}`,
    {
      hint: "compare POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB in the instance's .env with what the database was created with",
      cause: error.cause,
    },
  );
}
