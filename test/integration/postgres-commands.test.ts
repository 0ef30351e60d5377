import { cp, mkdtemp, open, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { BIN, TestHome } from "./support/cli.ts";
import { containersOf, randomPort, watch } from "./support/engine.ts";
import { Product } from "./support/product.ts";
import { Terminal } from "./support/pty.ts";

/** A database by hand: one instance in use, and one beside it that was never launched. */
let home: TestHome;
let folder: string;
let used: string;
let empty: string;
let dump: string;

const install = (suffix: string, port: number, ...more: readonly string[]) =>
  home.ok(
    "install",
    bundle("v2.22.2"),
    "--name",
    suffix,
    "--http-port",
    String(port),
    "--https-port",
    String(randomPort()),
    "--yes",
    ...more,
  );

/** `postgres shell`, fed by a pipe. */
async function shell(instance: string, sql: string) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [BIN, "--home", home.path, "postgres", "shell", instance], {
    reject: false,
    input: `\\set ON_ERROR_STOP 1\n\\pset format unaligned\n\\pset tuples_only on\n${sql}\n`,
  });
  return { code: exitCode ?? -1, stdout, stderr };
}
const namesIn = async (instance: string) =>
  (await shell(instance, "SELECT name FROM datasets ORDER BY name;")).stdout.split("\n").slice(-2);

beforeAll(async () => {
  home = await TestHome.make();
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-dump-"));
  [used, empty, dump] = [`v2.22.2-${home.suffix}`, `v2.22.2-${home.suffix}b`, join(folder, "before")];
  const port = randomPort();
  await install(home.suffix, port);
  await install(`${home.suffix}b`, randomPort(), "--no-launch");
  const product = new Product(port);
  expect(await product.signUp("ada", "engine-no-1")).toBe(201);
  for (const name of ["first", "second"]) await product.makeDataset(name, [name]);
});
afterAll(async () => {
  await home.remove();
  await rm(folder, { recursive: true, force: true });
});

it("F72 F73 a dump is private, says where it is, and shows nobody the password", async () => {
  const [database] = (await containersOf(used.replaceAll(/[^a-z0-9]/g, "_"))).filter(({ Name }) => Name.includes("postgres"));
  const password = database!.Config.Env!.find(text => text.startsWith("POSTGRES_PASSWORD="))!.split("=")[1]!;
  const seen = new Set<string>();
  const watching = watch(async () => {
    seen.add((await execa("ps", ["-eww", "-o", "args="])).stdout);
  });
  const result = await home.json<object>("postgres", "dump", used, "--to", dump);
  expect((await shell(used, "SELECT current_user;")).stdout).toContain("graphistry");
  await watching.stop();
  expect(result).toMatchObject({ kind: "postgres-dump", instance: used, outcome: "done", dump });
  expect((await stat(dump)).mode & 0o777).toBe(0o700);
  expect(await readdir(dump)).toEqual(expect.arrayContaining(["1", "dump.json", "dump.sha256", "globals.sql", "proof.json"]));
  expect([...seen].join()).toContain("pg_dump");
  expect([...seen].join()).not.toContain(password);
  const again = await home.run("postgres", "dump", used, "--to", dump);
  expect([again.code, again.stderr]).toEqual([3, expect.stringContaining("There is already")]);
});

it("F06 a restore over tables is refused, and the application notices nothing", async () => {
  const before = await shell(used, "SELECT pg_postmaster_start_time(), count(*) FROM datasets;");
  const { code, stdout } = await home.run("postgres", "restore", used, "--from", dump, "--yes", "--json");
  expect([code, JSON.parse(stdout).error.code]).toEqual([3, "DATABASE_NOT_EMPTY"]);
  expect((await shell(used, "SELECT pg_postmaster_start_time(), count(*) FROM datasets;")).stdout).toBe(before.stdout);
});

it("F03 a damaged dump is refused or undone, and the empty instance is as it was", async () => {
  const damaged = join(folder, "damaged");
  await cp(dump, damaged, { recursive: true });
  const [data] = (await readdir(join(damaged, "1"))).filter(name => /\.dat/.test(name) && name !== "toc.dat");
  const file = await open(join(damaged, "1", data!), "r+");
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 12);
  await file.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, 12);
  await file.close();
  const { code, stdout } = await home.run("postgres", "restore", empty, "--from", damaged, "--yes", "--json");
  expect([code, JSON.parse(stdout).error.code]).toEqual([5, "DUMP_DAMAGED"]);
  expect((await containersOf(empty.replaceAll(/[^a-z0-9]/g, "_"))).map(({ State }) => State.Status)).toEqual([]);
});

it("F04 F06 F07 a dump is restored into an instance that never ran, which then serves it", async () => {
  // A cluster that is there and stopped could hold anything.
  const stopped = await home.run("postgres", "restore", empty, "--from", dump, "--yes");
  expect([stopped.code, stopped.stderr]).toEqual([3, expect.stringContaining("cannot be seen")]);
  await home.ok("compose", empty, "--", "up", "-d", "postgres");
  const script = await home.run("postgres", "restore", empty, "--from", dump);
  expect([script.code, script.stderr]).toEqual([2, expect.stringContaining("--yes")]);
  await home.ok("postgres", "restore", empty, "--from", dump, "--yes");
  await home.ok("launch", empty);
  expect(await namesIn(empty)).toEqual(["first", "second"]);
  const operations = await home.json<{ operations: readonly { outcome: string }[] }>("operations");
  expect(operations.operations.filter(({ outcome }) => outcome === "unfinished")).toEqual([]);
});

it("the shell is psql at the operator's terminal, and passes on how it ended", async () => {
  const terminal = new Terminal(["--home", home.path, "postgres", "shell", used]);
  await terminal.until("graphistry=#");
  await terminal.press("SELECT 40 + 2 AS answer;\r").until(/answer[\s\S]*42/);
  terminal.press("\\q\r");
  expect(await terminal.exit).toBe(0);
  expect((await shell(used, "SELECT 1 / 0;")).code).toBe(3);
  const dry = await home.ok("postgres", "shell", used, "--dry-run");
  expect(dry.stdout).toMatch(/docker exec --interactive --env=PGUSER .* psql/);
});
