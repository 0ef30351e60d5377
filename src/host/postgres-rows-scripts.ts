import { PSQL } from "./postgres-connection.ts";
import { PROVE } from "./postgres-scripts.ts";

/**
 * Scripts that bring single tables of a copy up to their source. /dump/wanted.json says which: `[name of its files, schema, name]`, then of what is to be
 * moved the places of rows in the source and in the copy, or null for all of the table. Names are quoted by us: which words `quote_ident` quotes
 * depends on the major.
 */

const WANTED = `FROM json_array_elements(:'wanted'::json) w
  JOIN pg_namespace n ON n.nspname = w ->> 1
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w ->> 2 AND c.relkind = 'r'`;

const quote = (name: string): string => `'"' || replace(${name}, '"', '""') || '"'`;

/** A list in JSON as one of Postgres. */
const list = (element: number): string => `translate(w ->> ${element}, '[]', '{}')`;

const RELATION = `${quote("n.nspname")} || '.' || ${quote("c.relname")}`;

/**
 * For each table N.sql, which takes rows away and ends with the COPY that brings others, and N.rows, what that reads; and sequences.sql. A table to
 * which others refer cannot be truncated. What has a column that is generated computes it anew.
 */
export const rowsSql = `\\set wanted \`cat /dump/wanted.json\`
\\set sequences \`cat /dump/sequences.json\`
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
\\o /tmp/copy.sql
SELECT format(E'\\\\o /dump/%s.sql\\nSELECT %L;\\nCOPY (SELECT %s FROM ONLY %s AS x%s) TO STDOUT \\\\g /dump/%1$s.rows\\n', number,
  CASE WHEN of_copy IS NULL AND NOT is_referenced THEN 'TRUNCATE ONLY ' || relation ELSE concat('DELETE FROM ONLY ', relation, ' AS x', of_copy) END
    || format(E';\\nCOPY %s (%s) FROM STDIN;', relation, columns),
  columns, relation, of_source)
FROM (SELECT w ->> 0 AS number, ${RELATION} AS relation,
  (SELECT string_agg(${quote("a.attname")}, ', ' ORDER BY a.attnum) FROM pg_attribute a
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(to_jsonb(a) ->> 'attgenerated', '') = '') AS columns,
  EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confrelid = c.oid) AS is_referenced,
  CASE WHEN w ->> 3 IS NOT NULL THEN format(' WHERE x.ctid = ANY (%L::tid[])', ${list(3)}) END AS of_source,
  CASE WHEN w ->> 4 IS NOT NULL THEN format(' WHERE x.ctid = ANY (%L::tid[])', ${list(4)}) END AS of_copy
  ${WANTED}) t;
\\o
\\i /tmp/copy.sql
\\o /dump/sequences.sql
SELECT format('SELECT format(''SELECT pg_catalog.setval(%%L::regclass, %%s, %%L);'', %L, last_value, is_called) FROM %s', relation, relation)
FROM (SELECT ${quote("s ->> 0")} || '.' || ${quote("s ->> 1")} AS relation FROM json_array_elements(:'sequences'::json) s) t \\gexec
\\o
COMMIT;
`;

/** `SQL`, which writes files into /dump. */
export const WRITE_FILES = `umask 077
printf '%s' "$SQL" > /tmp/rows.sql
exec ${PSQL} --file=/tmp/rows.sql`;

/**
 * Of each of the databases `FOLLOWING`, a line each, /dump/N: as many tables as its file `count` says. All of a database in one transaction, which is whole or
 * not there: the end of what goes into it is written last. As a replica, so that no trigger does again what it did in the source, and rows
 * may come in any order. Then the proof of what is there, because a helper that starts takes longer than to prove a small database.
 */
export const LOAD_AND_PROVE = `set -eu
load() { # FOLDER
  echo 'BEGIN;'
  number=1
  count=$(cat "$1/count")
  while [ "$number" -le "$count" ]; do
    cat "$1/$number.sql" "$1/$number.rows" || exit 1
    printf '%s\\n' '\\.'
    number=$((number + 1))
  done
  cat "$1/sequences.sql" || exit 1
  echo 'COMMIT;'
  : > /tmp/whole
}
printf '%s\\n' "$FOLLOWING" > /tmp/following
index=0
while IFS= read -r name; do
  index=$((index + 1))
  rm -f /tmp/whole
  load "/dump/$index" | PGDATABASE=$name PGOPTIONS="$LOADING -c search_path=pg_catalog -c jit=off -c session_replication_role=replica" ${PSQL} > /dev/null
  [ -e /tmp/whole ]
done < /tmp/following
${PSQL} --command=CHECKPOINT
${PROVE}`;
