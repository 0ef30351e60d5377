import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { docker } from "./support/cli.ts";
import { cut } from "./support/killable.ts";
import { NEW, NOTES, OLD, said } from "./support/small-home.ts";
import { smallStage } from "./support/small-stage.ts";

const { installed, update, byDump } = smallStage();

describe("an old instance that somebody brings up in the middle of an unfinished update", () => {
  /** kill -9 at a step of the window, the old one by hand, a row: what `resume` and `undo` make of it. */
  it.each([
    ["after all was moved", "database.catch-up", 0, "done", []],
    ["while its database is being stopped", "instance.quiet", 1, "doing", []],
    ["while what was written last is being moved", "database.catch-up", 0, "doing", []],
    ["and takes down again", "instance.quiet", 1, "done", ["down"]],
  ] as const)("is not overwritten by resume, and undo keeps what was written: %s", async (_, kind, nth, when, after) => {
    const own = await installed();
    await own.home.ok(...byDump("--prepare"));
    const words = byDump();
    const killed = await cut(own.home, await own.pointOf(words, kind, nth, when), ...words);
    expect(killed.wasKilled, said(killed)).toBe(true);
    // The page has the port; whoever brings the old one up by hand takes it away first.
    await docker("rm", "--force", `graph-mgr-${own.slug(OLD)}-maintenance`);
    await execa("docker", ["compose", "up", "--detach"], { cwd: own.dir(OLD) });
    expect(await own.notes(OLD)).toEqual(NOTES);
    await own.write("by hand");
    for (const verb of after) await execa("docker", ["compose", verb], { cwd: own.dir(OLD) });

    const resumed = await own.home.run("resume", "--yes");
    expect([resumed.code, resumed.stderr], said(resumed)).toEqual([3, expect.stringContaining(own.name(OLD))]);
    expect(resumed.stderr).toContain("what users wrote since would be lost");
    expect(resumed.stderr).toContain("Try: graph-mgr undo");
    await own.home.ok("undo");
    await own.oldServes([...NOTES, "by hand"]);
    await own.home.ok(...words);
    expect(await own.notes(NEW)).toEqual([...NOTES, "by hand"]);
  });

  it("does not keep an update that visitors use already from being finished", async () => {
    const own = await installed();
    const words = update();
    await own.home.ok(...words, "--prepare");
    const killed = await cut(own.home, await own.pointOf(words, "update.commit", 0, "done"), ...words);
    expect(killed.wasKilled, said(killed)).toBe(true);
    await own.write("into the new one");
    // Its front does not get the port; the rest of it runs.
    await execa("docker", ["compose", "up", "--detach"], { cwd: own.dir(OLD), reject: false });
    const undone = await own.home.run("undo");
    expect(undone.code, said(undone)).toBe(3);
    await own.home.ok("resume");
    expect(await own.notes(NEW)).toEqual([...NOTES, "into the new one"]);
    expect((await own.listed()).current).toBe(own.name(NEW));
  });
});
