import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DUMP_ALL, EMPTY, READ_BACK, RESTORE } from "../../src/host/postgres-scripts.ts";

/** The scripts of the helper containers, run with programs that only write down how they were called, and fail when told to. */

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-scripts-"));
  for (const name of ["bin", "dump", "tmp"]) await mkdir(join(folder, name));
  for (const program of ["psql", "pg_restore", "pg_dump", "pg_dumpall"]) {
    const script = `#!/bin/sh
printf '%s %s\\n' ${program} "$*" >> '${folder}/calls'
for word in "$@"; do case $word in --file=*) [ -e "\${word#--file=}" ] || : > "\${word#--file=}" ;; esac; done
! grep -qs . '${folder}/fail' || case "${program} $*" in *"$(cat '${folder}/fail')"*) exit 1 ;; esac
`;
    await writeFile(join(folder, "bin", program), script);
    await chmod(join(folder, "bin", program), 0o755);
  }
  await writeFile(join(folder, "dump/globals.sql"), 'CREATE ROLE "app";\n');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(
  script: string,
  failing = "",
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly calls: readonly string[] }> {
  const own = script.replaceAll(/\/(dump|tmp)\//g, `${folder}/$1/`);
  await writeFile(join(folder, "fail"), failing);
  await writeFile(join(folder, "calls"), "");
  await writeFile(join(folder, "tmp/databases"), "postgres\ntemplate1\n");
  for (const number of [1, 2]) await writeFile(join(folder, `tmp/snapshot.${number}`), "1-1");
  const { exitCode } = await execa("sh", ["-c", own], {
    reject: false,
    stdin: "ignore",
    extendEnv: false,
    env: {
      PATH: `${folder}/bin:${process.env.PATH}`,
      COUNT: "2",
      DATABASES: "postgres\ntemplate1",
      TEMPLATE1: "2",
      LOADING: "",
      CLUSTER_SQL: "",
      SEQUENCES_SQL: "",
      PGOPTIONS: "",
      BEGIN_SQL: "begin;",
      ROWS_SQL: "rows;",
      REST_SQL: "rest;",
      BY_TEXT: "",
      EXPECTED: "",
      DATABASE: "app",
      PLAIN: "",
      ...more,
    },
  });
  const calls = (await readFile(join(folder, "calls"), "utf8")).split("\n").filter(line => line !== "");
  return { code: exitCode ?? -1, calls };
}

describe("a restore", () => {
  it("F05 ends every program at its first error, and asks nothing", async () => {
    const { code, calls } = await run(RESTORE);
    expect(code).toBe(0);
    const restores = calls.filter(call => call.startsWith("pg_restore ") && !call.includes("--list"));
    expect(restores).toHaveLength(2);
    for (const call of restores) expect(call).toMatch(/ --no-password .*--exit-on-error/);
    for (const call of calls.filter(each => each.startsWith("psql "))) {
      expect(call).toMatch(/--no-psqlrc .*--set=ON_ERROR_STOP=1/);
    }
  });

  it("F29 shows the globals to psql as a text alone, without what pg_dumpall says to psql in them", async () => {
    const restrict = "k3yOfPgDumpall";
    const kept = "COMMENT ON ROLE \"app\" IS 'two\n\\! lines';\n";
    await writeFile(
      join(folder, "dump/globals.sql"),
      `\\restrict ${restrict}\nSET client_encoding = 'LATIN1';\nCREATE ROLE "app";\n${kept}\\unrestrict ${restrict}\n`,
    );
    const { code, calls } = await run(RESTORE);
    expect(code).toBe(0);
    expect(calls.filter(call => call.includes("globals.sql"))).toEqual([]);
    const script = await readFile(join(folder, "tmp/roles.sql"), "utf8");
    expect(script.split("\n").filter(line => /^\\(i|ir|include|include_relative|!|o|w|g) /.test(line))).toEqual([]);
    expect(script).toContain("\\set globals `cat ");
    expect(await readFile(join(folder, "tmp/globals.sql"), "utf8")).toBe(
      `SET client_encoding = 'LATIN1';\nCREATE ROLE "app";\n${kept}`,
    );
    expect(calls.find(call => call.includes("roles.sql"))).toContain("--set=encoding=LATIN1");
  });

  it("F04 stops at the first program that fails", async () => {
    const whole = await run(RESTORE);
    for (const [index, failing] of ["clear.sql", "roles.sql", "dump/1", "dump/2", "ANALYZE", "CHECKPOINT"].entries()) {
      const { code, calls } = await run(RESTORE, failing);
      expect(code, failing).not.toBe(0);
      expect(calls.length, failing).toBeLessThanOrEqual(whole.calls.length);
      // Statistics and the checkpoint are made while it is proven.
      const last = calls.findLast(call => !/--list|rows\.1\.sql/.test(call));
      if (index < 4) expect(last, failing).toContain(failing);
    }
  });

  it("F04 proves the rows of each database once: as soon as they are in, and with the rest where that fails or cannot be", async () => {
    const proven = async (number: number) => await readFile(join(folder, `tmp/database.${number}.sql`), "utf8");
    await run(RESTORE);
    // template1 is restored in one transaction, and read afterwards.
    expect([await proven(1), await proven(2)]).toEqual(["begin;rest;", "begin;rows;rest;"]);
    await rm(join(folder, "tmp/rows.1"));
    expect((await run(RESTORE, "rows.1.sql")).code).toBe(0);
    expect(await proven(1)).toBe("begin;rows;rest;");
  });

  it("F07 brings roles and settings before the first database", async () => {
    const { calls } = await run(RESTORE);
    expect(calls.findIndex(call => call.includes("roles.sql"))).toBeLessThan(
      calls.findIndex(call => call.startsWith("pg_restore")),
    );
    await rm(join(folder, "dump/globals.sql"));
    expect((await run(RESTORE)).code).not.toBe(0);
  });
});

describe("a dump", () => {
  it("F07 has roles and settings of the whole server, and every database, each in its snapshot", async () => {
    const { code, calls } = await run(DUMP_ALL);
    expect(code).toBe(0);
    expect(calls.filter(call => call.startsWith("pg_dumpall "))).toEqual([expect.stringContaining("--globals-only")]);
    const dumps = calls.filter(call => /^pg_dump .*--format=directory/.test(call));
    expect(dumps).toHaveLength(2);
    for (const call of dumps) expect(call).toContain("--snapshot=1-1");
  });

  it("is compressed with lz4 where the tools can, else with what all of them can, and not at all where that is asked for", async () => {
    const compressions = async (failing: string, more = {}) =>
      (await run(DUMP_ALL, failing, more)).calls
        .filter(call => call.includes("--format=directory"))
        .map(call => /--compress=\S+/.exec(call)?.[0]);
    expect(await compressions("")).toEqual(["--compress=lz4", "--compress=lz4"]);
    expect(await compressions("lz4")).toEqual(["--compress=1", "--compress=1"]);
    expect(await compressions("", { PLAIN: "1" })).toEqual(["--compress=0", "--compress=0"]);
  });

  it("F02 fails when any part of it fails", async () => {
    for (const failing of ["pg_dumpall", "--format=directory", "--schema-only", "cluster.sql"]) {
      expect((await run(DUMP_ALL, failing)).code, failing).not.toBe(0);
    }
  });
});

describe("taking a restore back, and reading a dump", () => {
  it("F05 stop at the first program that fails", async () => {
    for (const failing of ["clear.sql", "template.sql", "DROP DATABASE", "empty.sql"]) {
      const { code, calls } = await run(EMPTY, failing);
      expect(code, failing).not.toBe(0);
      expect(calls.at(-1), failing).toContain(failing);
    }
    expect((await run(EMPTY)).code).toBe(0);
  });

  it("F03 reads every database of a dump to its end, into nothing", async () => {
    const { code, calls } = await run(READ_BACK);
    expect(code).toBe(0);
    expect(calls).toEqual([1, 2].map(number => `pg_restore --file=/dev/null ${folder}/dump/${number}`));
    expect((await run(READ_BACK, "dump/1")).code).not.toBe(0);
  });
});
