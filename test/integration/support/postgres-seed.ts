import type { Server } from "./postgres-servers.ts";

/** Names that break what is not quoted, or is quoted twice. */
export const ODD_DATABASE = `odd "name" = 'x' $HOME; \\!`;

/** Three databases, five roles, and one of everything that a dump may lose. */
export async function seed(server: Server): Promise<void> {
  const odd = ODD_DATABASE.replaceAll('"', '""');
  await server.sql(`
    CREATE ROLE app LOGIN PASSWORD 'app-password' CONNECTION LIMIT 17;
    CREATE ROLE readers NOLOGIN;
    CREATE ROLE "Quote""d role" LOGIN NOINHERIT CREATEDB;
    CREATE ROLE reporter LOGIN PASSWORD 'reporter-password' VALID UNTIL '2099-01-01';
    CREATE ROLE "ünï cøde" NOLOGIN BYPASSRLS;
    GRANT readers TO reporter;
    GRANT readers TO app WITH ADMIN OPTION;
    ALTER ROLE app SET statement_timeout = '7s';
    ALTER ROLE graphistry SET work_mem = '8MB';
    COMMENT ON ROLE app IS 'the application';
    CREATE DATABASE "${odd}" OWNER app TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' CONNECTION LIMIT 9;
    CREATE DATABASE "ünï cøde" TEMPLATE template0 IS_TEMPLATE true;
    CREATE DATABASE analytics TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C';
    ALTER DATABASE analytics SET default_transaction_read_only = on;
    ALTER DATABASE analytics SET DateStyle = 'SQL, DMY';
    ALTER ROLE app IN DATABASE analytics SET IntervalStyle = 'sql_standard';
    COMMENT ON DATABASE analytics IS 'numbers';
    REVOKE CONNECT ON DATABASE analytics FROM PUBLIC;
    GRANT CONNECT ON DATABASE analytics TO readers;

    CREATE EXTENSION pgcrypto;
    CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL, secret bytea, at timestamptz DEFAULT now(), extra jsonb, score float8, t text);
    INSERT INTO users (name, secret, extra, score) SELECT 'user ' || n, decode(md5(n::text), 'hex'), jsonb_build_object('n', n), n / 7.0 FROM generate_series(1, 50000) n;
    CREATE INDEX users_by_name ON users (lower(name));
    CREATE TABLE "Odd ""table"", with spaces" ("col.umn" int, "sel""ect" text, spent interval, owed money);
    INSERT INTO "Odd ""table"", with spaces" VALUES (1, E'tab\\tline\\nbreak', '-1 day 02:03:04', 12.34), (2, NULL, NULL, NULL), (2, NULL, NULL, NULL);
    CREATE TABLE "line
break" (a int);
    CREATE TABLE empty_table (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
    CREATE TABLE no_columns ();
    INSERT INTO no_columns DEFAULT VALUES;
    CREATE TABLE events (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    INSERT INTO events SELECT n, date '2025-01-01' + n % 700 FROM generate_series(1, 1000) n;
    CREATE TABLE parent (a int); CREATE TABLE child (own int) INHERITS (parent); ALTER TABLE parent ADD late text DEFAULT 'x';
    INSERT INTO child VALUES (1, 2, 'y');
    CREATE VIEW named AS SELECT users.id, users.name FROM users WHERE users.id < 100;
    CREATE MATERIALIZED VIEW counts AS SELECT count(*) FROM users; INSERT INTO users (name) VALUES ('after the view');
    CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS one WITH NO DATA;
    CREATE SEQUENCE down INCREMENT -3 START -1 MINVALUE -1000000; SELECT nextval('down'), nextval('down');
    CREATE SEQUENCE never_called START 5;
    CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2
-- a comment in a body

';
    CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $1';
    CREATE TABLE guarded (who text); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON guarded USING (who = current_user); INSERT INTO guarded VALUES ('app'), ('reporter');
    CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE moods (m mood, r regclass); INSERT INTO moods VALUES ('ok', 'users');
    ALTER TABLE users OWNER TO app; GRANT SELECT ON users TO readers; GRANT SELECT (id) ON events TO "Quote""d role" WITH GRANT OPTION;
    ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO readers;
    COMMENT ON TABLE users IS 'people';
    SELECT lo_from_bytea(4711, 'large object one'), lo_from_bytea(0, convert_to(repeat('0123456789', 1000), 'UTF8'));
    ALTER LARGE OBJECT 4711 OWNER TO app; GRANT SELECT ON LARGE OBJECT 4711 TO readers;
    DO $$ DECLARE fd int; BEGIN PERFORM lo_create(4712); fd := lo_open(4712, 131072); PERFORM lo_lseek(fd, 10000, 0); PERFORM lowrite(fd, 'after a hole'); END $$;
  `);
  await server.sql(
    `CREATE SCHEMA s; CREATE TABLE s.words (w text); INSERT INTO s.words VALUES ('caf' || chr(233)), ('x');`,
    ODD_DATABASE,
  );
  await server.sql(
    `SET default_transaction_read_only = off; CREATE TABLE numbers (n numeric, d date, i interval); INSERT INTO numbers SELECT n, date '2026-01-02' + n, make_interval(days => -n, hours => n) FROM generate_series(1, 1000) n;`,
    "analytics",
  );
}
