import { beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { backup } from "../../src/cli/commands/backup.ts";
import { parseSizes } from "../../src/domain/sizes.ts";
import { OperatorError } from "../../src/errors.ts";
import { newPlan } from "../../src/operations/plan-id.ts";
import { planDigest } from "../../src/plan/closing.ts";
import { surveyBackups } from "../../src/survey/backups.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const DAY_MS = 86_400_000;

let stage: Stage;
let printed: string[];
let noted: string[];
let told: Readonly<Record<string, string>>[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.use("v2_22_2", `${HOME}/releases/${NAME}`);
  [printed, noted, told] = [[], [], []];
  stage.world.systemd.tell = async (program, facts) => void told.push({ program, ...facts });
});

const session = (flags: object = {}, over: object = {}) =>
  sessionOn(stage, { print: (text: string) => printed.push(text), note: (text: string) => noted.push(text), ...over }, flags);

async function nightly(words: readonly string[] = [], own = session()): Promise<void> {
  const wanted = readArguments(["backup", "nightly", ...words]);
  if (wanted.what !== "run") throw new Error("no command");
  await backup(own, wanted.arguments);
}
const backups = async () => (await surveyBackups(stage.world, HOME)).map(({ sequence }) => sequence);
const kindsDone = async () =>
  (await session().store.list()).filter(({ outcome }) => outcome === "done").map(({ plan }) => plan.operation);

describe("a scheduled backup", () => {
  it("is made and read back, restored for a trial every week, and older ones are deleted", async () => {
    const drillsAt: number[] = [];
    for (let night = 0; night < 9; night++) {
      const before = (await kindsDone()).filter(kind => kind === "backup-drill").length;
      await nightly(["--keep-last", "2"]);
      if ((await kindsDone()).filter(kind => kind === "backup-drill").length > before) drillsAt.push(night);
      stage.machine.state.clockMs += DAY_MS;
    }
    expect(drillsAt).toEqual([0, 7]);
    expect(await backups()).toEqual([8, 9]);
    expect(printed[0]).toMatch(/^v2\.22\.2: backed up to .*\.tar, and restored for a trial\.$/);
    expect(printed[1]).toMatch(/^v2\.22\.2: backed up to .*\.tar\.$/);
  });

  it("is restored for a trial wherever it goes, not only in the place of the last one", async () => {
    for (const to of ["/mnt/near", "/mnt/far", "/mnt/near", "/mnt/far"]) await nightly(["--to", to]);
    expect(
      printed.map(text => /^\S+: backed up to (\/mnt\/\w+)\/.*?(, and restored for a trial)?\.$/.exec(text)?.slice(1)),
    ).toEqual([
      ["/mnt/near", ", and restored for a trial"],
      ["/mnt/far", ", and restored for a trial"],
      ["/mnt/near", undefined],
      ["/mnt/far", undefined],
    ]);
  });

  it("notes what things take each night, so that doctor can tell how fast they grow", async () => {
    for (let night = 0; night < 2; night++) {
      await nightly(["--drills", "never"]);
      stage.machine.state.clockMs += DAY_MS;
    }
    const text = await stage.world.files.read(`${HOME}/.graph-mgr/cache/sizes.json`);
    const measured = parseSizes(text) ?? [];
    expect(measured).toHaveLength(2);
    expect(measured.map(({ disks }) => Object.keys(disks).length)).not.toContain(0);
  });

  it("deletes nothing unless it was told how many to keep, and nothing of others", async () => {
    for (let night = 0; night < 3; night++) await nightly(["--drills", "never"]);
    expect(await backups()).toEqual([1, 2, 3]);
    await stage.install("v1.0.0");
    await nightly(["v1.0.0", "--drills", "never", "--keep-last", "1"]);
    expect(await backups()).toEqual([1, 2, 3, 4]);
    expect(await kindsDone()).not.toContain("backup-drill");
  });

  it.each([
    ["to a recipient", ["--encrypt", "age1x", "--identity", "/root/key"], "recipients"],
    ["with a passphrase", ["--passphrase-file", "/root/words"], "passphrase"],
  ] as const)("F74 is encrypted %s, and still restored for a trial", async (_, words, lock) => {
    const { files, backups: stored } = stage.world;
    await files.write("/root/key", "identity-of-age1x\n", 0o600);
    await files.write("/root/words", "a passphrase that is long enough\n", 0o600);
    await nightly(words);
    const [made] = await surveyBackups(stage.world, HOME);
    expect(await stored.lockOf(made?.path ?? "")).toBe(lock);
    expect(printed[0]).toMatch(/, and restored for a trial\.$/);
  });

  it("F74 is not made at all when what it is to be encrypted with is gone, and that is said", async () => {
    const words = ["--passphrase-file", "/root/words", "--alert", "/opt/tell me"];
    await expect(nightly(words)).rejects.toThrow(expect.objectContaining({ code: "BAD_PATH" }));
    expect(await backups()).toEqual([]);
    expect(told).toMatchObject([{ GRAPH_MGR_CODE: "BAD_PATH" }]);
  });

  it("is one document with --json", async () => {
    await nightly(["--keep-last", "1"], session({ json: true }));
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      schema: 1,
      instance: NAME,
      sequence: 1,
      drill: { tookMs: expect.any(Number) },
      deleted: [],
    });
  });

  it("deletes nothing when its backup does not restore, and says so", async () => {
    for (let night = 0; night < 3; night++) await nightly(["--drills", "never"]);
    stage.world.postgres.restore = async () => {
      throw new Error("disk is gone");
    };
    await expect(nightly(["--keep-last", "1", "--alert", "/opt/tell me"])).rejects.toThrow(
      expect.objectContaining({ exit: 5, message: expect.stringContaining("disk is gone") }),
    );
    expect(await backups()).toEqual([1, 2, 3, 4]);
    expect(told).toEqual([
      {
        program: "/opt/tell me",
        GRAPH_MGR_HOME: HOME,
        GRAPH_MGR_INSTANCE: "",
        GRAPH_MGR_CODE: "STEP_FAILED",
        GRAPH_MGR_EXIT: "5",
        GRAPH_MGR_MESSAGE: expect.stringContaining("disk is gone"),
        GRAPH_MGR_HINT: expect.any(String),
      },
    ]);
  });

  it("says what failed also where the program that is told of it fails", async () => {
    stage.world.systemd.tell = async () => {
      throw new OperatorError("COMMAND_FAILED", "`/opt/x` ended with code 7");
    };
    await expect(nightly(["v9.9.9", "--alert", "/opt/x"])).rejects.toThrow(expect.objectContaining({ code: "NO_INSTANCE" }));
    expect(noted.join("\n")).toContain("/opt/x could not be told of it: `/opt/x` ended with code 7");
  });

  it("tells nobody when all is well", async () => {
    await nightly(["--drills", "never", "--alert", "/opt/x"]);
    expect(told).toEqual([]);
  });
});

describe("a scheduled backup that finds somebody else at work", () => {
  const locked = () => new OperatorError("LOCKED", "Another graph-mgr is at work here.", { exit: 6 });

  it("waits for that", async () => {
    let refusals = 3;
    const lockHome = async () => {
      if (refusals-- > 0) throw locked();
      return { release: async () => undefined };
    };
    await nightly(["--drills", "never"], session({}, { lockHome }));
    expect(await backups()).toEqual([1]);
    expect(noted.filter(line => line.includes("Waiting for that"))).toHaveLength(1);
  });

  it("gives up after an hour, as any command does", async () => {
    const begunMs = stage.machine.state.clockMs;
    const lockHome = async () => {
      throw locked();
    };
    await expect(nightly(["--alert", "/opt/x"], session({}, { lockHome }))).rejects.toThrow(expect.objectContaining({ exit: 6 }));
    expect(stage.machine.state.clockMs - begunMs).toBeGreaterThanOrEqual(3_600_000);
    expect(told).toMatchObject([{ GRAPH_MGR_CODE: "LOCKED", GRAPH_MGR_EXIT: "6" }]);
  });
});

describe("a scheduled backup after a night that was cut off", () => {
  async function cut(operation: string): Promise<void> {
    const base = { id: `20260101T000000Z-${operation}-000000`, operation, instance: NAME, home: HOME, engine: "SIMULATED" };
    const step = { kind: "current.set", input: { link: `${HOME}/current`, target: `releases/${NAME}` } };
    const plan = newPlan({ ...base, summary: "", notes: [], wayBack: null, steps: [step] });
    const journal = await session().store.open(plan, {});
    await journal.append({ type: "opened", schema: plan.schema, plan: planDigest(plan) });
    await journal.append({ type: "doing", step: 0, before: { target: `releases/${NAME}` } });
  }

  it.each(["backup-create", "backup-drill", "backup-prune"])("clears a %s away first", async operation => {
    await cut(operation);
    await nightly(["--drills", "never"]);
    expect(noted.join("\n")).toContain("that is cleared away first.");
    expect((await session().store.list()).map(({ outcome }) => outcome)).toEqual(["done", "undone", "done"]);
  });

  it("leaves what is not its own to the operator", async () => {
    await cut("update");
    await expect(nightly([])).rejects.toThrow(expect.objectContaining({ code: "UNFINISHED" }));
    expect(await backups()).toEqual([]);
  });
});
