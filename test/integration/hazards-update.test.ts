import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { docker } from "./support/cli.ts";
import { until, watch } from "./support/engine.ts";
import { NEW, NOTES, OLD, said } from "./support/small-home.ts";
import { smallStage } from "./support/small-stage.ts";

const { installed, update, byDump, unable } = smallStage();

describe("a new release that fails", () => {
  it("F57 to migrate what is in the database: exit 5, and the old one serves with all data", async () => {
    const own = await installed();
    const failed = await own.home.run(...unable("--json"));
    expect(failed.code, said(failed)).toBe(5);
    const { error } = JSON.parse(failed.stdout) as { error: { message: string; downtimeMs: number } };
    // Seen between two starts, or in one of them.
    expect(error.message).toMatch(/app: (ended with code 1|\w+ .*, restarted \d+ times)/);
    expect(error.message).toContain("Everything was put back as it was.");
    expect(error.downtimeMs).toBeGreaterThan(0);
    await own.oldServes();
    await own.write("third");
    expect(await own.notes(OLD)).toEqual([...NOTES, "third"]);
  });

  it.each([
    ["in the middle of the restore, while the old one serves", "database.restore", 200],
    ["in the window, when both are compared", "database.catch-up", 503],
  ] as const)("F55 when its Postgres is killed, as for memory, %s: undone by itself, or by undo", async (_, step, seen) => {
    const own = await installed();
    await own.fill(OLD, 400_000);
    const kill = async () => {
      await own.until(step);
      // Its first tables are there; the index is yet to come.
      await until(
        () => own.sql(NEW, "select count(*) from pg_class where relname = 'ballast'").catch(() => ""),
        count => count.startsWith("1"),
      );
      await docker("kill", own.container(NEW, "postgres"));
    };
    const [failed] = await Promise.all([own.home.run(...byDump()), kill()]);
    expect(failed.code, said(failed)).toBe(5);
    await own.oldServes();

    const [stopped] = await Promise.all([own.home.run(...byDump("--on-failure", "stop")), kill()]);
    expect(stopped.code, said(stopped)).toBe(4);
    expect((await own.get("/")).status).toBe(seen);
    await own.home.ok("undo");
    await own.oldServes();
  });
});

describe("writes into the newer release", () => {
  it("F58 are not left behind unsaid: rollback counts them by table, and takes a dump that gives them back", async () => {
    const own = await installed();
    await own.home.ok(...update());
    await own.write("after");
    const refused = await own.home.run("rollback", "--yes");
    expect(refused.code, said(refused)).toBe(3);
    expect(refused.stderr).toMatch(/small public\.notes: 1 more row/);
    expect(refused.stderr).toContain("Try: --accept-loss");
    expect(await own.notes(NEW)).toEqual([...NOTES, "after"]);

    const { operation } = await own.home.json<{ operation: string }>("rollback", "--accept-loss", "--yes");
    expect(await own.notes(OLD)).toEqual(NOTES);
    const dump = join(own.home.path, "backups", operation, "database");
    await own.home.ok("copy", own.name(NEW), "--name", `${own.home.suffix}r`, "--data", "none", "--no-launch", "--yes");
    await own.home.ok("postgres", "restore", `${own.name(NEW)}r`, "--from", dump, "--yes");
    await own.home.ok("launch", `${own.name(NEW)}r`);
    expect(await own.sql(NEW, "select 1").catch(() => "stopped")).toBe("stopped");
    const back = await docker(
      "exec",
      `${own.slug(NEW)}r-postgres-1`,
      "psql",
      "-XqAt",
      "-U",
      "small",
      "-c",
      "select note from notes order by id",
    );
    expect(back.split("\n")).toEqual([...NOTES, "after"]);
  });
});

describe("a password that is not the database's any more", () => {
  it("F59 in the old .env refuses the update before anything stops", async () => {
    const own = await installed();
    const env = join(own.dir(OLD), ".env");
    const before = await own.startedAt();
    await writeFile(env, (await readFile(env, "utf8")).replace(/^POSTGRES_PASSWORD=.*$/m, "POSTGRES_PASSWORD=canary-7c1"));
    for (const method of ["dump", "copy", "auto"]) {
      const refused = await own.home.run(...update("--postgres", method));
      expect(refused.code, said(refused)).toBe(3);
      expect(refused.stderr).toMatch(/password authentication failed/);
      expect(refused.stdout + refused.stderr).not.toContain("canary-7c1");
    }
    expect(await own.startedAt()).toEqual(before);
    await own.oldServes();
  });
});

describe("what visitors see of an update", () => {
  it.each(["dump", "copy"])(
    "F17 by %s: old answers, 503, new answers, in this order, and nothing of the new one before they are let in",
    async method => {
      const own = await installed();
      await own.fill(OLD, 50_000);
      const seen: { readonly at: number; readonly what: string }[] = [];
      const looking = watch(async () => {
        const { status, text } = await own.get("/");
        const what = status === 200 ? text : String(status);
        seen.push({ at: Date.now(), what });
      }, 10);
      const { operation } = await own.home.json<{ operation: string }>(...update("--postgres", method));
      await until(
        async () => seen.filter(({ what }) => what === NEW).length,
        count => count > 3,
      );
      await looking.stop();
      const order = seen
        .map(({ what }) => what)
        .filter((what, index, all) => what !== all[index - 1] && what !== "0" && what !== "502");
      expect([...new Set(order)]).toEqual([OLD, "503", NEW]);
      expect(order.filter((what, index) => what !== order[index - 1])).toEqual([OLD, "503", NEW]);
      const log = await readFile(join(own.home.path, ".graph-mgr/operations", operation, "log"), "utf8");
      const opened = /^(\S+) doing \S+ Let visitors in/m.exec(log)?.[1];
      expect(seen.find(({ what }) => what === NEW)!.at).toBeGreaterThan(Date.parse(opened!));
    },
  );
});
