import { beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { backup } from "../../src/cli/commands/backup.ts";
import { copy } from "../../src/cli/commands/copy.ts";
import { doctor } from "../../src/cli/commands/doctor.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

/** An administrator has put the uploads onto another disk, and left a link in their place. */
const NAME = "v2.22.2";
const DATA = `${HOME}/releases/${NAME}/data`;

let stage: Stage;
let printed: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.use("v2_22_2", `${HOME}/releases/${NAME}`);
  await stage.world.files.remove(DATA).catch(() => undefined);
  if (stage.sim.disk.node(DATA) !== null) stage.sim.disk.remove(DATA);
  stage.sim.disk.makeFolder("/mnt/big", 0o755);
  stage.sim.disk.symlink("/mnt/big", DATA);
});

const session = () => sessionOn(stage, { print: (text: string) => printed.push(text) });
async function run(...words: readonly string[]): Promise<string> {
  const wanted = readArguments(words);
  if (wanted.what !== "run") throw new Error(`not a command: ${words.join(" ")}`);
  printed = [];
  if (words[0] === "backup") await backup(session(), wanted.arguments);
  else if (words[0] === "doctor") await doctor(session(), { fix: false, strict: false });
  else await copy(session(), { ...copyArgs, instance: NAME });
  return printed.join("\n");
}
const copyArgs = {
  name: "cp",
  data: "none",
  httpPort: undefined,
  httpsPort: undefined,
  port: [],
  bind: [],
  launch: false,
  stopSource: false,
  onFailure: "undo",
} as unknown as Parameters<typeof copy>[1];

describe("F96 data behind a link", () => {
  it("is told where it is left out of a backup, each time", async () => {
    const said = "  not in it: /mnt/big of this machine, which data is a link to";
    expect(await run("backup", "create")).toContain(said);
    expect(await run("backup", "verify", "1")).toContain(said);
  });

  it("F28 is not written to by what is restored, unless that is meant, nor by a trial", async () => {
    await run("backup", "create");
    const refused = { code: "LINK_OUTSIDE", message: expect.stringContaining("data, which is a link to /mnt/big") };
    await expect(run("backup", "restore", "1", "--name", "friday", "--yes")).rejects.toMatchObject({
      ...refused,
      hint: expect.stringContaining("--share-bind /mnt/big"),
    });
    await expect(run("backup", "verify", "1", "--drill")).rejects.toMatchObject(refused);
    expect(await stage.world.files.list(`${HOME}/releases`)).toEqual([NAME]);
    await run("backup", "restore", "1", "--name", "friday", "--share-bind", "/mnt/big", "--yes");
    expect(await stage.world.files.list(`${HOME}/releases`)).toContain("v2.22.2-friday");
  });

  it("F10 is not shared by a copy", async () => {
    await expect(run("copy")).rejects.toMatchObject({
      code: "LINK_OUTSIDE",
      hint: expect.stringContaining("mount --bind /mnt/big"),
    });
  });

  it("is found by doctor", async () => {
    expect(await run("doctor")).toMatch(/WARNING {2}v2\.22\.2: data is a link to \/mnt\/big: a backup holds the link/);
  });
});
