import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DatabaseProof, proofDifferences } from "../../src/domain/database.ts";
import { createPostgres } from "../../src/host/postgres.ts";
import { type DumpManifest, sealDump } from "../../src/host/postgres-dump-files.ts";
import { ODD_DATABASE, seed } from "./support/postgres-seed.ts";
import { executor, helpersOf, Lab, run, type Server } from "./support/postgres-servers.ts";

const lab = new Lab();
const scratch = mkdtempSync(join(tmpdir(), "graph-mgr-postgres-"));
const postgres = createPostgres(executor, helpersOf({ home: scratch, operation: lab.prefix }));
const silent = () => undefined;
const CANARY = "canary-9f3b+S3cret";

let pg15: string;
let pg17: string;
let source: Server;

beforeAll(async () => {
  [pg15, pg17] = await Promise.all([lab.postgresImage(15), lab.postgresImage(17)]);
  source = await (await lab.server(pg15, CANARY)).ready();
  await seed(source);
});

afterAll(async () => {
  await lab.clear();
  rmSync(scratch, { recursive: true, force: true });
});

const fresh = async (image: string): Promise<Server> => (await lab.server(image, `${CANARY}-new`)).ready();

/** Until the query's answer is the wanted one. */
async function until(server: Server, query: string, wanted: string, database = "graphistry"): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const answer = await server.sql(query, database);
    if (answer === wanted) return;
    if (Date.now() > deadline) throw new Error(`${query}: still ${answer}`);
  }
}

/** Everything that /proc shows of argument lists while the work is under way, and what Docker shows of our helpers. */
async function watched(work: Promise<unknown>): Promise<string> {
  let seen = "";
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  const looking = (async () => {
    while (!over) {
      for (const pid of readdirSync("/proc").filter(name => /^\d+$/.test(name))) {
        try {
          seen += readFileSync(`/proc/${pid}/cmdline`, "utf8");
        } catch {
          // It has ended.
        }
      }
      const ids = (await run("ps", "--quiet", `--filter=label=graph-mgr.home=${scratch}`)).split("\n").filter(id => id !== "");
      for (const id of ids) seen += await run("inspect", id).catch(() => "");
      await setImmediate();
    }
  })();
  await Promise.all([done, looking]);
  return seen;
}

describe("dump and restore", () => {
  it("F07 F60 F71 F73 bring roles, settings, every database and odd names into a new server, and no password into an argument list", async () => {
    const dir = join(scratch, "whole");
    const target = await fresh(pg15);
    const seen = await watched(
      (async () => {
        await postgres.dump(source.access(pg15), dir, silent);
        await postgres.restore(target.access(pg15), dir, silent);
      })(),
    );
    expect(seen).toContain("pg_dump");
    expect(seen).toContain("graph-mgr.helper");
    expect(seen).not.toContain(CANARY);

    const proof = await postgres.proofOf(dir);
    expect(proofDifferences(proof, await postgres.prove(target.access(pg15)))).toEqual([]);
    expect(Object.keys(proof.entries).length).toBeGreaterThan(90);
    expect(await target.sql("SELECT count(*), min(encode(convert_to(w, 'LATIN1'), 'hex')) FROM s.words", ODD_DATABASE)).toBe(
      "2|636166e9",
    );
    expect(await target.sql("SELECT convert_from(lo_get(4711), 'UTF8'), length(lo_get(4712))")).toBe("large object one|10012");
    // The application's role keeps its password, the first superuser has the new instance's.
    expect(await source.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'")).toBe(
      await target.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'"),
    );
    await expect(postgres.check(target.access(pg15, { password: CANARY }))).rejects.toMatchObject({ code: "DATABASE_LOGIN" });
    expect((await postgres.check(target.access(pg15))).databases).toEqual(["analytics", "graphistry", ODD_DATABASE, "postgres"]);

    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
      const found = statSync(join(dir, name));
      expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o700 : 0o600]);
    }

    // Asked again, a restore that ended changes nothing, and does not touch what was written since.
    await postgres.restore(target.access(pg15), dir, silent);
    await target.sql("DELETE FROM users WHERE id = 4711");
    await expect(postgres.restore(target.access(pg15), dir, silent)).rejects.toMatchObject({ code: "DATABASE_NOT_EMPTY" });
    expect(await target.sql("SELECT count(*) FROM users")).toBe("50000");

    // Each planted difference is named.
    await target.sql(`UPDATE "Odd ""table"", with spaces" SET "col.umn" = 3 WHERE "col.umn" = 1; DROP INDEX users_by_name; ALTER ROLE reporter NOLOGIN;
      SELECT setval('users_id_seq', 10); ALTER VIEW named RENAME COLUMN name TO called; REVOKE readers FROM app; ALTER ROLE app RESET statement_timeout;
      SELECT lo_put(4711, 0, 'L'); CREATE TABLE more (a int); ALTER DATABASE analytics OWNER TO app; ALTER ROLE app PASSWORD 'another';
      CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 3'`);
    const lines = proofDifferences(proof, await postgres.prove(target.access(pg15)));
    expect(lines.map(line => line.replace(/: .*/s, "")).sort()).toEqual([
      "database/analytics",
      "graphistry/columns/public.more",
      "graphistry/columns/public.named",
      "graphistry/index/public.users_by_name",
      "graphistry/large objects",
      "graphistry/object/FUNCTION public.twice(integer)",
      "graphistry/object/INDEX public.users_by_name",
      "graphistry/object/TABLE public.more",
      "graphistry/object/VIEW public.named",
      "graphistry/sequence/public.users_id_seq",
      'graphistry/table/public."Odd \\"table\\", with spaces"',
      "graphistry/table/public.more",
      "graphistry/table/public.users",
      "member/readers.app",
      "role/app",
      "role/reporter",
      "settings/*.app",
    ]);
  });

  it("a proof tells apart what only its spelling does, in every type, and by the rules of servers before 14 as well", async () => {
    const target = await fresh(pg15);
    const spellings: readonly (readonly [type: string, one: string, other: string])[] = [
      ["numeric", "1.0", "1.00"],
      ["float8", "0", "-0"],
      ["jsonb", '{"a": 1.0}', '{"a": 1.00}'],
      ["json", '{"a":1}', '{"a": 1}'],
      ["text", "a", "A"],
      ["text", "", "NULL"],
      ["varchar", "a ", "a"],
      ["interval", "1 day", "24 hours"],
      ["timestamptz", "2026-01-01 00:00:00+00", "2026-01-01 00:00:00.000001+00"],
      ["bytea", "\\x00", "\\x0000"],
      ["int8", "1", "2"],
      ["int8", "0", "4294967297"],
      ["int8", "0", "NULL"],
      ["int4", "0", "NULL"],
      ["bool", "f", "NULL"],
      ["char(3)", "a", "b"],
      ["char(3)", "", "NULL"],
      ["bpchar", "a ", "a"],
      ["uuid", "00000000-0000-0000-0000-000000000000", "NULL"],
      ["int4[]", "{1,2}", "{2,1}"],
      ["inet", "10.0.0.1", "10.0.0.1/32"],
    ];
    const names = spellings.map((_, index) => `spelling_${index}`);
    const create = spellings.map(
      ([type, one], index) =>
        `CREATE TABLE ${names[index]} (k int, v ${type}, w int); INSERT INTO ${names[index]} VALUES (1, '${one}', NULL)`,
    );
    await target.sql(create.join(";"));
    // As many columns as a table can have, none at all, and rows that differ only in which value stands beside which.
    await target.sql(
      `CREATE TABLE none (); INSERT INTO none DEFAULT VALUES; CREATE TABLE swapped (a int8, b text); INSERT INTO swapped VALUES (1, 'x'), (2, 'y');
      DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE wide (' || string_agg('c' || n || CASE n % 2 WHEN 0 THEN ' text' ELSE ' int' END, ',') || ')' FROM generate_series(1, 1600) n); END $$;
      INSERT INTO wide (c1) VALUES (1)`,
    );
    const access = target.access(pg15);
    const before = await postgres.prove(access);
    const old = { ...before, major: 13 };
    const byText = await postgres.prove(access, old);
    for (const entry of names.map(name => `graphistry/table/public.${name}`)) {
      expect(byText.entries[entry]).toMatch(/^1 rows, sum -?\d+$/);
      expect(byText.entries[entry]).not.toBe(before.entries[entry]);
    }
    const change = spellings.map(
      ([, , other], index) => `UPDATE ${names[index]} SET v = ${other === "NULL" ? other : `'${other}'`}`,
    );
    await target.sql(change.join(";"));
    await target.sql(
      "UPDATE swapped SET b = CASE b WHEN 'x' THEN 'y' ELSE 'x' END; UPDATE wide SET c999 = 0; INSERT INTO none DEFAULT VALUES",
    );
    // An address with the whole of its mask is the same address to Postgres, which stores and prints it so.
    const expected = [...names.filter((_, index) => spellings[index]![0] !== "inet"), "none", "swapped", "wide"].sort();
    const tables = (lines: readonly string[]) => lines.map(line => /public\.(\w+)/.exec(line)?.[1]).sort();
    expect(tables(proofDifferences(before, await postgres.prove(access)))).toEqual(expected);
    expect(tables(proofDifferences(byText, await postgres.prove(access, old)))).toEqual(expected);
  });

  it("F63 moves a database to a newer major, with the newer tools", async () => {
    const dir = join(scratch, "newer");
    const target = await fresh(pg17);
    await postgres.dump(source.access(pg17), dir, silent);
    await postgres.restore(target.access(pg17), dir, silent);
    const [old, young] = [await postgres.proofOf(dir), await postgres.prove(target.access(pg17))];
    expect([old.major, young.major]).toEqual([15, 17]);
    expect(readdirSync(join(dir, "1")).filter(name => name.endsWith(".dat.lz4")).length).toBeGreaterThan(0);
    expect(proofDifferences(old, young)).toEqual([]);
    await target.sql("REVOKE SELECT ON users FROM readers; ALTER TABLE users ALTER score TYPE real");
    const lines = proofDifferences(old, await postgres.prove(target.access(pg17)));
    expect(lines.map(line => line.replace(/: .*/s, ""))).toEqual([
      "graphistry/columns/public.users",
      'graphistry/object/ACL public.TABLE "users"',
      "graphistry/table/public.users",
    ]);
    await expect(postgres.restore(source.access(pg17), dir, silent)).rejects.toMatchObject({ code: "DATABASE_SAME" });
    const younger = join(scratch, "younger");
    await postgres.dump(target.access(pg17), younger, silent);
    await expect(postgres.restore((await fresh(pg15)).access(pg17), younger, silent)).rejects.toMatchObject({
      code: "DATABASE_OLDER",
    });
  });

  it("F07 takes all databases as they were at one moment while users write", async () => {
    const busy = await fresh(pg15);
    await busy.sql("CREATE TABLE a (n bigserial); CREATE DATABASE other");
    await busy.sql("CREATE TABLE b (n bigint)", "other");
    await busy.sql("CREATE TABLE for_new_databases (n bigint)", "template1");
    await busy.sql("INSERT INTO a SELECT FROM generate_series(1, 200000)");
    const load = busy.start("DO $$ BEGIN LOOP INSERT INTO a DEFAULT VALUES; COMMIT; END LOOP; END $$");
    await until(busy, "SELECT count(*) > 200000 FROM a", "t");
    const dir = join(scratch, "busy");
    await postgres.dump(busy.access(pg15), dir, silent);
    await busy.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %' AND pid <> pg_backend_pid()");
    await load;
    const target = await fresh(pg15);
    await postgres.restore(target.access(pg15), dir, silent);
    const proof = await postgres.proofOf(dir);
    expect(proofDifferences(proof, await postgres.prove(target.access(pg15)))).toEqual([]);
    const [rows, next] = (await target.sql("SELECT count(*), nextval('a_n_seq') > max(n) FROM a")).split("|");
    expect(Number(rows)).toBeGreaterThan(200000);
    expect(Number(rows)).toBeLessThan(Number(await busy.sql("SELECT count(*) FROM a")));
    expect(next).toBe("t");
    expect(await target.sql("SELECT count(*) FROM for_new_databases", "template1")).toBe("0");

    // Cut off when even template1 was there already: it begins from nothing all the same.
    const ended = readdirSync(dir).find(name => name.startsWith("restored-"))!;
    renameSync(join(dir, ended), join(dir, ended.replace("restored-", "restoring-")));
    await postgres.restore(target.access(pg15), dir, silent);
    expect(proofDifferences(proof, await postgres.prove(target.access(pg15)))).toEqual([]);
  });
});

describe("what goes wrong", () => {
  it("F01 a stopped database is an error and leaves nothing", async () => {
    const stopped = await fresh(pg15);
    await run("stop", stopped.name);
    const dir = join(scratch, "stopped");
    await expect(postgres.dump(stopped.access(pg15), dir, silent)).rejects.toMatchObject({ code: "DATABASE_NOT_RUNNING" });
    expect(readdirSync(scratch).filter(name => name.startsWith("stopped"))).toEqual([]);
  });

  it("F59 a wrong password is told in Postgres's words, without the password, also where 127.0.0.1 is trusted", async () => {
    await run(
      "exec",
      source.name,
      "sh",
      "-c",
      "cp $PGDATA/pg_hba.conf /tmp/hba; sed -i 's|^\\(host.*127.0.0.1/32 *\\)scram-sha-256|\\1trust|' $PGDATA/pg_hba.conf",
    );
    await source.sql("SELECT pg_reload_conf()");
    const error = await postgres.check(source.access(pg15, { password: "canary-wrong" })).catch(caught => caught);
    expect(error).toMatchObject({ code: "DATABASE_LOGIN" });
    expect(error.message).toBe(
      'Postgres does not let "graphistry" into the database "graphistry": password authentication failed for user "graphistry"',
    );
    expect(`${error.message} ${error.hint} ${error.cause} ${error.stack}`).not.toContain("canary");
  });

  it.each(["graph-mgr", "pg_dump"])("F02 F04 a %s backend that dies in mid-dump leaves no dump", async which => {
    const victim = await fresh(pg15);
    await victim.sql("CREATE TABLE big AS SELECT n, repeat(md5(n::text), 30) AS t FROM generate_series(1, 300000) n");
    const dir = join(scratch, `killed-${which}`);
    const dump = postgres.dump(victim.access(pg15), dir, silent).then(
      () => "done",
      error => error,
    );
    const query =
      which === "pg_dump"
        ? "query LIKE 'COPY public.big%'"
        : "query LIKE '%pg_export_snapshot%' AND state = 'idle in transaction'";
    await until(victim, `SELECT count(*) > 0 FROM pg_stat_activity WHERE ${query} AND pid <> pg_backend_pid()`, "t");
    await victim.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${query} AND pid <> pg_backend_pid()`);
    expect(await dump).toMatchObject({ code: "COMMAND_FAILED" });
    expect(readdirSync(scratch).filter(name => name.startsWith(`killed-${which}`))).toEqual([]);
  });

  it("F04 F25 a restore that was cut off begins again from nothing", async () => {
    const dir = join(scratch, "cut");
    await postgres.dump(source.access(pg15), dir, silent);
    const target = await fresh(pg15);
    const first = postgres.restore(target.access(pg15), dir, silent).then(
      () => "done",
      error => error,
    );
    await until(target, "SELECT count(*) FROM pg_database WHERE datname = 'analytics'", "1", "template1");
    const helper = await run(
      "ps",
      "--quiet",
      `--filter=label=graph-mgr.home=${scratch}`,
      "--filter=label=graph-mgr.helper=restore",
    );
    await run("kill", helper);
    expect(await first).toMatchObject({ code: "COMMAND_FAILED" });
    // The worst moment: the instance's own database is dropped and not yet there again.
    await target.sql("DROP DATABASE IF EXISTS graphistry WITH (FORCE)", "template1");
    expect(proofDifferences(await postgres.proofOf(dir), await postgres.prove(target.access(pg15))).join()).toContain(
      "database/graphistry: missing in the copy",
    );
    await postgres.restore(target.access(pg15), dir, silent);
    expect(proofDifferences(await postgres.proofOf(dir), await postgres.prove(target.access(pg15)))).toEqual([]);
  });

  it("F25 a restore that was cut off is taken back, and nothing else is", async () => {
    const dir = join(scratch, "settings");
    await postgres.dump(source.access(pg17), dir, silent);
    const cut = async (server: Server) => {
      const work = postgres.restore(server.access(pg17), dir, silent).catch(error => error);
      await until(server, "SELECT count(*) FROM pg_database WHERE datname = 'analytics'", "1", "template1");
      const filters = [`label=graph-mgr.home=${scratch}`, "label=graph-mgr.helper=restore"].map(each => `--filter=${each}`);
      await run("kill", await run("ps", "--quiet", ...filters));
      expect(await work).toMatchObject({ code: "COMMAND_FAILED" });
    };
    const other = await fresh(pg17);
    await cut(other);
    await postgres.empty(other.access(pg17), dir);
    expect(await other.sql("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database")).toBe(
      "graphistry postgres template0 template1",
    );
    expect(await other.sql("SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_'")).toBe("1");
    await postgres.check(other.access(pg17));
    // What nobody restored into it is not taken away.
    await other.sql("CREATE TABLE mine AS SELECT 1 AS one");
    await postgres.empty(other.access(pg17), dir);
    expect(await other.sql("SELECT one FROM mine")).toBe("1");
  });

  it("F06 a server with a table of its own is refused and untouched", async () => {
    const dir = join(scratch, "cut");
    const target = await fresh(pg15);
    await target.sql("CREATE TABLE mine AS SELECT 1 AS one; CREATE ROLE somebody");
    await expect(postgres.restore(target.access(pg15), dir, silent)).rejects.toMatchObject({ code: "DATABASE_NOT_EMPTY" });
    expect(await target.sql("SELECT one, (SELECT count(*) FROM pg_roles WHERE rolname = 'somebody') FROM mine")).toBe("1|1");
  });

  it("F05 an error in the middle of a restore fails it", async () => {
    const dir = join(scratch, "erring");
    await source.sql('CREATE TABLE needs_collation (t text COLLATE "C")');
    await postgres.dump(source.access(pg15), dir, silent);
    const target = await fresh(pg15);
    // The extension that the dump needs is not in the target's image.
    await run("exec", target.name, "sh", "-c", "rm /usr/share/postgresql/*/extension/pgcrypto.control");
    const error = await postgres.restore(target.access(pg15), dir, silent).catch(caught => caught);
    expect(error).toMatchObject({ code: "COMMAND_FAILED" });
    expect(error.message).toMatch(/^Restoring the databases failed: [\s\S]*pgcrypto/);
    await source.sql("DROP TABLE needs_collation");
  });

  it("F29 a dump whose globals hold commands for psql carries none of them out, and is refused", async () => {
    const dump = join(scratch, "hostile");
    await postgres.dump(source.access(pg17), dump, silent);
    const manifest = JSON.parse(readFileSync(join(dump, "dump.json"), "utf8")) as DumpManifest;
    const globals = readFileSync(join(dump, "globals.sql"), "utf8");
    for (const hostile of [
      "\\! touch /tmp/canary; echo carried out >&2; sleep 1",
      "\\copy pg_roles to program 'touch /tmp/canary'",
      "\\i /etc/passwd",
    ]) {
      // Whoever can write an archive can write its digests as well.
      for (const own of ["dump.sha256", "dump.json"]) rmSync(join(dump, own));
      writeFileSync(join(dump, "globals.sql"), globals.replace(/^CREATE ROLE/m, `${hostile}\nCREATE ROLE`));
      await sealDump(dump, manifest, JSON.parse(readFileSync(join(dump, "proof.json"), "utf8")) as DatabaseProof);
      const target = await fresh(pg17);
      const error = await postgres.restore(target.access(pg17), dump, silent).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "COMMAND_FAILED", message: expect.stringContaining('syntax error at or near "\\"') });
      const { message } = error as Error;
      expect(message).not.toMatch(/carried out|SCRAM/);
      expect(globals).toContain("SCRAM");
      expect(await executor.run({ program: "sh", args: ["-c", 'docker logs "$1" 2>&1', "logs", target.name] })).not.toContain(
        "SCRAM",
      );
      expect(await target.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'reporter'", "template1")).toBe("0");
    }
    expect(existsSync("/tmp/canary")).toBe(false);
  });

  it("F03 a dump with one changed bit, a missing or a shortened file is refused before the server is touched", async () => {
    const dir = join(scratch, "cut");
    const target = await fresh(pg15);
    const file = join(dir, readdirSync(dir, { recursive: true, encoding: "utf8" }).find(name => name.endsWith("toc.dat"))!);
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    flipped[100]! ^= 1;
    for (const damage of [flipped, bytes.subarray(0, bytes.length - 1)]) {
      writeFileSync(file, damage);
      await expect(postgres.restore(target.access(pg15), dir, silent)).rejects.toMatchObject({ code: "DUMP_DAMAGED" });
    }
    writeFileSync(file, bytes);
    expect(await target.sql("SELECT count(*) FROM pg_database")).toBe("4");
  });

  it("F07 F62 refuses what a dump would lose: tablespaces, prepared transactions, closed databases", async () => {
    const odd = await (await lab.server(pg15, CANARY)).ready();
    await odd.sql("ALTER SYSTEM SET max_prepared_transactions = 5");
    await run("restart", odd.name);
    await odd.ready();
    const dir = join(scratch, "odd");
    await odd.sql("CREATE TABLE t (a int); BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'p'");
    await expect(postgres.dump(odd.access(pg15), dir, silent)).rejects.toMatchObject({ code: "DATABASE_PREPARED" });
    await odd.sql("ROLLBACK PREPARED 'p'");
    await odd.sql("CREATE DATABASE closed ALLOW_CONNECTIONS false");
    await expect(postgres.dump(odd.access(pg15), dir, silent)).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    await odd.sql("DROP DATABASE closed");
    await odd.sql("ALTER SYSTEM SET max_connections = 11");
    await run("restart", odd.name);
    await odd.ready();
    for (const name of ["a", "b", "c", "d", "e", "f"]) await odd.sql(`CREATE DATABASE ${name}`);
    await expect(postgres.dump(odd.access(pg15), dir, silent)).rejects.toMatchObject({
      code: "DATABASE_CONNECTIONS",
      message: expect.stringMatching(
        /^A dump of 8 databases as of one moment takes 13 connections, and the server has 10 left\.$/,
      ),
    });
    for (const name of ["a", "b", "c", "d", "e", "f"]) await odd.sql(`DROP DATABASE ${name}`);
    await run("exec", odd.name, "install", "-d", "-o", "postgres", "/tmp/elsewhere");
    await odd.sql("CREATE TABLESPACE elsewhere LOCATION '/tmp/elsewhere'");
    await expect(postgres.dump(odd.access(pg15), dir, silent)).rejects.toMatchObject({ code: "DATABASE_TABLESPACES" });
    await odd.sql("DROP TABLESPACE elsewhere");
    const said: string[] = [];
    await odd.sql("SELECT pg_create_physical_replication_slot('standby')");
    await postgres.dump(odd.access(pg15), dir, text => said.push(text));
    expect(said).toContain("replication slots are not part of a dump: standby");
    expect(existsSync(`${dir}.part`)).toBe(false);
  });
});

it("F08 F09 the state of a cluster tells a clean stop from a kill", async () => {
  const server = await fresh(pg15);
  expect(await postgres.clusterState(server.volume, pg15)).toEqual({ state: "in production", major: "15" });
  await run("stop", "--time=60", server.name);
  expect(await postgres.clusterState(server.volume, pg15)).toEqual({ state: "shut down", major: "15" });
  // Also by an image with another major's tools.
  expect(await postgres.clusterState(server.volume, pg17)).toEqual({ state: "shut down", major: "15" });
  await run("start", server.name);
  await server.ready();
  await run("kill", "--signal=KILL", server.name);
  expect(await postgres.clusterState(server.volume, pg15)).toEqual({ state: "in production", major: "15" });
  expect(await postgres.clusterState(await lab.volume(), pg15)).toBeNull();
  await expect(postgres.clusterState(`${lab.prefix}-typo`, pg15)).rejects.toMatchObject({ code: "NO_VOLUME" });
});
