import { beforeEach, describe, expect, it } from "vitest";
import { createOperationStore } from "../../src/host/operation-store.ts";
import { planDump, planRestore, usualDumpFolder } from "../../src/operations/postgres.ts";
import { describePlan, type Plan } from "../../src/plan/plan.ts";
import { runPlan, undoPlan } from "../../src/plan/runner.ts";
import { kinds } from "../../src/steps/index.ts";
import { databaseAccess, surveyDump, surveyPostgres } from "../../src/survey/postgres.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";
import { DIR, NAME, SLUG } from "../steps/one-step.ts";

const DUMP = `${HOME}/before-friday`;
const NEW = "v1.0.0";

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.use(SLUG, DIR);
});

const facts = async (name = NAME) => {
  const { record, current } = await stage.facts(name);
  return await surveyPostgres(stage.world, record, HOME, current);
};
const dumpPlan = async (to = DUMP) => planDump(await surveyDump(stage.world, await facts(), to), occasion());
const restorePlan = async (name: string) => planRestore(await facts(name), DUMP, occasion());
const code = (expected: string) => expect.objectContaining({ code: expected, exit: 3 });
const running = (slug: string) =>
  [...stage.machine.state.containers.values()]
    .filter(({ labels, state }) => labels["com.docker.compose.project"] === slug && state === "running")
    .map(({ labels }) => labels["com.docker.compose.service"]);
const rows = (slug: string) => stage.machine.state.volumes.get(`${slug}_postgres_data`)!.content["database/graphistry/users"];
const runOf = async (plan: Plan) => ({
  plan,
  journal: await createOperationStore(stage.sim.disk.disk, HOME).open(plan, {}),
  kinds,
  world: stage.world,
  on: () => {},
  signal: new AbortController().signal,
  clearAway: async () => undefined,
});

describe("a dump by hand", () => {
  it("is read back before it gets its name", async () => {
    const seen: string[] = [];
    const { verify } = stage.world.postgres;
    stage.world.postgres.verify = async (dir, ...more) => {
      seen.push(dir, String(await stage.world.files.exists(DUMP)));
      await verify(dir, ...more);
    };
    await stage.carryOut(await dumpPlan());
    expect(seen).toEqual([`${DUMP}.unread`, "false"]);
    expect(await stage.world.files.isFolder(DUMP)).toBe(true);
    expect(await stage.world.files.list(HOME)).not.toContain("before-friday.unread");
  });

  it("F03 leaves nothing when it cannot be read back", async () => {
    stage.world.postgres.verify = async () => {
      throw new Error("damaged");
    };
    const run = await runOf(await dumpPlan());
    await expect(runPlan(run)).rejects.toThrow("damaged");
    await undoPlan(run);
    expect((await stage.world.files.list(HOME)).filter(name => name.startsWith("before"))).toEqual([]);
  });

  it("refuses what is there already, a folder that is not, and a database that does not run", async () => {
    await stage.world.files.makeFolder(DUMP);
    await expect(dumpPlan()).rejects.toThrow(code("EXISTS"));
    await expect(dumpPlan("/mnt/nothing/dump")).rejects.toThrow(code("NO_FOLDER"));
    await stage.stop(NAME);
    await expect(dumpPlan(`${HOME}/other`)).rejects.toThrow(code("DATABASE_DOWN"));
  });

  it("has a name of its own each second", () => {
    expect(usualDumpFolder(HOME, NAME, new Date("2026-11-20T10:15:00.123Z"))).toBe(
      "/srv/graphistry/v2.22.2-postgres-20261120T101500Z",
    );
  });

  it("F72 holds no password in its plan", async () => {
    const { password } = await databaseAccess(stage.world, (await stage.facts(NAME)).record);
    expect(password.length).toBeGreaterThan(5);
    expect(JSON.stringify(await dumpPlan())).not.toContain(password);
  });
});

describe("a restore by hand", () => {
  beforeEach(async () => {
    await stage.carryOut(await dumpPlan());
  });

  it("starts only the Postgres of an instance that never ran, fills it and stops it again", async () => {
    await stage.install(NEW, { launch: false });
    const plan = await restorePlan(NEW);
    expect(describePlan(plan, kinds)).toMatchInlineSnapshot(`
      "Restore /srv/graphistry/before-friday into the empty database of v1.0.0
          1. Start postgres of v1.0.0
          2. Wait until postgres of v1.0.0 is healthy
          3. Restore it into v1.0.0, and prove that nothing is missing
          4. Stop v1.0.0, and see that nothing wakes it
        * databases and roles that the empty server has are replaced by those of the dump; the role that the instance logs in with keeps its password
        * files that belong to rows (\`data/\`) are in no database dump"
    `);
    await stage.carryOut(plan);
    expect(rows("v1_0_0")).toBe(rows(SLUG));
    expect(running("v1_0_0")).toEqual([]);
    await stage.launch(NEW);
    expect(rows("v1_0_0")).toBe(rows(SLUG));
  });

  it("F06 is refused where there are tables, with nothing done", async () => {
    await stage.install(NEW);
    stage.use("v1_0_0", `${HOME}/releases/${NEW}`);
    await expect(restorePlan(NEW)).rejects.toThrow(code("DATABASE_NOT_EMPTY"));
  });

  it("F06 is refused while the application runs on the empty database", async () => {
    await stage.install(NEW);
    await expect(restorePlan(NEW)).rejects.toThrow(code("IS_RUNNING"));
  });

  it("F06 is refused where a database is stopped, because nobody can see what is in it", async () => {
    await stage.install(NEW);
    await stage.stop(NEW);
    await expect(restorePlan(NEW)).rejects.toThrow(code("DATABASE_DOWN"));
  });

  it("leaves the server as empty as it was when it is undone, also after its Postgres was stopped", async () => {
    await stage.install(NEW, { launch: false });
    const run = await runOf(await restorePlan(NEW));
    const { restore } = stage.world.postgres;
    stage.world.postgres.restore = async (...given) => {
      await restore(...given);
      return { schema: 1, entries: {}, sequences: {} };
    };
    await expect(runPlan(run)).rejects.toThrow(expect.objectContaining({ code: "NOT_EQUAL" }));
    expect(rows("v1_0_0")).toBe(rows(SLUG));
    const { world } = stage;
    await world.engine.stop(
      (await world.engine.containers()).filter(each => each.project === "v1_0_0").map(({ id }) => id),
      5,
    );
    await undoPlan(run);
    expect(rows("v1_0_0")).toBeUndefined();
    expect(running("v1_0_0")).toEqual([]);
  });

  it("F06 never takes away what was there before it, whatever happens", async () => {
    await stage.install(NEW, { launch: false });
    const run = await runOf(await restorePlan(NEW));
    const { up } = stage.world.compose;
    // Somebody fills it between the plan and the step.
    stage.world.compose.up = async (...given) => {
      await up(...given);
      stage.use("v1_0_0", `${HOME}/releases/${NEW}`);
    };
    stage.world.postgres.restore = async () => {
      throw new Error("not empty");
    };
    await expect(runPlan(run)).rejects.toThrow("not empty");
    stage.world.compose.up = up;
    await undoPlan(run);
    expect(rows("v1_0_0")).toBe("users of v1_0_0");
  });
});
