import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proofDifferences } from "../../src/domain/database.ts";
import { changesBetween, type RowChanges } from "../../src/domain/database-changes.ts";
import { listOf } from "../../src/host/listed-tables.ts";
import { createPostgres } from "../../src/host/postgres.ts";
import { connect } from "../../src/host/postgres-connection.ts";
import { proveServer } from "../../src/host/postgres-prove.ts";
import { ODD_DATABASE, seed } from "./support/postgres-seed.ts";
import { executor, helpersOf, Lab, type Server } from "./support/postgres-servers.ts";

const lab = new Lab();
const scratch = mkdtempSync(join(tmpdir(), "graph-mgr-follow-"));
const helpers = helpersOf({ home: scratch, operation: lab.prefix });
const postgres = createPostgres(executor, helpers);
const dump = join(scratch, "dump");
const rows = join(scratch, "rows");
const lists = { source: join(scratch, "source"), target: join(scratch, "target") };

let pg17: string;
let source: Server;
let target: Server;

beforeAll(async () => {
  const [pg15, newer] = await Promise.all([lab.postgresImage(15), lab.postgresImage(17)]);
  pg17 = newer;
  [source, target] = await Promise.all([lab.server(pg15, "old-secret"), lab.server(pg17, "new-secret")]);
  await Promise.all([source.ready(), target.ready()]);
  await seed(source);
  await source.sql(`DROP MATERIALIZED VIEW counts;
    CREATE TABLE visits (id bigserial PRIMARY KEY, who bigint REFERENCES users, n int, twice int GENERATED ALWAYS AS (n * 2) STORED, "merge" text);
    INSERT INTO visits (who, n, "merge") SELECT 1 + n % 1000, n, md5(n::text) FROM generate_series(1, 120000) n;
    CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO visits (n) VALUES (-1); RETURN NEW; END';
    CREATE TRIGGER loud AFTER INSERT OR DELETE ON moods FOR EACH ROW EXECUTE FUNCTION loud()`);
  await postgres.dump(source.access(pg17), dump, () => undefined);
  await postgres.restore(target.access(pg17), dump, () => undefined);
  await postgres.prove(target.access(pg17), await postgres.proofOf(dump), lists.target);
});

afterAll(async () => {
  await lab.clear();
  rmSync(scratch, { recursive: true, force: true });
});

const connectTo = (server: Server) => connect(executor, helpers, server.access(pg17));

/** What has changed, and lists of the rows of both, of the same proofs as without lists. */
async function changes(few?: number): Promise<readonly RowChanges[]> {
  const like = await postgres.proofOf(dump);
  const proving = { like, ...(few === undefined ? {} : { few }) };
  const [old, now] = await Promise.all([
    proveServer(await connectTo(source), { ...proving, lists: lists.source }),
    proveServer(await connectTo(target), { ...proving, lists: lists.target }),
  ]);
  expect([old, now]).toEqual(await Promise.all([source, target].map(each => postgres.prove(each.access(pg17), like))));
  const found = changesBetween(old, now);
  return found.kind === "rows" ? found.databases : [];
}

const differences = async (): Promise<readonly string[]> => {
  const like = await postgres.proofOf(dump);
  return proofDifferences(await postgres.prove(source.access(pg17), like), await postgres.prove(target.access(pg17), like));
};

const follow = async (all: readonly RowChanges[], many?: number): Promise<void> => {
  if (all.length === 0) return;
  const like = await postgres.proofOf(dump);
  const following = { dir: rows, lists, like, ...(many === undefined ? {} : { many }) };
  const proof = await postgres.follow(source.access(pg17), target.access(pg17), all, following);
  expect(proof).toEqual(await postgres.prove(target.access(pg17), like));
};

describe("a database that was moved while it was written to", () => {
  it("F04 F07 follows by rows, of large tables by those that changed, whatever refers to them and is made of them", async () => {
    await source.sql(`UPDATE visits SET n = n + 1, "merge" = NULL WHERE id % 10000 = 7; DELETE FROM visits WHERE id % 10000 = 9;
      INSERT INTO visits (who, n) SELECT 5, n FROM generate_series(1, 30) n; INSERT INTO users (name) VALUES (E'tab\\t\\\\. back\\\\slash\\nline'), ('\\.');
      DELETE FROM users WHERE id = 5000; INSERT INTO moods VALUES ('sad', 'visits'), ('ok', NULL);
      UPDATE "Odd ""table"", with spaces" SET "sel""ect" = E'more\\n' WHERE "col.umn" = 2; INSERT INTO "line
break" VALUES (1), (1); INSERT INTO empty_table VALUES (21); UPDATE events SET at = '2026-05-05' WHERE id = 7; INSERT INTO child VALUES (3, 4, 'z');
      INSERT INTO guarded VALUES ('somebody'); SELECT nextval('down'), setval('never_called', 8)`);
    await source.sql("INSERT INTO s.words VALUES ('na' || chr(239) || 've')", ODD_DATABASE);
    await source.sql("SET default_transaction_read_only = off; DELETE FROM numbers WHERE n < 10", "analytics");
    const found = await changes();
    expect(found.map(({ database }) => database).sort()).toEqual(["analytics", "graphistry", ODD_DATABASE]);
    const own = found.find(({ database }) => database === "graphistry");
    expect(own?.tables.length).toBeGreaterThan(8);
    expect(own?.sequences.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["down", "never_called", "users_id_seq", "visits_id_seq"]),
    );
    expect(readdirSync(lists.target).filter(name => name.endsWith(".list"))).toHaveLength(2);
    await follow(found);
    expect(await differences()).toEqual([]);
    // Triggers have not fired again, and what had not changed was not moved.
    expect(await target.sql("SELECT count(*) FROM visits WHERE n = -1")).toBe("2");
    const moved = Number(
      await target.sql("SELECT count(*) FROM visits WHERE xmin::text = (SELECT xmin::text FROM visits WHERE id = 7)"),
    );
    expect(moved).toBeGreaterThanOrEqual(44);
    expect(moved).toBeLessThan(50);
    expect(await target.sql("SELECT twice FROM visits WHERE id = 7")).toBe("16");
    expect(existsSync(rows)).toBe(false);
    // They go on where the source's would.
    expect(await target.sql("SELECT nextval('never_called')")).toBe(await source.sql("SELECT nextval('never_called')"));
    await follow(await changes());
    expect(await differences()).toEqual([]);
  });

  it("F04 follows by rows of every kind of table, whatever it is called", async () => {
    await source.sql(`UPDATE "Odd ""table"", with spaces" SET "sel""ect" = 'other' WHERE "col.umn" = 2; INSERT INTO "line
break" VALUES (7); UPDATE events SET at = '2026-05-06' WHERE id = 7; INSERT INTO child VALUES (5, 4, 'z'); UPDATE users SET name = 'other' WHERE id = 4`);
    await source.sql("INSERT INTO s.words VALUES ('na' || chr(239) || 've')", ODD_DATABASE);
    const found = await changes(-1);
    const all = found.flatMap(({ database, tables }) => tables.map(table => listOf(database, table)));
    expect(all.length).toBeGreaterThan(5);
    for (const dir of [lists.source, lists.target]) expect(readdirSync(dir)).toEqual(expect.arrayContaining(all));
    await follow(found);
    expect(await differences()).toEqual([]);
  });

  it("F04 follows by rows, or as a whole table where too many rows would have to be looked at", async () => {
    const moved = () =>
      target.sql("SELECT count(*) FROM visits WHERE xmin::text = (SELECT xmin::text FROM visits WHERE id = 11)").then(Number);
    const write = async () => {
      await source.sql(
        "UPDATE visits SET n = n - 1 WHERE id % 10000 = 11; DELETE FROM visits WHERE id = (SELECT max(id) FROM visits)",
      );
      return await changes();
    };
    await follow(await write());
    expect(await differences()).toEqual([]);
    expect(await moved()).toBe(13);
    await follow(await write(), 5);
    expect(await differences()).toEqual([]);
    expect(await moved()).toBeGreaterThan(100_000);
  });

  it("F04 takes nothing in where one of the rows does not go in, and says why", async () => {
    await source.sql(`ALTER TABLE moods DROP CONSTRAINT IF EXISTS odd; DELETE FROM "line
break"; INSERT INTO moods VALUES ('sad', NULL)`);
    const found = await changes();
    const lines = () =>
      target.sql(`SELECT count(*) FROM "line
break"`);
    const before = await lines();
    expect(Number(before)).toBeGreaterThan(0);
    await target.sql("ALTER TABLE moods ADD CONSTRAINT odd CHECK (m <> 'sad') NOT VALID");
    await expect(follow(found)).rejects.toMatchObject({ code: "COMMAND_FAILED", message: expect.stringContaining("odd") });
    expect(await lines()).toBe(before);
    await target.sql("ALTER TABLE moods DROP CONSTRAINT odd");
    await follow(found);
    expect(await differences()).toEqual([]);
  });

  it("F03 takes nothing in where what it reads ends too early", async () => {
    await source.sql("INSERT INTO guarded VALUES ('late')");
    const found = (await changes()).map(each => ({
      ...each,
      tables: [...each.tables, { schema: "public", name: "nowhere", rows: 1 }],
    }));
    await expect(follow(found)).rejects.toMatchObject({ code: "COMMAND_FAILED" });
    expect(await differences()).toHaveLength(1);
  });
});
