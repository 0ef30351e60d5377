/** The queries of `describe`, for psql: one line of JSON for the server, then one for each database that can be entered. */

/** Who is connected besides ourselves, and how far the server has counted: keys and values of a JSON object. */
const ACTIVITY = `'sessions', (SELECT coalesce(json_agg(json_build_object('database', coalesce(datname, ''), 'user', coalesce(usename, ''),
      'application', application_name, 'address', host(client_addr), 'state', coalesce(state, '')) ORDER BY pid), '[]')
    FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') AND application_name <> current_setting('application_name')),
  'nextTransactionId', txid_snapshot_xmax(txid_current_snapshot())::text`;

/** One line of JSON. */
export const ACTIVITY_ALONE = `SELECT json_build_object(${ACTIVITY})`;

/** What Postgres makes itself, templates left out: what it says about the server as a whole. */
export const SERVER = `SELECT json_build_object(
  'version', current_setting('server_version'),
  'major', current_setting('server_version_num')::int / 10000,
  'systemIdentifier', (SELECT system_identifier::text FROM pg_control_system()),
  'checksums', current_setting('data_checksums') = 'on',
  'superuser', current_setting('is_superuser') = 'on',
  'tablespaces', (SELECT coalesce(json_agg(spcname ORDER BY spcname), '[]') FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
  'preparedTransactions', (SELECT coalesce(json_agg(gid ORDER BY gid), '[]') FROM pg_prepared_xacts),
  'replicationSlots', (SELECT coalesce(json_agg(slot_name ORDER BY slot_name), '[]') FROM pg_replication_slots WHERE NOT temporary),
  ${ACTIVITY},
  'startedAt', to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
`;

/** Collations that an index depends on and that were made with another version of their library. */
const CHANGED = `(SELECT coalesce(json_agg(DISTINCT n.nspname || '.' || c.collname), '[]') FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
    WHERE c.collversion IS NOT NULL AND c.collversion IS DISTINCT FROM pg_collation_actual_version(c.oid)
      AND EXISTS (SELECT FROM pg_index i WHERE c.oid = ANY (i.indcollation::oid[])))`;

const TABLES = `(SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'v', 'S', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e'))`;

const database = (versions: string): string => `SELECT json_build_object('name', d.datname, 'sizeBytes', pg_database_size(d.oid),
  'tables', ${TABLES},
  'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype, 'isTemplate', d.datistemplate,
  'provider', CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
  'collationVersion', ${versions},
  'changedCollations', ${CHANGED},
  'subscriptions', (SELECT coalesce(json_agg(s.subname ORDER BY s.subname), '[]') FROM pg_subscription s WHERE s.subdbid = d.oid),
  'extensions', (SELECT coalesce(json_agg(json_build_object('name', extname, 'version', extversion) ORDER BY extname), '[]') FROM pg_extension))
FROM pg_database d WHERE d.datname = current_database();
`;

/** Servers before 15 know no versions of a database's own collation, nor the function. */
export const EACH = `SELECT current_setting('server_version_num')::int >= 150000 AS knows \\gset
\\if :knows
${database("json_build_object('recorded', d.datcollversion, 'actual', pg_database_collation_actual_version(d.oid))")}\\else
${database("json_build_object('recorded', NULL, 'actual', NULL)")}\\endif
`;
