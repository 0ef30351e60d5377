import { beforeEach, describe, expect, it } from "vitest";
import { doctor } from "../../src/cli/commands/doctor.ts";
import { doctorText } from "../../src/cli/doctor-text.ts";
import { broken, fine, remark, risky } from "../../src/domain/finding.ts";
import { OperatorError } from "../../src/errors.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const SLUG = "v2_22_2";
const DIR = `${HOME}/releases/${NAME}`;
const TAG = `graph-mgr/${SLUG}/nexus:pinned`;

let stage: Stage;
let printed: string[];
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.machine.state.clockMs += 60_000;
  printed = [];
});

interface Said {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly {
    readonly check: string;
    readonly severity: string;
    readonly subject: string;
    readonly fixable: boolean;
  }[];
  readonly fixed: { readonly operation: string; readonly steps: number } | null;
}
const session = (flags: object = {}, over: object = {}) =>
  sessionOn(stage, { print: (text: string) => printed.push(text), ...over }, flags);
const look = async (args = {}, flags = {}) => {
  printed = [];
  const code = await doctor(session({ json: true, ...flags }), { fix: false, strict: false, ...args });
  return { code, said: JSON.parse(printed.join("\n")) as Said };
};
const of = ({ findings }: Said, check: string) => findings.filter(each => each.check === check && each.severity !== "ok");
const sizes = () => stage.world.files.read(`${HOME}/.graph-mgr/cache/sizes.json`);
const idOf = async (service: string) =>
  (await stage.world.engine.containers()).find(each => each.project === SLUG && each.service === service)?.id ?? "";

/** What somebody did by hand. */
async function plantAll(): Promise<void> {
  await stage.world.files.changeMode(`${DIR}/.env`, 0o666);
  await stage.world.engine.untag(TAG);
  await stage.world.engine.setRestartPolicy(await idOf("nexus"), "no");
  await stage.world.files.write(`${HOME}/.graph-mgr/cache/sizes.json`, "{", 0o600);
  stage.sim.engine.create({
    name: "left-by-a-kill",
    image: "graphistry/caddy:v2.22.2",
    labels: { "graph-mgr.helper": "1", "graph-mgr.home": HOME },
    environment: {},
    hasHealthcheck: false,
    policy: "no",
    mounts: [],
    ports: [],
    networks: [],
  });
}

describe("doctor", () => {
  it("exits 0 where nothing is wrong, and with --strict 3 for a mere risk", async () => {
    expect((await look()).code).toBe(0);
    const { code, said } = await look({ strict: true });
    // There is no backup yet.
    expect([code, said.counts["error"]]).toEqual([3, 0]);
    expect(of(said, "backups").map(({ severity }) => severity)).toContain("warning");
  });

  it("F73 F18 F16 F25 finds what somebody did by hand, and changes nothing", async () => {
    await plantAll();
    const before = JSON.stringify([...stage.machine.state.containers.values()]);
    const { code, said } = await look({}, { dryRun: true });
    expect(code).toBe(3);
    expect(of(said, "permissions")).toEqual([
      expect.objectContaining({ severity: "error", subject: `${DIR}/.env`, fixable: true }),
    ]);
    for (const check of ["images", "restart-policy", "strays", "cache"])
      expect(
        of(said, check).some(({ fixable }) => fixable),
        check,
      ).toBe(true);
    expect(JSON.stringify([...stage.machine.state.containers.values()])).toBe(before);
    expect(await sizes()).toBe("{");
  });

  it("--fix mends what is harmless, and looks again", async () => {
    await plantAll();
    const { said } = await look({ fix: true });
    expect(said.fixed).toEqual({ operation: expect.stringContaining("-doctor-fix-"), steps: 5 });
    for (const check of ["permissions", "images", "restart-policy", "strays", "cache"])
      expect(of(said, check), check).toEqual([]);
    expect(await stage.world.files.mode(`${DIR}/.env`)).toBe(0o600);
    expect(stage.machine.state.tags.has(TAG)).toBe(true);
    expect((await stage.world.engine.inspect([await idOf("nexus")]))[0]?.restartPolicy).toBe("unless-stopped");
    expect((await stage.world.engine.containers()).some(({ name }) => name === "left-by-a-kill")).toBe(false);
    // What was mended is not there for a second time.
    expect((await look({ fix: true })).said.fixed).toBeNull();
  });

  it("--fix --dry-run shows the plan alone", async () => {
    await plantAll();
    const { said } = await look({ fix: true }, { dryRun: true });
    expect(said).toMatchObject({ dryRun: true, kind: "doctor-fix", steps: 5 });
    expect(await stage.world.files.mode(`${DIR}/.env`)).toBe(0o666);
    printed = [];
    await doctor(session({ dryRun: true }), { fix: true, strict: false });
    expect(printed.join("\n")).toContain(`1. Remove what a killed command left: left-by-a-kill`);
    expect(printed.join("\n")).toContain(`Take other people's access away from ${DIR}/.env`);
  });

  it("remembers what it measured, and says how long the disk lasts by the second look", async () => {
    await look();
    printed = [];
    stage.machine.state.clockMs += 86_400_000;
    Object.assign(stage.world.surroundings, {
      disk: async () => ({ totalBytes: 1e12, freeBytes: 7.6e11, totalFiles: 0, freeFiles: 0 }),
    });
    await doctor(session({ verbose: true }), { fix: false, strict: false });
    expect(printed.join("\n")).toContain(
      "(the home, the Docker Engine): 760 GB of 1.0 TB free; enough for 19 days at the present growth of 40.0 GB a day (seen over 1 d 0 h)",
    );
    expect((JSON.parse((await sizes()) ?? "") as { measurements: unknown[] }).measurements).toHaveLength(2);
    expect(await stage.world.files.mode(`${HOME}/.graph-mgr/cache/sizes.json`)).toBe(0o600);
  });

  it("F90 says what is so without an engine, also of the home", async () => {
    await stage.world.files.changeMode(`${DIR}/.env`, 0o644);
    const down = async () => {
      throw new OperatorError("COMMAND_FAILED", "`docker info` ended with code 1: Cannot connect to the Docker daemon");
    };
    for (const call of Object.keys(stage.world.engine)) Object.assign(stage.world.engine, { [call]: down });
    const { code, said } = await look();
    expect(code).toBe(3);
    expect(of(said, "engine")).toHaveLength(1);
    expect(of(said, "permissions")).toHaveLength(1);
    expect(of(said, "configuration")).toEqual([]);
  });

  it("F92 tells records, plans and journals that cannot be read, one by one, and goes on", async () => {
    await stage.world.files.write(`${HOME}/.graph-mgr/instances/v9.9.9.json`, "{ no json", 0o600);
    await stage.world.files.write(`${HOME}/.graph-mgr/instances/v9.9.8.json`, '{"schema": 7}', 0o600);
    const [operation = ""] = await stage.world.files.list(`${HOME}/.graph-mgr/operations`);
    await stage.world.files.write(`${HOME}/.graph-mgr/operations/${operation}/plan.json`, "{ no json", 0o600);
    const { code, said } = await look();
    expect(code).toBe(3);
    expect(of(said, "records")).toHaveLength(2);
    expect(of(said, "operations")).toHaveLength(1);
    expect(said.findings.some(({ check, subject }) => check === "health" && subject === NAME)).toBe(true);
  });

  it("tells what is cut off from what somebody is at, by the lock", async () => {
    const unfinished = {
      plan: { id: "20260101T000000Z-stop-aaaa", operation: "stop", instance: NAME, steps: [1] },
      outcome: "unfinished",
      closing: null,
      stepsDone: 0,
    };
    const severity = async (lockHome: () => Promise<unknown>) => {
      printed = [];
      const own = session({ json: true }, { store: { list: async () => [unfinished] }, lockHome });
      await doctor(own, { fix: false, strict: false });
      return of(JSON.parse(printed.join("")) as Said, "operations").map(each => each.severity);
    };
    expect(await severity(async () => ({ release: async () => undefined }))).toEqual(["error"]);
    expect(await severity(() => Promise.reject(new OperatorError("LOCKED", "Another graph-mgr is at work.")))).toEqual(["note"]);
  });

  it("in a folder that is no home there is nothing to be done, and nothing is made", async () => {
    stage = new Stage();
    const { code, said } = await look();
    expect([code, said.counts["error"], said.counts["warning"]]).toEqual([0, 0, 0]);
    expect(await stage.world.files.exists(HOME)).toBe(false);
  });
});

const FINDINGS = [
  broken("images", NAME, "the image of web is gone", { cure: "docker load --input containers.tar" }),
  risky(
    "permissions",
    `${DIR}/.env`,
    "others may read the secrets in it (mode 0644), and a text that is longer than a narrow terminal",
    {
      cure: `chmod 600 ${DIR}/.env`,
      fixes: [{ kind: "mode", path: `${DIR}/.env`, mode: 0o600 }],
    },
  ),
  remark("images", NAME, "an image is kept"),
  fine("disk", HOME, "80 GB free"),
];

describe("the text of doctor", () => {
  it("has the worst first, by check, with cures in one piece", () => {
    expect(doctorText(FINDINGS, false, 60)).toMatchInlineSnapshot(`
      "images
        ERROR    v2.22.2: the image of web is gone
                 Try: docker load --input containers.tar
        note     v2.22.2: an image is kept

      permissions
        WARNING  /srv/graphistry/releases/v2.22.2/.env: others may
                 read the secrets in it (mode 0644), and a text
                 that is longer than a narrow terminal
                 Try: chmod 600 /srv/graphistry/releases/v2.22.2/.env
                      (or graph-mgr doctor --fix, which does that)

      1 error, 1 warning, 1 note, 1 fine (-v lists them)."
    `);
  });

  it("has what is fine only when it is asked for", () => {
    expect(doctorText(FINDINGS, false, null)).not.toContain("80 GB");
    expect(doctorText(FINDINGS, true, null)).toContain(`disks\n  fine     ${HOME}: 80 GB free`);
    expect(doctorText([], false, null)).toBe("no errors, no warnings, no notes, 0 fine.");
  });

  it("shows nothing that would move a terminal's cursor", () => {
    expect(doctorText([broken("images", "x", "bad \u001b[2J text\u202e")], false, null)).not.toMatch(/\u001b|\u202e/);
  });
});
