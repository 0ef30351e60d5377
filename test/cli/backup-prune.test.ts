import { basename } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { backup } from "../../src/cli/commands/backup.ts";
import { surveyBackups } from "../../src/survey/backups.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

let stage: Stage;
let printed: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install("v2.22.2");
  stage.use("v2_22_2", `${HOME}/releases/v2.22.2`);
  printed = [];
});

async function run(words: string, flags: object = {}): Promise<string> {
  const wanted = readArguments(["backup", ...words.split(" ")]);
  if (wanted.what !== "run") throw new Error(`not a command: ${words}`);
  printed = [];
  await backup(sessionOn(stage, { print: (text: string) => printed.push(text) }, flags), wanted.arguments);
  stage.machine.state.clockMs += 60_000;
  return printed.join("\n");
}
const numbers = async (place?: string) => (await surveyBackups(stage.world, HOME, place)).map(({ sequence }) => sequence);
const pathOf = async (sequence: number) =>
  (await surveyBackups(stage.world, HOME)).find(each => each.sequence === sequence)?.path ?? "";
const flip = async (sequence: number) => {
  const path = await pathOf(sequence);
  stage.sim.disk.write(path, Buffer.from(stage.sim.disk.read(path).toString("latin1").replace(/.$/, "#"), "latin1"), 0o600);
};

describe("backup prune", () => {
  it("F67 reads what stays, and deletes nothing where that has gone bad since it was made", async () => {
    for (let at = 0; at < 3; at++) await run("create");
    await flip(3);
    await expect(run("prune --keep-last 1")).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    expect(await numbers()).toEqual([1, 2, 3]);
    expect(await run("list")).toMatch(/^3 .*DAMAGED/m);
    // Then the one before is the newest good one.
    await run("prune --keep-last 1");
    expect(await numbers()).toEqual([2, 3]);
  });

  it("deletes in the home's own folder alone, and with --to in that place alone", async () => {
    await run("create --to /mnt/usb");
    await run("create --to /mnt/usb");
    await run("create");
    await run("create");
    await run("prune --keep-last 1");
    expect(await numbers()).toEqual([1, 2, 4]);
    await run("prune --keep-last 1 --to /mnt/usb");
    expect(await numbers()).toEqual([2, 4]);
  });

  it("neither counts nor deletes what was copied there, whatever its number", async () => {
    for (let at = 0; at < 2; at++) await run("create");
    const first = await pathOf(1);
    const copy = `${HOME}/backups/${basename(first).replace(/^1-/, "99-")}`;
    stage.sim.disk.write(copy, stage.sim.disk.read(first), 0o600);
    await run("verify 99");
    await run("prune --keep-last 1");
    expect(await numbers()).toEqual([2, 99]);
  });
});

it("a restore in the place of what serves says who reaches what, and how that ends", async () => {
  await run("create");
  const said = await run("restore 1 --yes");
  expect(said).toContain("It is the current instance now, and v2.22.2 still serves");
  expect(said).toContain("  graph-mgr stop v2.22.2");
  expect(await run("restore 1 --name aside --yes")).not.toContain("current instance now");
});

it("a number of several backups is asked back, and those to come get numbers above all that lie there", async () => {
  await run("create");
  const first = await pathOf(1);
  const copy = `${HOME}/backups/1-v2.22.2-20250101T000000Z.tar`;
  stage.sim.disk.write(copy, stage.sim.disk.read(first), 0o600);
  await expect(run("verify 1")).rejects.toMatchObject({ code: "BACKUP_AMBIGUOUS", hint: expect.stringContaining(first) });
  const far = `/mnt/usb/${basename(first).replace(/^1-/, "40-")}`;
  stage.sim.disk.makeFolder("/mnt/usb", 0o755);
  stage.sim.disk.write(far, stage.sim.disk.read(first), 0o600);
  expect(await run("create --to /mnt/usb")).toContain("/mnt/usb/41-");
});
