import { PSQL } from "./postgres-connection.ts";

/**
 * The scripts of the Postgres helpers: POSIX sh, fixed texts. SQL comes in the environment, names of databases in files, so
 * that nothing is ever interpolated. A database is chosen by PGDATABASE, because `--dbname` reads `a=b` as a connection string.
 */

/** `SQL`. Prints what it returns. */
export const QUERY = `exec ${PSQL} --command="$SQL"`;

/** `SQL`, then `CONTENTS` in each database that can be entered; leaves their names in /tmp/databases. */
export const LOOK = `set -eu
${PSQL} --command="$SQL"
${PSQL} --command="SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname" > /tmp/databases
while IFS= read -r name; do PGDATABASE=$name ${PSQL} --command="$CONTENTS"; done < /tmp/databases
`;

/**
 * Proof of the databases in /tmp/databases (COUNT of them) by their numbers; in their exported snapshots, where /tmp/snapshot.N has one.
 * Reads BEGIN_SQL, ROWS_SQL, REST_SQL and BY_TEXT; leaves /tmp/entries.N and /tmp/lines.N. Where rows were proven before, in /tmp/rows.N, they stand there.
 */
const PROVE_ONE = `prove() { # NUMBER NAME
  snapshot=
  [ ! -e "/tmp/snapshot.$1" ] || snapshot=$(cat "/tmp/snapshot.$1")
  rows=
  [ -e "/tmp/rows.$1" ] || rows=$ROWS_SQL
  printf '%s' "$BEGIN_SQL" "$rows" "$REST_SQL" > "/tmp/database.$1.sql"
  encoding=$(PGDATABASE=$2 ${PSQL} --command='SHOW server_encoding')
  # Bytes of no known encoding stay as they are; all others are printed in ours.
  [ "$encoding" = SQL_ASCII ] || encoding=UTF8
  PGDATABASE=$2 pg_dump --no-password --schema-only --quote-all-identifiers --encoding="$encoding" \${snapshot:+--snapshot="$snapshot"} --file="/tmp/schema.$1" & schema=$!
  PGDATABASE=$2 ${PSQL} \${snapshot:+--set=snapshot="$snapshot"} \${BY_TEXT:+--set=by_text=1} \${LISTS:+--set=lists=1} --file="/tmp/database.$1.sql" > "/tmp/entries.$1"
  wait "$schema"
  sed 's/^/S/' "/tmp/schema.$1" > "/tmp/lines.$1"
}
`;

/** The database with the number N in `DATABASES`, a line each. Line breaks in names were refused before. */
const OF_NUMBER = `name_of() { sed -n "$1p" /tmp/databases; }
`;
const NAME_OF = `printf '%s\\n' "$DATABASES" > /tmp/databases
${OF_NUMBER}`;

/** What NAME_OF and PROVE_ONE take, COUNT, SEQUENCES_SQL, CLUSTER_SQL. Prints a proof for postgres-proof-lines.ts. */
const PROVE_ALL = `${PROVE_ONE}printf '%s' "$CLUSTER_SQL" > /tmp/cluster.sql
printf '%s' "$SEQUENCES_SQL" > /tmp/sequences.sql
${PSQL} --file=/tmp/cluster.sql
number=1
while [ "$number" -le "$COUNT" ]; do
  name=$(name_of "$number")
  PGDATABASE=$name ${PSQL} --file=/tmp/sequences.sql
  prove "$number" "$name"
  cat "/tmp/entries.$number"
  [ ! -e "/tmp/rows.$number" ] || cat "/tmp/rows.$number"
  cat "/tmp/lines.$number"
  number=$((number + 1))
done
`;

/** The line between what LOOK prints and the proof. */
export const PROOF_FOLLOWS = "proof";

/** What LOOK and PROVE_ALL take, but for NAME_OF's; prints what both print. In one, because a helper that starts takes longer than a small database. */
export const PROVE = `${LOOK}echo ${PROOF_FOLLOWS}
case $(PGDATABASE=template1 ${PSQL} --command="$CONTENTS") in *', 0]')
  grep -vx template1 /tmp/databases > /tmp/filled || true
  mv /tmp/filled /tmp/databases
esac
COUNT=$(wc -l < /tmp/databases)
[ "$(${PSQL} --command="SHOW server_version_num")" -ge 140000 ] || BY_TEXT=1
${OF_NUMBER}${PROVE_ALL}`;

/**
 * Takes a snapshot of each database and holds them all, one psql inside the other, before the first is dumped: what is
 * dumped was there at one early moment, whatever is written meanwhile. Then DUMP_ALL, then each snapshot is seen to have held.
 */
export const DUMP = `set -eu
printf '%s\\n' "$DATABASES" > /tmp/databases
printf '%s' "$CLUSTER_SQL" > /tmp/cluster.sql
printf '%s' "$SEQUENCES_SQL" > /tmp/sequences.sql
cat > /tmp/hold.sql <<'SQL'
SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout' \\g /dev/null
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\gset
\\setenv SNAPSHOT :snapshot
\\! sh -c "$HOLD" hold </dev/null
COMMIT;
SQL
export LEVEL=0
sh -c "$HOLD" hold
[ -e /tmp/done ]
`;

/** One level of holding; see DUMP. */
export const HOLD = `set -eu
[ "$LEVEL" -eq 0 ] || printf '%s' "$SNAPSHOT" > "/tmp/snapshot.$LEVEL"
[ "$LEVEL" -lt "$COUNT" ] || exec sh -c "$DUMP_ALL" dump
LEVEL=$((LEVEL + 1))
export LEVEL
PGDATABASE=$(sed -n "\${LEVEL}p" /tmp/databases)
export PGDATABASE
exec ${PSQL} --file=/tmp/hold.sql
`;

/** As many processes as there are cores, within reason. */
const JOBS = `jobs=$(nproc 2>/dev/null || echo 2)
[ "$jobs" -ge 2 ] || jobs=2
[ "$jobs" -le 8 ] || jobs=8
`;

/**
 * lz4 takes a third of the time that gzip takes at its fastest (docs/decisions.md), and that time is in the window. Tools before 16 do not know it,
 * and those of later ones may be built without it. `PLAIN`: none at all.
 */
const COMPRESSION = `compression=1
if [ -n "$PLAIN" ]; then
  compression=0
elif PGDATABASE=template1 pg_dump --no-password --schema-only --no-sync --format=custom --compress=lz4 --file=/dev/null 2>/dev/null; then
  compression=lz4
fi
`;

/** Into /dump: globals.sql and a folder a database, by number. EXPECTED: the oids of all databases when they were listed. */
export const DUMP_ALL = `set -eu
umask 077
${PROVE_ONE}${NAME_OF}${JOBS}${COMPRESSION}now=$(${PSQL} --command="SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_database")
[ "$now" = "$EXPECTED" ] || { echo 'databases were created or dropped while the dump began' >&2; exit 1; }
pg_dumpall --no-password --globals-only --quote-all-identifiers --file=/dump/globals.sql
${PSQL} --file=/tmp/cluster.sql
number=1
while [ "$number" -le "$COUNT" ]; do
  PGDATABASE=$(name_of "$number") ${PSQL} --set=snapshot="$(cat "/tmp/snapshot.$number")" --file=/tmp/sequences.sql
  number=$((number + 1))
done
number=1
while [ "$number" -le "$COUNT" ]; do
  name=$(name_of "$number")
  echo "progress $number"
  prove "$number" "$name" & proof=$!
  PGDATABASE=$name pg_dump --no-password --format=directory --jobs="$jobs" --compress="$compression" --snapshot="$(cat "/tmp/snapshot.$number")" --file="/dump/$number"
  wait "$proof"
  cat "/tmp/entries.$number" "/tmp/lines.$number"
  number=$((number + 1))
done
touch /tmp/done
`;

/** Takes away what an earlier restore left: its sessions, all databases, all roles but the first superuser and the one that we come as. */
const CLEAR = `cat > /tmp/clear.sql <<'SQL'
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid() \\g /dev/null
DO $$
DECLARE until timestamptz := clock_timestamp() + interval '60 s';
BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid());
    IF clock_timestamp() > until THEN RAISE 'sessions of an earlier restore do not end'; END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
END $$;
SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname) FROM pg_database WHERE datistemplate AND datname NOT IN ('template0', 'template1') \\gexec
SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname NOT IN ('template0', 'template1') \\gexec
SELECT 'DROP OWNED BY ' || string_agg(format('%I', rolname), ', ') FROM pg_roles WHERE rolname !~ '^pg_' AND oid <> 10 AND rolname <> current_user HAVING count(*) > 0 \\gexec
SELECT 'DROP ROLE ' || string_agg(format('%I', rolname), ', ') FROM pg_roles WHERE rolname !~ '^pg_' AND oid <> 10 AND rolname <> current_user HAVING count(*) > 0 \\gexec
SELECT format('ALTER ROLE %I RESET ALL', rolname) FROM pg_roles WHERE oid = 10 OR rolname = current_user \\gexec
SQL
${PSQL} --file=/tmp/clear.sql
`;

/**
 * A template1 as initdb makes it, from a database of our own, which is dropped again (by CLEAR, after a cut). The names are exchanged
 * in one transaction: a server without a template1 lets us in nowhere.
 */
const FRESH_TEMPLATE = `cat > /tmp/template.sql <<'SQL'
CREATE DATABASE "graph-mgr-fresh" TEMPLATE template0;
BEGIN;
ALTER DATABASE template1 RENAME TO "graph-mgr-old";
ALTER DATABASE "graph-mgr-fresh" RENAME TO template1;
ALTER DATABASE template1 IS_TEMPLATE true;
COMMIT;
ALTER DATABASE "graph-mgr-old" IS_TEMPLATE false;
DROP DATABASE "graph-mgr-old";
SQL
${PSQL} --command='CREATE DATABASE "graph-mgr-desk" TEMPLATE template0'
PGDATABASE=graph-mgr-desk ${PSQL} --file=/tmp/template.sql
${PSQL} --command='DROP DATABASE "graph-mgr-desk"'
`;

/** Takes everything away, and makes `DATABASE` anew, as it is in a server that nobody has used. */
export const EMPTY = `set -eu
export PGDATABASE=template1
${CLEAR}${FRESH_TEMPLATE}cat > /tmp/empty.sql <<'SQL'
CREATE DATABASE postgres;
SELECT format('CREATE DATABASE %I', :'name') WHERE :'name' <> 'postgres' \\gexec
SQL
${PSQL} --set=name="$DATABASE" --file=/tmp/empty.sql
`;

/**
 * Rows are proven as soon as all of them are in, while indexes are still made: into /tmp/rows.N. pg_restore says which item it has finished; where it
 * says so in other words, its end is waited for. A table is locked alone and not for longer than it is read, and should it be in the way
 * all the same, this gives way, and its rows are proven with the rest.
 */
const PROVE_ROWS = `prove_rows() { # NUMBER
  printf '%s' "$ROWS_SQL" > "/tmp/rows.$1.sql"
  all=$(pg_restore --list "/dump/$1" | grep -c ' TABLE DATA ') || true
  while [ ! -e "/tmp/restored.$1" ] && [ "$(grep -c 'finished item [0-9]* TABLE DATA ' "/tmp/said.$1")" -lt "$all" ]; do sleep 0.1; done
  PGDATABASE=$(name_of "$1") PGOPTIONS="$PGOPTIONS -c deadlock_timeout=100ms" \
    ${PSQL} \${BY_TEXT:+--set=by_text=1} --file="/tmp/rows.$1.sql" > "/tmp/rows.$1.part" || return 0
  mv "/tmp/rows.$1.part" "/tmp/rows.$1"
}
`;

/**
 * Takes away what an earlier restore left. Then the globals in one transaction, after which that role has the password that it had
 * before; then the databases; then, all at once, statistics, a checkpoint and the proof of what is there now.
 *
 * The globals never come before psql's eyes, which would carry out `\!` on this side: the server gets them as one text, which no error
 * and no log repeats, because there are passwords in it.
 *
 * `TEMPLATE1` the number of its dump or 0; and what NAME_OF, PROVE_ROWS and PROVE_ALL take. Prints a proof.
 */
export const RESTORE = `set -eu
export PGDATABASE=template1
${NAME_OF}${PROVE_ROWS}${JOBS}${CLEAR}if [ "$TEMPLATE1" != 0 ]; then
${FRESH_TEMPLATE}fi
${PSQL} --command="SELECT format('CREATE ROLE \\"%s\\";', replace(rolname, '\\"', '\\"\\"')) FROM pg_roles WHERE oid = 10 OR rolname = current_user" > /tmp/kept
key=$(sed -n 's/^\\\\restrict \\([A-Za-z0-9]*\\)$/\\1/p' /dump/globals.sql | head -n 1)
printf '%s\\n' "\\\\restrict $key" "\\\\unrestrict $key" >> /tmp/kept
grep -vxF -f /tmp/kept /dump/globals.sql > /tmp/globals.sql
encoding=$(sed -n "s/^SET client_encoding = '\\([A-Za-z0-9_]*\\)';$/\\1/p" /tmp/globals.sql | head -n 1)
cat > /tmp/roles.sql <<'SQL'
\\set VERBOSITY terse
BEGIN;
SELECT set_config(name, wanted, true) FROM (VALUES ('log_error_verbosity', 'terse'), ('log_min_error_statement', 'panic')) v(name, wanted)
WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) \\g /dev/null
SELECT rolpassword AS kept FROM pg_authid WHERE rolname = current_user \\gset
\\encoding :encoding
\\set globals \`cat /tmp/globals.sql\`
SELECT set_config('graph_mgr.globals', :'globals', true) \\g /dev/null
DO 'BEGIN EXECUTE current_setting(''graph_mgr.globals''); END';
\\if :{?kept}
ALTER ROLE CURRENT_USER PASSWORD :'kept';
\\else
ALTER ROLE CURRENT_USER PASSWORD NULL;
\\endif
COMMIT;
SQL
${PSQL} --set=encoding="\${encoding:-UTF8}" --file=/tmp/roles.sql
proving=
number=1
while [ "$number" -le "$COUNT" ]; do
  echo "progress $number"
  : > "/tmp/said.$number"
  if [ "$number" = "$TEMPLATE1" ]; then
    PGOPTIONS=$LOADING pg_restore --no-password --exit-on-error --single-transaction --dbname=template1 "/dump/$number"
  else
    prove_rows "$number" & proving="$proving $!"
    LC_ALL=C PGOPTIONS=$LOADING pg_restore --no-password --exit-on-error --create --jobs="$jobs" --verbose --dbname=template1 "/dump/$number" 2> "/tmp/said.$number" || {
      grep -vE '^pg_restore: (connecting|creating|entering|executing|finished|launching|processing) ' "/tmp/said.$number" >&2
      exit 1
    }
    touch "/tmp/restored.$number"
  fi
  number=$((number + 1))
done
echo restored
settle() {
  while IFS= read -r name; do
    PGDATABASE=$name PGOPTIONS=$LOADING ${PSQL} --command=ANALYZE
  done < /tmp/databases
  ${PSQL} --command=CHECKPOINT
}
settle & settling=$!
for each in $proving; do wait "$each"; done
${PROVE_ALL}wait "$settling"
`;

/** `COUNT`. Has pg_restore read every dump of /dump to its end, as a restore would. */
export const READ_BACK = `set -eu
number=1
while [ "$number" -le "$COUNT" ]; do
  echo "progress $number"
  pg_restore --file=/dev/null "/dump/$number"
  number=$((number + 1))
done
`;
