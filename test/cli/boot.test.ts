import { beforeEach, describe, expect, it } from "vitest";
import { type Arguments, readArguments } from "../../src/cli/arguments.ts";
import { boot } from "../../src/cli/commands/boot.ts";
import { launchUnlessStopped } from "../../src/cli/commands/launch-at-boot.ts";
import { runInstance } from "../../src/cli/commands/run-instance.ts";
import { bootUnitName } from "../../src/domain/boot.ts";
import { OperatorError } from "../../src/errors.ts";
import { newPlan } from "../../src/operations/plan-id.ts";
import { planDigest } from "../../src/plan/closing.ts";
import { surveyRevivers } from "../../src/survey/revivers.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { UNITS } from "../simulator/sim-systemd.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const UNIT = `${bootUnitName(HOME)}.service`;

let stage: Stage;
let printed: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  printed = [];
});

const argumentsOf = (...argv: readonly string[]): Arguments => {
  const wanted = readArguments(argv);
  if (wanted.what !== "run") throw new Error(`not a command: ${argv.join(" ")}`);
  return wanted.arguments;
};
const session = (flags: object = {}) =>
  sessionOn(
    stage,
    {
      print: (text: string) => printed.push(text),
      note: (text: string) => printed.push(text),
      program: ["/usr/bin/node", "/opt/graph-mgr.js"],
    },
    flags,
  );
const run = async (words: readonly string[], flags: object = {}) => {
  printed = [];
  await boot(session(flags), argumentsOf("boot", ...words));
  return printed.join("\n");
};
const unit = (dir = UNITS) => stage.world.files.read(`${dir}/${UNIT}`);
const running = async () => (await stage.world.engine.containers()).filter(({ state }) => state === "running").length;
/** What the unit does. */
const start = async () => {
  printed = [];
  await launchUnlessStopped(session(), undefined, false);
  return printed.join("\n");
};

describe("boot", () => {
  it("is written, turned on without being started, shown and taken away", async () => {
    expect(await run([])).toContain("graph-mgr starts nothing of this home with the machine");
    expect(await run(["enable"])).toContain("it goes along with `current`");
    expect(await unit()).toContain(`ExecStart=/usr/bin/node /opt/graph-mgr.js launch --unless-stopped --home ${HOME} --yes\n`);
    expect(await stage.world.files.mode(`${UNITS}/${UNIT}`)).toBe(0o644);
    expect([...stage.machine.state.timers]).toEqual([UNIT]);
    expect(await run([])).toBe(`on: ${UNITS}/${UNIT}\n  ${NAME} is current`);
    expect(JSON.parse(await run([], { json: true }))).toEqual({
      schema: 1,
      home: HOME,
      current: NAME,
      stopped: false,
      units: [{ unit: UNIT, folder: UNITS, enabled: true }],
    });
    await run(["disable"]);
    expect([await unit(), [...stage.machine.state.timers]]).toEqual([null, []]);
    await expect(run(["disable"])).rejects.toThrow(expect.objectContaining({ code: "NO_BOOT_UNIT", exit: 3 }));
  });

  it("says what will stay stopped, and where systemd does not start it", async () => {
    await run(["enable"]);
    await stage.stop(NAME);
    stage.machine.state.timers = new Set();
    expect(await run([])).toBe(
      `OFF: systemd does not start it: ${UNITS}/${UNIT}\n  ${NAME} is current, and stays stopped, because \`stop\` stopped it`,
    );
  });

  it("never overwrites what it did not write, or what is another home's", async () => {
    await run(["enable"]);
    const own = (await unit()) ?? "";
    for (const text of ["[Unit]\n", own.replace(`"home":"${HOME}"`, '"home":"/srv/other"')]) {
      await stage.world.files.write(`${UNITS}/${UNIT}`, text);
      await expect(run(["enable"])).rejects.toThrow(expect.objectContaining({ code: "EXISTS", exit: 3 }));
      await expect(run(["disable"])).rejects.toThrow(expect.objectContaining({ code: "NO_BOOT_UNIT" }));
      expect(await unit()).toBe(text);
    }
  });

  it("is written where no systemd runs, or into a folder, and says how it is enabled", async () => {
    stage.world.systemd.isRunning = async () => false;
    expect(await run(["enable"])).toContain(`this does it:\n  systemctl daemon-reload && systemctl enable ${UNIT}`);
    expect(await run([])).toContain(`no systemd runs here that looks there: ${UNITS}/${UNIT}`);
    expect(await run(["enable", "--unit-dir", "/srv/my units"])).toContain(
      `cp '/srv/my units'/${UNIT} /etc/systemd/system/ && systemctl daemon-reload && systemctl enable ${UNIT}`,
    );
    expect([...stage.machine.state.timers]).toEqual([]);
    expect(await unit("/srv/my units")).toContain("WantedBy=multi-user.target\n");
    await run(["disable", "--unit-dir", "/srv/my units"]);
    expect([await unit("/srv/my units"), await unit()]).toEqual([null, expect.any(String)]);
  });

  it("for a user is reached when the user's own systemd is up", async () => {
    expect(await run(["enable", "--user"])).toContain("loginctl enable-linger");
    expect(await unit()).toContain("WantedBy=default.target\n");
  });

  it("is refused to whom may not write units, and taken back where systemd finds fault with it", async () => {
    const { systemd } = stage.world;
    systemd.mayWrite = async () => false;
    await expect(run(["enable"])).rejects.toThrow(
      expect.objectContaining({ code: "NO_PERMISSION", hint: expect.stringContaining("sudo graph-mgr boot enable") }),
    );
    systemd.mayWrite = async () => true;
    systemd.verify = async () => {
      throw new Error("bad unit");
    };
    await expect(run(["enable"])).rejects.toThrow(expect.objectContaining({ exit: 5 }));
    expect([await unit(), [...stage.machine.state.timers]]).toEqual([null, []]);
  });

  it("knows no other word, and no two places", async () => {
    await expect(run(["on"])).rejects.toThrow(expect.objectContaining({ code: "USAGE", exit: 2 }));
    await expect(run(["enable", "--user", "--unit-dir", "/x"])).rejects.toThrow(/two places/);
    expect(await unit()).toBe(null);
  });

  it("F16 is nothing that an update has to be warned of, because it starts what is current", async () => {
    await run(["enable"]);
    const { record } = await stage.facts(NAME);
    expect(await surveyRevivers(stage.world.files, record, [])).toEqual([]);
    const old = `${UNITS}/old.service`;
    await stage.world.files.write(old, `ExecStart=docker compose --project-directory ${record.dir} up -d\n`);
    expect(await surveyRevivers(stage.world.files, record, [])).toMatchObject([{ text: expect.stringContaining(old) }]);
  });
});

describe("launch --unless-stopped, as the unit does", () => {
  it("launches what is down, and what runs already goes on", async () => {
    const up = await running();
    expect(await start()).toContain("launch finished");
    const { containers } = stage.machine.state;
    for (const [id, container] of containers) containers.set(id, { ...container, state: "exited" });
    expect(await running()).toBe(0);
    expect(await start()).toContain("launch finished");
    expect(await running()).toBe(up);
  });

  it("F16 leaves what was stopped as it is, until it is launched by hand", async () => {
    await stage.stop(NAME);
    expect(await start()).toBe(
      `${NAME} was stopped by graph-mgr, and stays stopped. This launches it:\n  graph-mgr launch ${NAME}`,
    );
    expect(await running()).toBe(0);
    printed = [];
    await launchUnlessStopped(session({ json: true }), undefined, false);
    expect(JSON.parse(printed[0] ?? "")).toEqual({
      operation: null,
      kind: "launch",
      instance: NAME,
      steps: 0,
      outcome: "left-stopped",
    });
    await runInstance(session(), "launch", undefined);
    expect(await running()).toBeGreaterThan(0);
  });

  it("waits for whoever is at work", async () => {
    for (const [id, container] of stage.machine.state.containers)
      stage.machine.state.containers.set(id, { ...container, state: "exited" });
    let asked = 0;
    const lockHome = async () => {
      if (++asked < 3) throw new OperatorError("LOCKED", "The home is in use by backup nightly.", { exit: 6 });
      return { release: async () => undefined };
    };
    const notes: string[] = [];
    const own = sessionOn(stage, { print: () => undefined, note: (text: string) => notes.push(text), lockHome });
    await launchUnlessStopped(own, undefined, false);
    expect([(await running()) > 0, notes.filter(text => text.includes("Waiting for that."))]).toEqual([
      true,
      [expect.any(String)],
    ]);
  });

  async function cut(operation: string): Promise<void> {
    const base = { id: `20260101T000000Z-${operation}-000000`, operation, instance: NAME, home: HOME, engine: "SIMULATED" };
    const step = { kind: "current.set", input: { link: `${HOME}/current`, target: `releases/${NAME}` } };
    const plan = newPlan({ ...base, summary: "", notes: [], wayBack: null, steps: [step] });
    const journal = await session().store.open(plan, {});
    await journal.append({ type: "opened", schema: plan.schema, plan: planDigest(plan) });
    await journal.append({ type: "doing", step: 0, before: { target: `releases/${NAME}` } });
  }

  it.each(["backup-create", "launch"])("takes back a %s that the machine's end cut off, and then launches", async operation => {
    await cut(operation);
    expect(await start()).toContain("launch finished");
    expect((await session().store.list()).map(({ outcome }) => outcome)).toEqual(["done", "undone", "done"]);
  });

  it("starts nothing while anything else is unfinished, whatever was stopped", async () => {
    await stage.stop(NAME);
    await cut("update");
    await expect(start()).rejects.toThrow(expect.objectContaining({ code: "UNFINISHED", exit: 3 }));
    expect([await running(), printed.join("")]).toEqual([0, ""]);
  });
});
