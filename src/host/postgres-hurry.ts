import type { Connection } from "./postgres-connection.ts";
import { QUERY } from "./postgres-scripts.ts";

/**
 * Settings of the whole server while it is filled: no checkpoint in the middle (each makes the next writes of every page twice as large), and
 * nobody who analyses half a table. All take effect without a restart, and none of them endangers data where a cut leaves it behind.
 */
const SETTINGS = { autovacuum: "off", checkpoint_timeout: "30min", max_wal_size: "4GB" } as const;

const NAMES = Object.keys(SETTINGS);
const RELOAD = "SELECT pg_reload_conf() \\g /dev/null";

/** For psql. */
export const HURRY = [...Object.entries(SETTINGS).map(([name, value]) => `ALTER SYSTEM SET ${name} = '${value}';`), RELOAD].join(
  "\n",
);

/** One statement a setting that brings back what ALTER SYSTEM had set, or that it had set nothing. */
const BEFORE = `SELECT coalesce(was.statement, format('ALTER SYSTEM RESET %I;', own.name)) FROM unnest(ARRAY['${NAMES.join("', '")}']) own (name)
LEFT JOIN LATERAL (SELECT format('ALTER SYSTEM SET %I = %L;', f.name, f.setting) AS statement FROM pg_file_settings f
  WHERE f.name = own.name AND f.sourcefile ~ '/postgresql[.]auto[.]conf$' ORDER BY f.seqno DESC LIMIT 1) was ON true`;

/** What puts the settings back as they are now: statements for psql, to be kept where a cut does not reach them before HURRY is run. */
export async function calmOf(connection: Connection): Promise<string> {
  const statements = await connection.run({
    purpose: "look",
    title: "Looking at the settings of the database server",
    script: QUERY,
    env: { SQL: BEFORE },
  });
  return `${statements.trim()}\n${RELOAD}`;
}
