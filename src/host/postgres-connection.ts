import { OperatorError } from "../errors.ts";
import { docker } from "./command.ts";
import type { Executor } from "./exec.ts";
import type { Helper, Helpers } from "./helper-container.ts";
import type { DatabaseAccess } from "./world.ts";

/**
 * Session settings that make values read and written the same everywhere, whatever servers, databases and roles set for themselves,
 * and that let no time limit of theirs end a long dump.
 */
const SESSION = [
  "DateStyle=ISO,MDY",
  "IntervalStyle=postgres",
  "TimeZone=UTC",
  "bytea_output=hex",
  "extra_float_digits=3",
  "lc_monetary=C",
  "row_security=off",
  "default_transaction_read_only=off",
  "statement_timeout=0",
  "lock_timeout=0",
  "idle_in_transaction_session_timeout=0",
  "client_min_messages=warning",
];

/** Nothing in a database can slip its own function or table under the names that our queries use. */
const OWN_QUERIES = ["search_path=pg_catalog", "jit=off"];

/** What is written becomes durable by the checkpoint at the end, not row by row. */
const LOADING = ["synchronous_commit=off", "maintenance_work_mem=256MB"];

const options = (settings: readonly string[]): string => settings.map(each => `-c ${each}`).join(" ");

/** How helpers name themselves to the server (`application_name`), by which a session that a killed run left is recognised. */
export const APPLICATION = "graph-mgr";

export type Work = Pick<Helper, "purpose" | "title" | "script"> & Partial<Pick<Helper, "args" | "env" | "folders" | "writesTo">>;

export interface Connection {
  /** Runs the work with PGHOST, PGUSER and PGPASSWORD set. */
  run(work: Work, onLine?: (line: string) => void): Promise<string>;
}

/**
 * To the server in a running container, from a helper in the same network namespace.
 *
 * By the container's own address, not by 127.0.0.1: the official images trust whoever comes from there, so a wrong password
 * would pass unseen and the application, which comes by the network, would be refused later.
 * @throws OperatorError DATABASE_NOT_RUNNING
 */
export async function connect(executor: Executor, helpers: Helpers, access: DatabaseAccess): Promise<Connection> {
  const said = await executor.run(
    docker(
      "inspect",
      "--type=container",
      "--format=[{{json .State}},{{json .NetworkSettings.Networks}},{{json .Name}}]",
      access.containerId,
    ),
  );
  const [state, networks, name] = JSON.parse(said) as [
    { Running: boolean; Paused: boolean; Status: string },
    Record<string, { IPAddress?: string; GlobalIPv6Address?: string }> | null,
    string,
  ];
  if (!state.Running || state.Paused) {
    const status = state.Paused ? "paused" : state.Status;
    throw new OperatorError(
      "DATABASE_NOT_RUNNING",
      `The database container ${name.replace(/^\//, "")} is not running (${status}).`,
      {
        hint: "start the instance's Postgres first",
      },
    );
  }
  const addresses = Object.values(networks ?? {}).flatMap(each => [each.IPAddress, each.GlobalIPv6Address]);
  const host = addresses.find(address => address !== undefined && address !== "") ?? "127.0.0.1";
  return {
    run: (work, onLine) =>
      helpers.run(
        {
          ...work,
          image: access.helperImage,
          // Postgres's tools need no rights at all, and what they write shall be ours.
          user: `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
          joins: access.containerId,
          password: access.password,
          env: {
            PGHOST: host,
            PGPORT: "5432",
            PGUSER: access.user,
            PGDATABASE: access.database,
            PGAPPNAME: APPLICATION,
            PGCONNECT_TIMEOUT: "15",
            PGOPTIONS: options([...SESSION, ...OWN_QUERIES]),
            LOADING: options([...SESSION, ...LOADING]),
            ...work.env,
          },
        },
        onLine,
      ),
  };
}

/** `psql` as every script calls it: no start-up file, no prompt, bare values in UTF-8, and the first error ends it. */
export const PSQL =
  "env PGCLIENTENCODING=UTF8 psql --no-psqlrc --no-password --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1";
