import { below } from "../../simulator/random.ts";
import { pick } from "./faults.ts";

/** Databases made by chance, of everything that a dump may lose or a restore may trip over. */

export interface Shape {
  readonly database: string;
  /** What `CREATE DATABASE` has behind the name. */
  readonly options: string;
  /** What is in it. */
  readonly sql: string;
}

/** Of the whole server; each shape takes some of them. */
export const SHAPE_ROLES = ["shape owner", 'quo"ted', "läser", "plain_role"] as const;

type Random = () => number;
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const WORDS = [
  "orders",
  "Order Items",
  "naïve",
  'say "so"',
  "select",
  "a.b",
  "x'y",
  "100%",
  "back\\slash",
  "$1",
  "tab\tbed",
] as const;
const ODD = [
  "plain",
  "UPPER case",
  'dou"ble',
  "qu'ote",
  "dollar $HOME",
  "back\\slash",
  "ünï",
  "percent %s",
  "semi;colon",
  "- dash",
  "a=b",
] as const;

/** Types, each with an expression of `n` that makes a value of it. */
const COLUMNS: readonly (readonly [type: string, value: string])[] = [
  ["int", "n"],
  ["bigint", "n * 1000000007::bigint"],
  ["numeric(30,10)", "n / 7.0"],
  ["float8", "case n % 5 when 0 then 'NaN' when 1 then '-Infinity' else n / 3.0 end::float8"],
  ["text", "case when n % 4 = 0 then null else repeat(chr(64 + n % 26), n % 50) || E'\\t\\n\\\\' end"],
  ["varchar(20)", "md5(n::text)::varchar(20)"],
  ["char(7)", "left(md5(n::text), n % 7)"],
  ["bytea", "decode(md5(n::text), 'hex')"],
  ["bool", "n % 3 = 0"],
  ["date", "date '1999-12-28' + n"],
  ["timestamptz", "timestamptz '2026-10-25 00:30:00+00' + n * interval '17 minutes'"],
  ["timestamp", "timestamp '0044-03-15 BC' + n * interval '1 year'"],
  ["interval", "make_interval(months => -n, days => n, secs => n / 9.0)"],
  ["uuid", "md5(n::text)::uuid"],
  ["jsonb", "jsonb_build_object('n', n, 'deep', jsonb_build_array(n, null, 'x'))"],
  ["json", '(\'{"b":  \' || n || \', "a": 1, "a": 2}\')::json'],
  ["inet", "('10.0.0.0'::inet + n)"],
  ["int[]", "array[n, null, -n]"],
  ["text[]", "array['a,b', null, '', '\"', E'\\\\']"],
  ["int4range", "int4range(n, n + 5)"],
  ["point", "point(n, -n)"],
  ["bit varying(40)", "n::bit(20)::bit varying(40)"],
  ["xid", "n::text::xid"],
  ["money", "n::numeric::money"],
  ["tsvector", "to_tsvector('simple', 'word' || n || ' and more')"],
];

interface Making {
  readonly random: Random;
  /** A name that nobody has yet, as SQL. */
  readonly name: (of: string) => string;
  /** A schema, as SQL. */
  readonly schema: string;
  readonly role: string;
}

function table({ random, name, schema }: Making, kind = ""): { readonly table: string; readonly sql: string } {
  const columns = Array.from({ length: 1 + below(random, 8) }, (_, index) => [`c${index}`, ...pick(random, COLUMNS)] as const);
  const own = `${schema}.${name(pick(random, WORDS))}`;
  const rows = pick(random, [0, 1, 17, 400]);
  const made = columns.map(([column, type]) => `${column} ${type}`).join(", ");
  const values = columns.map(([, , value]) => value).join(", ");
  return {
    table: own,
    sql: `CREATE ${kind} TABLE ${own} (id int PRIMARY KEY, ${made}); INSERT INTO ${own} SELECT n, ${values} FROM generate_series(1, ${rows}) n;`,
  };
}

/** What a shape may have; each stands by itself. */
const FEATURES: readonly ((making: Making) => string)[] = [
  making => table(making).sql,
  making => table(making, "UNLOGGED").sql,
  making => {
    const { name, schema } = making;
    const { table: own, sql } = table(making);
    return `${sql} CREATE INDEX ON ${own} ((id % 7)) WHERE id > 3; CREATE UNIQUE INDEX ON ${own} (id DESC) INCLUDE (c0); COMMENT ON COLUMN ${own}.c0 IS ${text("it's \\n one")}; ALTER TABLE ${own} ALTER c0 SET STATISTICS 250; CREATE STATISTICS ${schema}.${name("both")} ON id, (id % 5) FROM ${own};`;
  },
  ({ random, name, schema }) => {
    const own = `${schema}.${name("parts")}`;
    const parts = 2 + below(random, 3);
    const part = (index: number) =>
      `CREATE TABLE ${schema}.${name("part")} PARTITION OF ${own} FOR VALUES WITH (MODULUS ${parts}, REMAINDER ${index});`;
    return `CREATE TABLE ${own} (a int, b text) PARTITION BY HASH (a); ${Array.from({ length: parts }, (_, index) => part(index)).join(" ")} CREATE INDEX ON ${own} (b); INSERT INTO ${own} SELECT n, md5(n::text) FROM generate_series(1, 200) n;`;
  },
  ({ name, schema }) => {
    const own = `${schema}.${name("by date")}`;
    const old = `${schema}.${name("old")}`;
    return `CREATE TABLE ${own} (at date, b int) PARTITION BY RANGE (at); CREATE TABLE ${old} PARTITION OF ${own} FOR VALUES FROM (MINVALUE) TO ('2026-01-01') PARTITION BY LIST (b); CREATE TABLE ${schema}.${name("even")} PARTITION OF ${old} FOR VALUES IN (0, NULL); CREATE TABLE ${schema}.${name("rest")} PARTITION OF ${old} DEFAULT; CREATE TABLE ${schema}.${name("new")} PARTITION OF ${own} DEFAULT; INSERT INTO ${own} SELECT date '2025-06-01' + n, n % 2 FROM generate_series(1, 300) n;`;
  },
  ({ name, schema }) => {
    const [own, child] = [`${schema}.${name("parent")}`, `${schema}.${name("child")}`];
    return `CREATE TABLE ${own} (a int DEFAULT 3, b text); CREATE TABLE ${child} (c int) INHERITS (${own}); ALTER TABLE ${own} ADD late int DEFAULT 5; ALTER TABLE ${own} DROP b; INSERT INTO ${child} (a, c) VALUES (1, 2); INSERT INTO ${own} DEFAULT VALUES;`;
  },
  ({ name, schema }) => {
    const [one, two] = [`${schema}.${name("one")}`, `${schema}.${name("two")}`];
    return `CREATE TABLE ${one} (id int PRIMARY KEY, other int); CREATE TABLE ${two} (id int PRIMARY KEY, other int REFERENCES ${one} ON DELETE CASCADE); INSERT INTO ${one} SELECT n, n FROM generate_series(1, 20) n; INSERT INTO ${two} SELECT n, n FROM generate_series(1, 20) n; ALTER TABLE ${one} ADD FOREIGN KEY (other) REFERENCES ${two} DEFERRABLE INITIALLY DEFERRED; ALTER TABLE ${two} ADD CHECK (other < 1000) NOT VALID;`;
  },
  ({ random, name, schema }) => {
    const own = `${schema}.${name("counter")}`;
    const calls = below(random, 5);
    return `CREATE SEQUENCE ${own} AS bigint INCREMENT ${pick(random, [1, -3, 1000])} MINVALUE -900000 MAXVALUE 900000 START 7 CACHE ${pick(random, [1, 20])} ${pick(random, ["", "CYCLE"])}; ${Array.from({ length: calls }, () => `SELECT nextval(${text(own)});`).join(" ")}`;
  },
  ({ name, schema }) => {
    const own = `${schema}.${name("identity")}`;
    return `CREATE TABLE ${own} (a int GENERATED ALWAYS AS IDENTITY (START 50), b bigserial, c int GENERATED ALWAYS AS ((b % 5)::int) STORED); INSERT INTO ${own} DEFAULT VALUES; INSERT INTO ${own} DEFAULT VALUES;`;
  },
  ({ name, schema }) => {
    const [own, view, counts, empty] = ["base", "view", "counts", "unfilled"].map(of => `${schema}.${name(of)}`) as [
      string,
      string,
      string,
      string,
    ];
    return `CREATE TABLE ${own} (a int); INSERT INTO ${own} SELECT generate_series(1, 50); CREATE VIEW ${view} WITH (security_barrier) AS SELECT a FROM ${own} WHERE a > 5 WITH CHECK OPTION; CREATE MATERIALIZED VIEW ${counts} AS SELECT count(*) c FROM ${view}; CREATE UNIQUE INDEX ON ${counts} (c); CREATE MATERIALIZED VIEW ${empty} AS SELECT 1 one WITH NO DATA; INSERT INTO ${own} VALUES (9);`;
  },
  ({ name, schema }) => {
    const [mood, whole, pair, own] = ["mood", "whole", "pair", "typed"].map(of => `${schema}.${name(of)}`) as [
      string,
      string,
      string,
      string,
    ];
    return `CREATE TYPE ${mood} AS ENUM ('sad', 'it''s ok', ''); ALTER TYPE ${mood} ADD VALUE 'between' BEFORE ''; CREATE DOMAIN ${whole} AS int CHECK (VALUE > 0) DEFAULT 1; CREATE TYPE ${pair} AS (a int, b text); CREATE TABLE ${own} (m ${mood}, w ${whole}, p ${pair}, many ${pair}[]); INSERT INTO ${own} VALUES ('it''s ok', 5, (1, 'x,"y'), array[(1, null)::${pair}]);`;
  },
  ({ name, schema }) => {
    const [own, log, stamp] = ["watched", "log", "stamp"].map(of => `${schema}.${name(of)}`) as [string, string, string];
    return `CREATE TABLE ${own} (a int); CREATE TABLE ${log} (a int, at text); CREATE FUNCTION ${stamp}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO ${log} VALUES (NEW.a, 'seen'); RETURN NEW; END $f$; CREATE TRIGGER "on it" AFTER INSERT ON ${own} FOR EACH ROW EXECUTE FUNCTION ${stamp}(); INSERT INTO ${own} VALUES (1), (2); ALTER TABLE ${own} DISABLE TRIGGER "on it"; CREATE RULE quiet AS ON DELETE TO ${own} DO INSTEAD NOTHING;`;
  },
  ({ name, schema }) => {
    const own = `${schema}.${name("twice")}`;
    return `CREATE FUNCTION ${own}(int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 7 SET search_path = pg_catalog AS 'SELECT $1 * 2 -- a word\n\n'; CREATE FUNCTION ${own}(text, VARIADIC int[]) RETURNS SETOF text LANGUAGE sql AS 'SELECT $1'; CREATE PROCEDURE ${schema}.${name("do it")}() LANGUAGE plpgsql SECURITY DEFINER AS $x$ BEGIN NULL; END $x$; CREATE AGGREGATE ${schema}.${name("total")}(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');`;
  },
  ({ name, schema, role }) => {
    const own = `${schema}.${name("guarded")}`;
    return `CREATE TABLE ${own} (who text, b int); INSERT INTO ${own} VALUES ('a', 1), ('b', 2); ALTER TABLE ${own} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${own} FORCE ROW LEVEL SECURITY; CREATE POLICY own ON ${own} FOR SELECT TO ${role} USING (who = current_user); ALTER TABLE ${own} OWNER TO ${role}; GRANT SELECT (b), UPDATE (b) ON ${own} TO PUBLIC; REVOKE ALL ON ${own} FROM ${role};`;
  },
  ({ random, role }) => {
    const number = 10_000 + below(random, 1_000_000);
    return `SELECT lo_from_bytea(${number}, decode(repeat('00ff7f0a', ${below(random, 3000)}), 'hex')); ALTER LARGE OBJECT ${number} OWNER TO ${role}; GRANT SELECT ON LARGE OBJECT ${number} TO PUBLIC; COMMENT ON LARGE OBJECT ${number} IS 'large'; SELECT lo_create(0);`;
  },
  ({ random, schema }) =>
    `CREATE EXTENSION IF NOT EXISTS ${pick(random, ["pgcrypto", "pg_trgm", "hstore", "citext", "btree_gist", "intarray", "fuzzystrmatch", "tablefunc"])} WITH SCHEMA ${schema};`,
  ({ schema, role }) =>
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${role} IN SCHEMA ${schema} GRANT SELECT ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE ${role} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER SCHEMA ${schema} OWNER TO ${role}; COMMENT ON SCHEMA ${schema} IS 'ours';`,
  ({ name, schema }) =>
    `CREATE COLLATION ${schema}.${name("by bytes")} (PROVIDER = libc, LOCALE = 'C'); CREATE TEXT SEARCH CONFIGURATION ${schema}.${name("search")} (COPY = simple); CREATE OPERATOR ${schema}.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);`,
  ({ name, schema }) => {
    const own = `${schema}.${name("published")}`;
    return `CREATE TABLE ${own} (a int PRIMARY KEY, b text); ALTER TABLE ${own} REPLICA IDENTITY FULL; CREATE PUBLICATION ${name("news")} FOR TABLE ${own} WITH (publish = 'insert'); ALTER TABLE ${own} SET (autovacuum_enabled = false, fillfactor = 71);`;
  },
  ({ name, schema }) =>
    `CREATE TABLE ${schema}.${name("no columns")} (); CREATE TABLE ${schema}.${name("wide")} (${Array.from({ length: 300 }, (_, index) => `c${index} int`).join(", ")});`,
  ({ name, schema }) => {
    const [never, watch] = [`${schema}.${name("never")}`, name("watch")];
    return `CREATE FUNCTION ${never}() RETURNS event_trigger LANGUAGE plpgsql AS $e$ BEGIN NULL; END $e$; CREATE EVENT TRIGGER ${watch} ON ddl_command_end EXECUTE FUNCTION ${never}(); ALTER EVENT TRIGGER ${watch} DISABLE;`;
  },
  ({ name, schema }) => {
    const own = `${schema}.${name("long")}`;
    return `CREATE TABLE ${own} (a text, b text); ALTER TABLE ${own} ALTER a SET STORAGE EXTERNAL; INSERT INTO ${own} SELECT repeat('x' || n, 40000), string_agg(md5(m::text), '') FROM generate_series(1, 3) n, generate_series(1, 3000) m GROUP BY n;`;
  },
];

/** @param ordinal counts from 0; the first ones are of one kind each, so that none is missed by chance */
export function shapeOf(ordinal: number, random: Random): Shape {
  const taken = new Map<string, number>();
  const name = (of: string): string => {
    const count = taken.get(of) ?? 0;
    taken.set(of, count + 1);
    return quoted(count === 0 ? of : `${of} ${count}`);
  };
  const role = quoted(pick(random, SHAPE_ROLES));
  const schema = pick(random, ["public", quoted(`s ${pick(random, ODD)}`)]);
  const making: Making = { random, name, schema, role };
  const first = FEATURES[ordinal % FEATURES.length] as (typeof FEATURES)[number];
  const more = Array.from({ length: below(random, 5) }, () => pick(random, FEATURES));
  const database = `${pick(random, ODD)} ${ordinal}`;
  const encoding = pick(random, ["UTF8", "UTF8", "UTF8", "SQL_ASCII"]);
  const settings = pick(random, [
    "",
    `ALTER DATABASE ${quoted(database)} SET work_mem = '7MB'; ALTER ROLE ${role} IN DATABASE ${quoted(database)} SET search_path = "$user", ${schema}, "odd, one";`,
    `COMMENT ON DATABASE ${quoted(database)} IS ${text("what's \\ in it")}; REVOKE CONNECT ON DATABASE ${quoted(database)} FROM PUBLIC; GRANT CREATE ON DATABASE ${quoted(database)} TO ${role} WITH GRANT OPTION;`,
  ]);
  return {
    database,
    options: `OWNER ${role} TEMPLATE template0 ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' CONNECTION LIMIT ${pick(random, [-1, 50])}`,
    sql: [
      `CREATE SCHEMA IF NOT EXISTS ${schema};`,
      ...[...new Set([first, ...more])].map(feature => feature(making)),
      settings,
    ].join("\n"),
  };
}
