/**
 * The queries that a proof is made of, for psql (`\gexec` runs what a query returns). Each prints lines of JSON, which
 * `postgres-proof-lines.ts` reads: `["entry" | "definition" | "sequence", [name parts], value]`, after `["in", database]`.
 *
 * Names come raw and are quoted by us: which words `quote_ident` quotes depends on the major.
 */

/** Tables and so on that belong to users: not Postgres's own, not an extension's. `c` is pg_class, `n` its namespace. */
const OF_USERS = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;

/** One snapshot for all that follows; an exported one where the variable is set. */
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
\\if :{?snapshot}
SET TRANSACTION SNAPSHOT :'snapshot';
\\endif
SELECT json_build_array('in', current_database());
`;

/**
 * How far each sequence has gone, so that more is always further: what it gives next, negated where it counts down.
 * Not from the snapshot: sequences do not wait for transactions. So it is read before the dump reads them.
 */
const SEQUENCES = `${BEGIN}
SELECT format('SELECT json_build_array(''sequence'', json_build_array(''sequence'', %L, %L), ((last_value::numeric + CASE WHEN is_called THEN %s ELSE 0 END) * %s)::text) FROM %I.%I',
  n.nspname, c.relname, s.seqincrement, sign(s.seqincrement)::int, n.nspname, c.relname)
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relpersistence <> 't' AND ${OF_USERS}
ORDER BY n.nspname, c.relname \\gexec
COMMIT;
`;

/**
 * Columns whose values go into a row's hash one after the other, each hash the seed of the next: the fastest way, and as exact as their
 * text. A 64-bit number goes in by both halves, because its own hash folds it into 32 bits. The hash of a `char(n)` leaves out the blanks
 * at its end, which all its values are filled up with; without a length it is text like any other.
 *
 * No more than a hundred of a table: calls within calls go as deep as the server's stack.
 */
export const LINKS = `(SELECT a.*, CASE
    WHEN number > 100 THEN NULL
    WHEN atttypid = ANY ('{bool,int2,int4}'::regtype[]) THEN 'hashint4extended(coalesce(x.%1$I::int4, 0), '
    WHEN atttypid = 'int8'::regtype THEN 'hashint8extended(coalesce(x.%1$I, 0), hashint4extended(coalesce((x.%1$I >> 32)::int4, 0), '
    WHEN atttypid = ANY ('{text,varchar}'::regtype[]) THEN 'hashtextextended(coalesce(x.%1$I, '''') COLLATE "C", '
    WHEN atttypid = 'bpchar'::regtype AND atttypmod > 0 THEN 'hashbpcharextended(coalesce(x.%1$I, '''') COLLATE "C", '
    WHEN atttypid = ANY ('{json,jsonb}'::regtype[]) THEN 'hashtextextended(coalesce(x.%1$I::text, '''') COLLATE "C", '
  END AS link
  FROM (SELECT *, row_number() OVER (PARTITION BY attrelid ORDER BY attname COLLATE "C") AS number FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped) a)`;

/** Types whose hash, the same in every major, tells apart whatever their text tells apart; times by 32 bits. Not those with several spellings of one value, like numeric. */
const EXACT = "'{oid,uuid,date,timestamp,timestamptz,bytea}'::regtype[]";

/** What the links begin with: a hash of all other columns, as one record of exact values and of the text of the rest. */
const FIELDS = `concat_ws(',',
    string_agg(format('x.%I', a.attname), ',' ORDER BY a.attname COLLATE "C") FILTER (WHERE link IS NULL AND a.atttypid = ANY (${EXACT})),
    '(ROW(' || string_agg(format('x.%I', a.attname), ',' ORDER BY a.attname COLLATE "C") FILTER (WHERE link IS NULL AND a.atttypid <> ALL (${EXACT})) || '))::text COLLATE "C"')`;

/** The hash of the row `x`. Columns in order of name, because an inherited table may come back with another order. */
export const HASH = `SELECT concat(string_agg(format(link, a.attname), '' ORDER BY a.attname COLLATE "C" DESC),
    'hash_record_extended(ROW(' || nullif(${FIELDS}, '') || '), 0)',
    CASE WHEN bool_and(link IS NOT NULL) IS NOT FALSE THEN '0' END,
    string_agg(format(CASE WHEN link IS NOT NULL THEN ' # (x.%I IS NULL)::int4::int8)' END || CASE atttypid WHEN 'int8'::regtype THEN ')' ELSE '' END, a.attname), '' ORDER BY a.attname COLLATE "C"))`;

/** Of servers before 14, which cannot hash a record, and of a newer one that is held against them. */
export const BY_TEXT = `SELECT 'hashtextextended((ROW(' || coalesce(string_agg(format('x.%I', a.attname), ',' ORDER BY a.attname COLLATE "C"), '') || '))::text COLLATE "C", 0)'`;

const TABLES = `FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN (SELECT unnest(extconfig) AS config, unnest(extcondition) AS condition FROM pg_extension) e ON e.config = c.oid
LEFT JOIN (SELECT w ->> 0 AS file, w ->> 2 AS nspname, w ->> 3 AS relname FROM json_array_elements(:'wanted'::json) w WHERE w ->> 1 = current_database()) l
  ON l.nspname = n.nspname AND l.relname = c.relname
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND (e.config IS NOT NULL OR (${OF_USERS}))`;

/**
 * Rows as count and order-free sum of hashes, the smallest table first. Of an extension's tables only those rows that the extension
 * itself calls the user's. Of a table that stands in `wanted` (JSON: `[file, database, schema, name]`) a list of its rows is made instead, /dump/FILE, for
 * row-lists.ts, which sums them up: it takes no longer than the sum. It is read by several processes where the server has them.
 */
const rows = (hash: string) => {
  const own = `(${hash} FROM ${LINKS} a WHERE a.attrelid = c.oid)`;
  return `SELECT format('SELECT json_build_array(''entry'', json_build_array(''table'', %L, %L), count(*) || '' rows, sum '' || coalesce(sum(%s), 0)) FROM ONLY %I.%I AS x %s',
  n.nspname, c.relname, ${own}, n.nspname, c.relname, e.condition)
${TABLES} AND l.file IS NULL
ORDER BY c.relpages, n.nspname, c.relname \\gexec
\\if :{?lists}
SET LOCAL parallel_tuple_cost = 0.001;
\\o /tmp/lists.sql
SELECT format(E'COPY (SELECT (%s)::int8, x.ctid FROM ONLY %I.%I AS x) TO STDOUT (FORMAT binary) \\\\g /dump/%s\\n', ${own}, n.nspname, c.relname, l.file)
${TABLES} AND l.file IS NOT NULL;
\\o
\\i /tmp/lists.sql
\\endif
`;
};
const ROWS = `\\if :{?lists}
\\set wanted \`cat /dump/wanted.json\`
\\else
\\set wanted []
\\endif
\\if :{?by_text}
${rows(BY_TEXT)}\\else
${rows(HASH)}\\endif
`;

/** Columns without their order; what a definition says of them in the server's own spelling is compared apart. */
const COLUMNS = `SELECT json_build_array('entry', json_build_array('columns', n.nspname, c.relname), count(a.attname) || ' columns, ' || left(md5(coalesce(
  string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.atthasdef), ',' ORDER BY a.attname COLLATE "C"), '')), 16))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND ${OF_USERS}
GROUP BY n.nspname, c.relname;
`;

/** An invalid index is in no dump, and not missed: so valid ones are named. Whether a materialised view is populated; its rows may be stale in the source. */
const STATES = `SELECT json_build_array('entry', json_build_array('index', n.nspname, c.relname), 'valid')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisvalid AND i.indisready AND c.relpersistence <> 't' AND ${OF_USERS};
SELECT json_build_array('entry', json_build_array('materialised view', n.nspname, c.relname), CASE WHEN c.relispopulated THEN 'populated' ELSE 'not populated' END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND ${OF_USERS};
`;

/**
 * Large objects by number, owner, rights and bytes. A hole, which a copy fills with zeros, counts as zeros, and a
 * page that ends early as well, if another follows.
 */
const LARGE_OBJECTS = `WITH pages AS (
  SELECT loid, pageno::bigint * current_setting('block_size')::int / 4 AS start, length(data) AS bytes,
    encode(data, 'hex') || repeat('00', current_setting('block_size')::int / 4 - length(data)) AS hex FROM pg_largeobject
), contents AS (
  SELECT loid, max(start + bytes) AS length, sum(hashtextextended(start || ':' || hex, 0)) FILTER (WHERE hex ~ '[^0]') AS sum FROM pages GROUP BY loid
), objects AS (
  SELECT m.oid, pg_get_userbyid(m.lomowner) AS owner, c.length, c.sum,
    (SELECT string_agg(concat_ws(' ', a.grantee::regrole, a.privilege_type, a.is_grantable), ',' ORDER BY a.grantee::regrole::text COLLATE "C", a.privilege_type)
     FROM aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) a) AS rights
  FROM pg_largeobject_metadata m LEFT JOIN contents c ON c.loid = m.oid
)
SELECT json_build_array('entry', json_build_array('large objects'), count(*) || ' objects, sum ' || coalesce(sum(hashtextextended(concat_ws('|', oid, owner, rights, length, sum) COLLATE "C", 0)), 0)) FROM objects;
`;

/**
 * What databases share: roles, memberships, settings, and what stands on the databases themselves. Of passwords a piece of a hash,
 * and none of the role that we come as: its password belongs to the instance, not to the data.
 */
const CLUSTER = `SELECT json_build_array('entry', json_build_array('role', rolname), concat_ws(', ',
  CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolinherit THEN 'inherit' END, CASE WHEN rolcreaterole THEN 'createrole' END,
  CASE WHEN rolcreatedb THEN 'createdb' END, CASE WHEN rolcanlogin THEN 'login' END, CASE WHEN rolreplication THEN 'replication' END,
  CASE WHEN rolbypassrls THEN 'bypassrls' END, 'limit ' || rolconnlimit, 'until ' || rolvaliduntil,
  'comment ' || left(md5(shobj_description(oid, 'pg_authid')), 16),
  CASE WHEN rolname <> current_user THEN coalesce('password ' || left(encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex'), 16), 'no password') END))
FROM pg_authid WHERE rolname !~ '^pg_';
SELECT json_build_array('entry', json_build_array('member', r.rolname, m.rolname), CASE WHEN bool_or(a.admin_option) THEN 'admin' ELSE 'member' END)
FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE m.rolname !~ '^pg_' GROUP BY r.rolname, m.rolname;
SELECT json_build_array('definition', json_build_array('member', r.rolname, m.rolname), string_agg(concat_ws(' ', to_jsonb(a) ->> 'inherit_option', to_jsonb(a) ->> 'set_option', a.admin_option), ',' ORDER BY g.rolname COLLATE "C"))
FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member LEFT JOIN pg_roles g ON g.oid = a.grantor WHERE m.rolname !~ '^pg_' GROUP BY r.rolname, m.rolname;
SELECT json_build_array('entry', json_build_array('settings', coalesce(d.datname, '*'), coalesce(r.rolname, '*')),
  (SELECT string_agg(split_part(s, '=', 1), ', ' ORDER BY s COLLATE "C") || ', ' || left(md5(string_agg(s, ',' ORDER BY s COLLATE "C")), 16) FROM unnest(x.setconfig) s))
FROM pg_db_role_setting x LEFT JOIN pg_database d ON d.oid = x.setdatabase LEFT JOIN pg_roles r ON r.oid = x.setrole
WHERE coalesce(d.datname, '') NOT IN ('template0', 'template1');
SELECT json_build_array('entry', json_build_array('database', d.datname), concat_ws(', ', 'owner ' || pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding),
  d.datcollate, d.datctype, coalesce('provider ' || nullif(to_jsonb(d) ->> 'datlocprovider', 'c'), NULL), coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
  'limit ' || d.datconnlimit, CASE WHEN d.datistemplate THEN 'template' END, 'comment ' || left(md5(shobj_description(d.oid, 'pg_database')), 16),
  (SELECT 'rights ' || left(md5(string_agg(concat_ws(' ', CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type, a.is_grantable), ',' ORDER BY pg_get_userbyid(a.grantee), a.privilege_type)), 16)
   FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a)))
FROM pg_database d WHERE d.datname NOT IN ('template0', 'template1') AND d.datallowconn;
`;

/** 14 is the first that can hash a record. Which major a proof is of, it says since it is known. */
export const isHashedByText = (major = 0): boolean => major < 14;

/** What the script of a proof finds in its environment. */
export const PROOF_SQL = {
  CLUSTER_SQL: CLUSTER,
  SEQUENCES_SQL: SEQUENCES,
  // One after the other they are everything of a database but its schema's text.
  BEGIN_SQL: BEGIN,
  ROWS_SQL: ROWS,
  REST_SQL: `${COLUMNS}${STATES}${LARGE_OBJECTS}COMMIT;\n`,
} as const;

/**
 * The same of those that know beforehand what they prove.
 * @param major the older of those that are compared
 */
export const proofSql = (databases: readonly string[], major: number): Readonly<Record<string, string>> => ({
  ...PROOF_SQL,
  BY_TEXT: isHashedByText(major) ? "1" : "",
  DATABASES: databases.join("\n"),
  COUNT: String(databases.length),
});
