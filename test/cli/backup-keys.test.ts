import { beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { nobodyToAsk } from "../../src/cli/ask.ts";
import { backup } from "../../src/cli/commands/backup.ts";
import { OperatorError } from "../../src/errors.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { installed } from "../steps/one-step.ts";
import { sessionOn } from "./session-on.ts";

const PASSPHRASE = "canary horse battery";
let stage: Stage;
let printed: string[];
let noted: string[];

beforeEach(async () => {
  stage = await installed();
  stage.sim.disk.makeFolder("/keys", 0o700);
});

/** A process of its own on the same host, at a terminal where these are typed in. */
async function run(line: string, typed: readonly string[] | null = null, flags = {}): Promise<string> {
  const words = readArguments(line.split(" "));
  if (words.what !== "run") throw new Error(line);
  printed = [];
  noted = [];
  const left = [...(typed ?? [])];
  const secret = async ({ check }: { readonly check: (text: string) => string | null }) => {
    for (;;) {
      const text = left.shift();
      if (text === undefined) throw new OperatorError("CANCELLED", "left");
      const fault = check(text);
      if (fault === null) return text;
      noted.push(fault);
    }
  };
  const process = new Stage(stage.machine);
  const session = sessionOn(
    process,
    {
      print: (text: string) => printed.push(text),
      note: (text: string) => noted.push(text),
      ask: typed === null ? nobodyToAsk : { isPossible: true, secret },
    },
    flags,
  );
  await backup(session, words.arguments);
  return printed.join("\n");
}
const put = (path: string, text: string) => stage.sim.disk.write(path, Buffer.from(text), 0o600);
const names = () => stage.sim.disk.walk(`${HOME}/backups`).map(path => path.slice(HOME.length + 9));
const everything = () =>
  stage.sim.disk
    .walk("/srv")
    .map(path => {
      const node = stage.sim.disk.node(path);
      return node?.type === "file" ? `${path} ${node.bytes.toString("latin1")}` : path;
    })
    .join("\n");

describe("backup create --encrypt", () => {
  it("to a recipient says so in the plan and in the name", async () => {
    const plan = await run("backup create --encrypt age1you --dry-run", null, { dryRun: true });
    expect(plan).toContain("Encrypt the files, the dump and settings");
    expect(plan).toContain(
      "it is encrypted to one recipient: without a secret key of theirs nobody can open it, this machine included",
    );
    await run("backup create --encrypt age1you --encrypt age1me");
    expect(names().at(-1)).toMatch(/\.tar\.age$/);
    expect(await run("backup list")).toContain(", encrypted");
  });

  it("to all in a file of recipients", async () => {
    put("/keys/all", "# the two of us\nage1you\n\nage1me\n");
    expect(await run("backup create --encrypt /keys/all --dry-run", null, { dryRun: true })).toContain(
      "encrypted to 2 recipients",
    );
  });

  it("asks for a passphrase twice, and keeps it nowhere", async () => {
    await run("backup create --encrypt passphrase", ["short", PASSPHRASE, "another one entirely", PASSPHRASE]);
    expect(noted[0]).toContain("needs 12 signs");
    expect(noted[1]).toContain("That is another one");
    expect(everything()).not.toContain(PASSPHRASE);
    await run("backup verify 1", [PASSPHRASE]);
    expect(printed[0]).toContain("is whole");
  });

  it.each([
    ["--encrypt nobody", "BAD_PATH"],
    ["--encrypt /keys/none", "BAD_RECIPIENT"],
    ["--encrypt age1you --encrypt passphrase", "USAGE"],
    ["--encrypt age1you --passphrase-file /keys/good", "USAGE"],
    ["--passphrase-file /keys/short", "BAD_KEY"],
    ["--passphrase-file /keys/lines", "BAD_KEY"],
    ["--passphrase-file /keys", "BAD_PATH"],
    ["--identity /keys/good", "USAGE"],
  ])("%s is refused with %s, and nothing is changed", async (options, code) => {
    put("/keys/none", "# nobody\n");
    put("/keys/good", `${PASSPHRASE}\n`);
    put("/keys/short", "short\n");
    put("/keys/lines", `${PASSPHRASE}\nand more\n`);
    const before = everything();
    const refused = await run(`backup create ${options}`).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code, hint: expect.any(String) });
    expect(everything()).toBe(before);
  });

  it("shows nothing of a secret key that is given for a recipient", async () => {
    const refused = (await run("backup create --encrypt AGE-SECRET-KEY-1CANARY").catch(
      (error: unknown) => error,
    )) as OperatorError;
    expect(refused.code).toBe("BAD_RECIPIENT");
    expect(`${refused.message} ${refused.hint}`).not.toContain("CANARY");
  });

  it("without a terminal wants the file", async () => {
    await expect(run("backup create --encrypt passphrase")).rejects.toMatchObject({
      code: "NEEDS_ANSWER",
      hint: "--passphrase-file",
    });
    expect(names()).toEqual([]);
  });
});

describe("what is encrypted", () => {
  it("to others, is compared by verify where it cannot be opened, and damage is found", async () => {
    await run("backup create --encrypt age1you");
    expect(await run("backup verify 1")).toContain("is byte by byte what was written");
    expect(await run("backup list")).toContain("by comparing");
    const path = `${HOME}/backups/${names().at(-1)}`;
    put(path, stage.sim.disk.read(path).toString("latin1").replace(/.$/, "!"));
    await expect(run("backup verify 1")).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    expect(await run("backup list")).toMatch(/encrypted +DAMAGED /);
  });

  it("is restored with the identity, also by a process that goes on with it", async () => {
    put("/keys/you", "identity-of-age1you");
    await run("backup create --encrypt age1you");
    await expect(run("backup restore 1 --name again")).rejects.toMatchObject({ code: "BACKUP_LOCKED" });
    put("/keys/other", "identity-of-age1other");
    await expect(run("backup restore 1 --name again --identity /keys/other")).rejects.toMatchObject({ code: "BACKUP_KEY" });
    await run("backup restore 1 --name again --identity /keys/you");
    expect(stage.sim.disk.node(`${HOME}/releases/v2.22.2-again`)?.type).toBe("folder");
  });

  it("with a passphrase that is typed is restored, and that is in no plan or log afterwards", async () => {
    await run("backup create --encrypt passphrase", [PASSPHRASE, PASSPHRASE]);
    await expect(run("backup restore 1 --name again", ["something else then"])).rejects.toMatchObject({ code: "BACKUP_KEY" });
    await run("backup restore 1 --name again", [PASSPHRASE]);
    expect(everything()).not.toContain(PASSPHRASE);
  });

  it("and was put there by somebody is listed once it is opened", async () => {
    put("/keys/you", "identity-of-age1you");
    await run("backup create --encrypt age1you");
    stage.sim.disk.remove(`${HOME}/.graph-mgr/backups`);
    await run("backup list");
    expect(noted.join("\n")).toContain("Not listed, because nobody here opened it yet: 1-v2.22.2-");
    expect(await run("backup list --identity /keys/you")).toContain("encrypted");
  });
});
