import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unifiedDiff } from "../../src/domain/merge-text.ts";
import { randomFor } from "./support/faults.ts";
import { quoted, SHAPE_ROLES, shapeOf } from "./support/postgres-shapes.ts";
import { RELEASE } from "./support/small-backup.ts";
import { SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

const COUNT = 100;
const random = randomFor("shapes");
const shapes = Array.from({ length: COUNT }, (_, ordinal) => shapeOf(ordinal, random));

let small: SmallProduct;
let own: SmallHome;
beforeAll(async () => {
  small = await SmallProduct.make();
  own = await SmallHome.make(await small.bundle(RELEASE));
}, 600_000);
afterAll(async () => {
  await own?.remove();
  await small?.remove();
});

async function psql(container: string, database: string, text: string): Promise<void> {
  const args = [
    "exec",
    "-i",
    "-e",
    "PGDATABASE",
    container,
    "psql",
    "-XqAt",
    "-v",
    "ON_ERROR_STOP=1",
    "-U",
    "small",
    "-o",
    "/dev/null",
  ];
  await execa("docker", args, { input: text, env: { PGDATABASE: database } });
}

/** Of each database, in turns: its name on a line, then its dump as text. */
const DUMPS = `psql -XAt -U small -d small -c "select datname from pg_database where datallowconn and not datistemplate order by 1" > /tmp/names
while IFS= read -r name; do
  export PGDATABASE="$name"
  echo "graph-mgr test database $name"
  pg_dump -U small < /dev/null || exit 1
done < /tmp/names
echo "graph-mgr test database and roles"
pg_dumpall -U small --globals-only`;

/** Columns by their names: a child that got a column of its parent's later has it in the middle once it was restored, as of Postgres's own tools. */
const inOrder = (text: string): string =>
  text.replaceAll(
    /^(COPY .* )\((.*)\)( FROM stdin;)\n((?:.*\n)*?)\\\.$/gm,
    (_, head: string, names: string, tail: string, rows: string) => {
      const columns = names.split(", ");
      const order = [...columns.keys()].sort((a, b) => (columns[a]! < columns[b]! ? -1 : 1));
      const sorted = (cells: readonly string[]) => order.map(index => cells[index]);
      const lines = rows.split("\n").slice(0, -1);
      return `${head}(${sorted(columns).join(", ")})${tail}\n${lines.map(line => `${sorted(line.split("\t")).join("\t")}\n`).join("")}\\.`;
    },
  );

/** The user of the server has the instance's password, with a salt of each server's own. */
const withoutSalt = (text: string): string => text.replace(/^(ALTER ROLE small .* PASSWORD) 'SCRAM-.*';$/m, "$1;");

/** By database, what Postgres's own tools say of it: schema, rows in their order, large objects, settings of the server. */
async function dumps(container: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await execa("docker", ["exec", container, "bash", "-c", DUMPS], { maxBuffer: 2 ** 30 });
  return new Map(
    stdout
      .split("graph-mgr test database ")
      .slice(1)
      .map(each => {
        const end = each.indexOf("\n");
        const text = each.slice(end).replaceAll(/^\\(?:un)?restrict .*$/gm, "");
        return [each.slice(0, end), inOrder(withoutSalt(text))] as const;
      }),
  );
}

/** A server takes a hundred connections, and a dump of all databases as of one moment holds one of each. */
const AT_ONCE = 50;

it("F04 F07 databases of 100 generated shapes go through a backup and its restore, and Postgres's own tools find no difference", {
  timeout: 3_600_000,
}, async () => {
  const source = own.container(RELEASE, "postgres");
  for (const role of SHAPE_ROLES) await psql(source, "small", `CREATE ROLE ${quoted(role)} LOGIN PASSWORD 'role-password';`);
  for (let from = 0; from < COUNT; from += AT_ONCE) {
    const some = shapes.slice(from, from + AT_ONCE);
    for (const { database, options, sql } of some) {
      await psql(source, "small", `CREATE DATABASE ${quoted(database)} ${options};`);
      await psql(source, database, sql).catch(error => {
        throw new Error(`the shape ${database} cannot be made: ${sql}`, { cause: error });
      });
    }
    const before = await dumps(source);
    // The product's own and the one that every server has, and the roles.
    expect(before.size).toBe(AT_ONCE + 3);
    const { backup } = await own.home.json<{ readonly backup: string }>("backup", "create");
    const suffix = `r${from}`;
    await own.home.ok("backup", "restore", backup, "--name", `${own.home.suffix}${suffix}`, "--yes");
    const after = await dumps(`${own.slug(RELEASE)}${suffix}-postgres-1`);
    for (const [name, text] of after) expect.soft(unifiedDiff(before.get(name) ?? "", text), name).toEqual([]);
    expect([...after.keys()]).toEqual([...before.keys()]);
    for (const { database } of some) await psql(source, "small", `DROP DATABASE ${quoted(database)};`);
  }
});
