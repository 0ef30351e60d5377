import { readFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { docker } from "./support/cli.ts";
import { leftovers, watch } from "./support/engine.ts";
import { NEW, NOTES, OLD, said } from "./support/small-home.ts";
import { smallStage } from "./support/small-stage.ts";

const stage = smallStage();
const { installed, update, byDump, waiting } = stage;

describe("several at once", () => {
  it("F26 whatever else would change the home while an update is at work is refused with who is, and the update is not hurt", async () => {
    const own = await installed();
    const dump = join(own.home.path, "dumped");
    const others = async () => {
      await own.seen(NEW, "while not exists");
      const results = await Promise.all(
        [
          update(),
          ["copy", own.name(OLD), "--name", `${own.home.suffix}b`, "--data", "dump", "--yes"],
          ["stop", own.name(OLD)],
          ["postgres", "dump", own.name(OLD), "--to", dump],
          ["rollback", "--yes"],
          ["resume"],
          ["undo"],
        ].map(words => own.home.run(...words)),
      );
      await own.sql(NEW, "create table go()");
      return results;
    };
    const [updated, refused] = await Promise.all([own.home.run(...waiting("--health-timeout", "600")), others()]);
    expect(updated.code, said(updated)).toBe(0);
    for (const result of refused) {
      expect(result.code, said(result)).toBe(6);
      expect(result.stderr).toMatch(/^Error: `graph-mgr update` \(process \d+, since .*\) is at work here/m);
      expect(result.stderr).toMatch(/^Try: wait until it has ended/m);
    }
    expect(await own.notes(NEW)).toEqual(NOTES);
    expect(await leftovers(`${own.home.suffix}b`)).toEqual([]);
  });

  it("F26 an update does not begin during a dump by hand, which is not hurt", async () => {
    const own = await installed();
    const to = join(own.home.path, "dumped");
    const before = await own.startedAt();
    // The dump waits for whoever has the table.
    const holder = own.session(OLD, "begin; lock table notes; select pg_sleep(300)");
    await own.seen(OLD, "lock table notes");
    const tried = async () => {
      await own.until("database.dump");
      const result = await own.home.run(...update());
      await own.end(OLD, "lock table notes");
      return result;
    };
    const [dumped, refused] = await Promise.all([own.home.run("postgres", "dump", "--to", to), tried(), holder]);
    expect(dumped.code, said(dumped)).toBe(0);
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining("`graph-mgr postgres dump`")]);
    expect(await own.startedAt()).toEqual(before);
    await own.home.ok("copy", own.name(OLD), "--name", `${own.home.suffix}r`, "--data", "none", "--no-launch", "--yes");
    await own.home.ok("postgres", "restore", `${own.name(OLD)}r`, "--from", to, "--yes");
  });

  it("somebody who is on the database from outside is not cut off: the update is put back, and goes through when they are gone", async () => {
    const own = await installed();
    const other = own.session(OLD, "select pg_sleep(300)");
    try {
      await own.seen(OLD, "pg_sleep");
      const refused = await own.home.run(...byDump());
      expect([3, 5]).toContain(refused.code);
      expect(refused.stderr).toMatch(/connected to the database/);
      await own.oldServes();
    } finally {
      await own.end(OLD, "pg_sleep");
      await other;
    }
    await own.home.ok(...update());
    expect(await own.notes(NEW)).toEqual(NOTES);
  });

  it("two homes that are updated on one engine at once both get their release, each with its own data", async () => {
    const both = await Promise.all([installed(), installed()]);
    for (const [index, own] of both.entries()) await own.write(`of ${index}`);
    const updated = await Promise.all(both.map(own => own.home.run(...update())));
    for (const result of updated) expect(result.code, said(result)).toBe(0);
    for (const [index, own] of both.entries()) expect(await own.notes(NEW)).toEqual([...NOTES, `of ${index}`]);
  });
});

/** Takes a port as soon as nobody has it. @param answers what it says to whoever knocks */
async function thief(port: number, answers: string): Promise<{ readonly has: () => boolean; stop(): Promise<void> }> {
  const knocking = new Set<Socket>();
  const server = createServer(socket => {
    knocking.add(socket);
    // Whoever knocks may be gone before the answer is.
    socket.on("error", () => undefined).on("close", () => knocking.delete(socket));
    socket.resume().end(answers);
  }).on("error", () => undefined);
  const trying = watch(async () => {
    if (!server.listening) server.listen({ port, host: "0.0.0.0", exclusive: true });
  }, 2);
  return {
    has: () => server.listening,
    async stop() {
      await trying.stop();
      const closed = new Promise(resolve => server.close(resolve));
      for (const socket of knocking) socket.destroy();
      await closed;
    },
  };
}

describe("a port that somebody takes in the middle of an update", () => {
  it.each([
    ["while the maintenance page is to go up", "instance.quiet", ""],
    ["before the new release opens, by something mute", "data.baseline", ""],
    [
      "before the new release opens, by something that answers",
      "data.baseline",
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi",
    ],
  ])("F35 %s: nothing is lost, and the old one serves when the port is free again", async (_, from, answers) => {
    const own = await installed();
    let squatter: Awaited<ReturnType<typeof thief>> | undefined;
    const steal = async () => {
      await own.until(from);
      squatter = await thief(own.port, answers);
    };
    const [failed] = await Promise.all([own.home.run(...update()), steal()]);
    try {
      expect(squatter?.has(), said(failed)).toBe(true);
      expect(failed.code, said(failed)).toBe(4);
      expect(failed.stderr).toContain(`${own.port}`);
      expect(failed.stderr).toContain("Try: graph-mgr undo");
    } finally {
      await squatter?.stop();
    }
    await own.home.ok("undo");
    await own.oldServes();
  });

  it.each([
    [
      "while the maintenance page is to go up",
      `case " $* " in *" create "*"-maintenance"*) take;; *" start "*) [ -z "$(taken)" ] || { $docker "$@"; code=$?; let_go; exit $code; };; esac`,
    ],
    [
      "before the new release opens",
      `case " $* " in *" up --detach --no-build --pull never ") take; $docker "$@"; code=$?; let_go; exit $code;; esac`,
    ],
  ])("F35 for a moment, %s: exit 5, and the old one serves", async (_, lines) => {
    const own = await installed();
    const name = `${own.home.suffix}-thief`;
    const log = `${own.home.path}/thief`;
    const PATH = await stage.shim(`
      take() { $docker run -d --name ${name} -p ${own.port}:80 --entrypoint sleep ${stage.image} 600; } >>${log} 2>&1
      taken() { $docker ps -q --filter name=${name}; }
      let_go() { $docker rm -f ${name}; } >>${log} 2>&1
      ${lines}`);
    try {
      const failed = await own.home.runWith({ PATH }, ...update());
      expect(failed.code, said(failed)).toBe(5);
      expect(failed.stderr).toMatch(new RegExp(`${own.port}.*(is in use|already allocated|address already in use)`));
      // It was there, and it went.
      expect(await readFile(log, "utf8")).toMatch(new RegExp(`^[0-9a-f]{64}\\n${name}\\n$`));
      await own.oldServes();
    } finally {
      await docker("rm", "--force", name).catch(() => undefined);
    }
  });
});
