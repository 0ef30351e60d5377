import { OperatorError } from "../errors.ts";
import type { Connection } from "./postgres-connection.ts";
import { LOOK } from "./postgres-scripts.ts";

/** What has to be known of a server before it is dumped, proven or filled. */
export interface ServerLook {
  readonly version: string;
  readonly major: number;
  readonly systemIdentifier: string;
  readonly superuser: boolean;
  /** oids of all databases, to notice one that comes or goes. */
  readonly oids: string;
  /** Of what a dump takes: all but the templates that initdb made, except `template1` when somebody put tables into it. */
  readonly databases: readonly string[];
  /** Names of databases that nobody may enter, so that they cannot be dumped. */
  readonly closed: readonly string[];
  /** Users' tables in each database, `template1` included. */
  readonly tables: Readonly<Record<string, number>>;
  readonly tablespaces: readonly string[];
  readonly preparedTransactions: number;
  /** How many more connections the server takes. */
  readonly freeConnections: number;
  readonly replicationSlots: readonly string[];
  readonly roles: readonly string[];
  /** Databases whose name is spelt in another encoding than their own: pg_restore would create them under a garbled one. */
  readonly garbled: readonly string[];
}

const SQL = `SELECT json_build_object(
  'version', current_setting('server_version'),
  'major', current_setting('server_version_num')::int / 10000,
  'systemIdentifier', (SELECT system_identifier::text FROM pg_control_system()),
  'superuser', current_setting('is_superuser') = 'on',
  'oids', (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_database),
  'closed', (SELECT coalesce(json_agg(datname), '[]') FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'),
  'tablespaces', (SELECT coalesce(json_agg(spcname), '[]') FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
  'preparedTransactions', (SELECT count(*) FROM pg_prepared_xacts),
  'freeConnections', current_setting('max_connections')::int - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
  'replicationSlots', (SELECT coalesce(json_agg(slot_name), '[]') FROM pg_replication_slots WHERE NOT temporary),
  'garbled', (SELECT coalesce(json_agg(d.datname), '[]') FROM pg_database d JOIN pg_database t ON t.datname = 'template1'
    WHERE d.datname ~ '[^ -~]' AND d.encoding <> t.encoding AND pg_encoding_to_char(d.encoding) <> 'SQL_ASCII'),
  'roles', (SELECT json_agg(rolname) FROM pg_roles))`;

const CONTENTS = `SELECT json_build_array(current_database(), count(*)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

/** What the script LOOK finds in its environment. */
export const LOOK_SQL = { SQL, CONTENTS } as const;

/** @throws OperatorError DATABASE_LOGIN, DATABASE_TOO_OLD, DATABASE_RIGHTS */
export async function lookAtServer(connection: Connection): Promise<ServerLook> {
  return parseLook(
    await connection.run({ purpose: "look", title: "Looking at the databases", script: LOOK, env: { ...LOOK_SQL } }),
  );
}

/** Of what LOOK printed. @throws OperatorError DATABASE_TOO_OLD, DATABASE_RIGHTS, DATABASE_NAME */
export function parseLook(printed: string): ServerLook {
  const [first = "", ...rest] = printed.split("\n");
  const server = JSON.parse(first) as Omit<ServerLook, "databases" | "tables">;
  const tables = Object.fromEntries(rest.filter(line => line !== "").map(line => JSON.parse(line) as [string, number]));
  if (server.major < 11) {
    throw new OperatorError(
      "DATABASE_TOO_OLD",
      `The database server is Postgres ${server.version}; its rows can be compared from Postgres 11 on.`,
    );
  }
  if (!server.superuser) {
    throw new OperatorError("DATABASE_RIGHTS", "The database user is no superuser, so roles and large objects cannot be read.", {
      hint: "set POSTGRES_USER to the user that the database was created with",
    });
  }
  const databases = Object.keys(tables).filter(name => name !== "template1" || (tables[name] ?? 0) > 0);
  const odd = [...databases, ...server.roles].find(name => /[\r\n]/.test(name));
  if (odd !== undefined) {
    throw new OperatorError(
      "DATABASE_NAME",
      `The name ${JSON.stringify(odd)} has a line break in it, which pg_dump does not take.`,
      {
        hint: "rename that database or role",
      },
    );
  }
  return { ...server, databases, tables };
}
