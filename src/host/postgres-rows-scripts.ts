import { MANY_BUCKETS } from "../domain/database-changes.ts";
import { PSQL } from "./postgres-connection.ts";
import { BY_TEXT, HASH, LINKS } from "./postgres-proof-sql.ts";

/**
 * Scripts that bring single tables of a copy up to their source. /dump/wanted.json says which: `[number, schema, name]`, then of what is to be looked
 * through or moved the buckets, or the places of rows in the source and in the copy, or null for all of the table. A row's bucket is a part of
 * the hash that proofs are made of, so both sides have the same. Names are quoted by us: which words `quote_ident` quotes depends on the major.
 */

const WANTED = `FROM json_array_elements(:'wanted'::json) w
  JOIN pg_namespace n ON n.nspname = w ->> 1
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w ->> 2 AND c.relkind = 'r'`;

const quote = (name: string): string => `'"' || replace(${name}, '"', '""') || '"'`;

const BUCKET = `& ${MANY_BUCKETS - 1}`;

/** @param byText of servers before 14, which hash a row by its text */
const hash = (byText: boolean): string => `(${byText ? BY_TEXT : HASH} FROM ${LINKS} a WHERE a.attrelid = c.oid)`;

/** A list in JSON as one of Postgres. */
const list = (element: number): string => `translate(w ->> ${element}, '[]', '{}')`;

/** Each row's hash, counted once: without the OFFSET the planner would put the whole expression wherever it is used. */
const hashed = (columns: string): string => `(SELECT ${columns}%s AS h FROM ONLY %s AS x OFFSET 0) r`;

const RELATION = `${quote("n.nspname")} || '.' || ${quote("c.relname")}`;

/** Prints `[number, bucket, "rows sum"]`, a line each. */
export const bucketsSql = (byText: boolean): string => `\\set wanted \`cat /dump/wanted.json\`
SELECT format('SELECT json_build_array(%s, h ${BUCKET}, count(*) || '' '' || sum(h)) FROM ${hashed("")} GROUP BY h ${BUCKET}',
  w ->> 0, ${hash(byText)}, ${RELATION})
${WANTED} \\gexec
`;

/** Prints `[number, place, hash]` of each row in the wanted buckets, a line each. */
export const placesSql = (byText: boolean): string => `\\set wanted \`cat /dump/wanted.json\`
SELECT format('SELECT json_build_array(%s, ctid, h::text) FROM ${hashed("x.ctid, ")} WHERE (h ${BUCKET})::int4 IN (SELECT unnest(%L::int4[]))',
  w ->> 0, ${hash(byText)}, ${RELATION}, ${list(3)})
${WANTED} \\gexec
`;

/**
 * For each table N.sql, which takes rows away and ends with the COPY that brings others, and N.rows, what that reads; and sequences.sql. A table to
 * which others refer cannot be truncated. What has a column that is generated computes it anew.
 */
export const rowsSql = (byText: boolean): string => `\\set wanted \`cat /dump/wanted.json\`
\\set sequences \`cat /dump/sequences.json\`
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
\\o /tmp/copy.sql
SELECT format(E'\\\\o /dump/%s.sql\\nSELECT %L;\\nCOPY (SELECT %s FROM ONLY %s AS x%s) TO STDOUT \\\\g /dump/%1$s.rows\\n', number,
  CASE WHEN of_copy IS NULL AND NOT is_referenced THEN 'TRUNCATE ONLY ' || relation ELSE concat('DELETE FROM ONLY ', relation, ' AS x', of_copy) END
    || format(E';\\nCOPY %s (%s) FROM STDIN;', relation, columns),
  columns, relation, of_source)
FROM (SELECT number, relation, columns, is_referenced, coalesce(of_bucket, of_source) AS of_source, coalesce(of_bucket, of_copy) AS of_copy
FROM (SELECT w ->> 0 AS number, ${RELATION} AS relation,
  (SELECT string_agg(${quote("a.attname")}, ', ' ORDER BY a.attnum) FROM pg_attribute a
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(to_jsonb(a) ->> 'attgenerated', '') = '') AS columns,
  EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid) AS is_referenced,
  CASE WHEN w ->> 3 IS NOT NULL THEN format(' WHERE ((%s) ${BUCKET})::int4 IN (SELECT unnest(%L::int4[]))', ${hash(byText)}, ${list(3)}) END AS of_bucket,
  CASE WHEN w ->> 4 IS NOT NULL THEN format(' WHERE x.ctid = ANY (%L::tid[])', ${list(4)}) END AS of_source,
  CASE WHEN w ->> 5 IS NOT NULL THEN format(' WHERE x.ctid = ANY (%L::tid[])', ${list(5)}) END AS of_copy
  ${WANTED}) s) t;
\\o
\\i /tmp/copy.sql
\\o /dump/sequences.sql
SELECT format('SELECT format(''SELECT pg_catalog.setval(%%L::regclass, %%s, %%L);'', %L, last_value, is_called) FROM %s', relation, relation)
FROM (SELECT ${quote("s ->> 0")} || '.' || ${quote("s ->> 1")} AS relation FROM json_array_elements(:'sequences'::json) s) t \\gexec
\\o
COMMIT;
`;

/** `SQL`. Prints what it returns. */
export const ASK = `printf '%s' "$SQL" > /tmp/asked.sql
exec ${PSQL} --file=/tmp/asked.sql`;

/** `SQL`. Each file under its name in /dump. */
export const DUMP_ROWS = `umask 077
printf '%s' "$SQL" > /tmp/rows.sql
exec ${PSQL} --file=/tmp/rows.sql`;

/**
 * `COUNT` of tables. All of a database in one transaction, which is whole or not there: the end of what goes into it is written last. As a replica, so
 * that no trigger does again what it did in the source, and rows may come in any order.
 */
export const LOAD_ROWS = `set -eu
{
  echo 'BEGIN;'
  number=1
  while [ "$number" -le "$COUNT" ]; do
    cat "/dump/$number.sql" "/dump/$number.rows" || exit 1
    printf '%s\\n' '\\.'
    number=$((number + 1))
  done
  cat /dump/sequences.sql || exit 1
  echo 'COMMIT;'
  : > /tmp/whole
} | PGOPTIONS="$LOADING -c search_path=pg_catalog -c jit=off -c session_replication_role=replica" ${PSQL} > /dev/null
[ -e /tmp/whole ]
${PSQL} --command=CHECKPOINT
`;
