import { beforeEach, describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { planRollback } from "../../src/operations/rollback.ts";
import { kinds } from "../../src/steps/index.ts";
import { surveyRollback } from "../../src/survey/rollback.ts";
import { Machine } from "../simulator/machine.ts";
import { templates } from "../simulator/maintenance.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";
import { scenarios } from "../simulator/scenarios.ts";

const OLD = "v2.22.2";
const NEW = "v2.23.0";

let stage: Stage;
beforeEach(async () => {
  stage = new Stage(new Machine((await scenarios.rollback.rollback()).initial));
});

async function planned({ from, to, acceptLoss = true }: { from?: string; to?: string; acceptLoss?: boolean } = {}) {
  return planRollback(await surveyRollback(stage.world, HOME, { from, to }, templates), { acceptLoss }, occasion());
}
const refusal = (message: string, hint: string) =>
  expect.objectContaining({
    code: "LOSES_WRITES",
    exit: 3,
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
  });

it("F58 what cannot be told needs consent as what was counted does, forward again too", async () => {
  await stage.carryOut(await planned());
  const untold = `${OLD}: what was written cannot be told, because it was not updated from ${NEW}`;
  await expect(planned({ to: NEW, acceptLoss: false })).rejects.toThrow(
    refusal(
      untold,
      `--accept-loss   (it stays in the folder and volumes of ${OLD}, and a dump of its database is kept in backups/)`,
    ),
  );
  expect((await planned({ to: NEW })).notes).toContain(`left behind: ${untold}`);
});

it("F58 says so where no dump can be taken, and takes none", async () => {
  const { engine } = stage.world;
  const database = (await engine.containers()).find(({ name }) => name === "v2_23_0-postgres-1")!;
  await engine.stop([database.id], 5);
  const why = "no dump of its database can be taken, because its postgres does not run (exited)";
  await expect(planned({ acceptLoss: false })).rejects.toThrow(refusal("database: what was written cannot be told", why));
  const { notes, steps } = await planned();
  expect(notes).toContain(`no dump of ${NEW}'s database is taken, because its postgres does not run (exited)`);
  expect(steps.map(({ kind }) => kind)).not.toContain("database.dump");
});

it("RULES 24 beside the current instance another one goes back by its name, and current stays where it is", async () => {
  await stage.install("v1.0.0");
  await stage.world.files.replaceLink(`${HOME}/current`, "releases/v1.0.0");
  await expect(planned()).rejects.toThrow("v1.0.0 was not made by an update");
  const plan = await planned({ from: NEW });
  expect([plan.instance, plan.result?.["from"]]).toEqual([OLD, NEW]);
  expect(plan.wayBack).toBe(`graph-mgr rollback --from ${OLD} --to ${NEW}`);
  await stage.carryOut(plan);
  expect(await stage.world.files.readLink(`${HOME}/current`)).toBe("releases/v1.0.0");
  const state = async (service: string) => (await stage.world.engine.containers()).find(({ name }) => name === service)?.state;
  expect(await Promise.all(["v1_0_0-caddy-1", "v2_22_2-caddy-1", "v2_23_0-caddy-1"].map(state))).toEqual([
    "running",
    "running",
    "exited",
  ]);
});

it("a rollback of the current instance names the way forward, by which nobody ends one release further back", async () => {
  const plan = await planned();
  const wayBack = `graph-mgr rollback --to ${NEW}`;
  const committed = plan.steps.find(({ kind }) => kind === "update.commit")!;
  expect([plan.wayBack, kinds.get("update.commit")?.title(committed.input)]).toEqual([
    wayBack,
    `${OLD} serves: from here on the way back is \`${wayBack}\``,
  ]);
});

describe("a broken release can be left", () => {
  const leave = async () => {
    const plan = await planned();
    await stage.carryOut(plan);
    const up = (await stage.world.engine.containers()).filter(({ state }) => state === "running");
    expect(new Set(up.map(({ project }) => project))).toEqual(new Set(["v2_22_2"]));
    expect(await stage.world.files.readLink(`${HOME}/current`)).toBe(`releases/${OLD}`);
    return plan;
  };

  it("whose Postgres restarts over and over: it is stopped with the rest, and nothing waits for a dump", async () => {
    const { engine } = stage.world;
    const { inspect } = engine;
    engine.inspect = async ids =>
      (await inspect(ids)).map(each =>
        each.name === "v2_23_0-postgres-1" && each.state === "running" ? { ...each, state: "restarting" as const } : each,
      );
    const { notes } = await leave();
    expect(notes).toContain(`no dump of ${NEW}'s database is taken, because its postgres does not run (restarting)`);
  });

  it("whose database lets nobody in", async () => {
    const { volumes } = stage.machine.state;
    const volume = volumes.get("v2_23_0_postgres_data")!;
    volumes.set(volume.name, { ...volume, content: { ...volume.content, "role/graphistry": "another" } });
    const why = 'its postgres cannot be asked: password authentication failed for user "graphistry"';
    const { notes } = await leave();
    expect(notes).toContain(`left behind: database: what was written cannot be told, because ${why}`);
    expect(notes).toContain(`no dump of ${NEW}'s database is taken, because ${why}`);
  });

  it("whose tables cannot be read", async () => {
    stage.world.postgres.prove = async () => {
      throw new OperatorError("COMMAND_FAILED", "invalid page in block 3 of relation base/5/1.\nSTATEMENT: copy");
    };
    const { notes } = await leave();
    expect(notes).toContain(
      `no dump of ${NEW}'s database is taken, because it cannot be read: invalid page in block 3 of relation base/5/1`,
    );
  });

  it("whose compose files nobody can read, without a word of what is in them", async () => {
    await stage.world.files.remove(`${HOME}/releases/${NEW}/docker-compose.yml`);
    const { notes } = await leave();
    expect(notes).toContain(`no dump of ${NEW}'s database is taken, because Compose cannot read its compose files`);
    expect(notes).toContain(`visitors see no maintenance page meanwhile, because it cannot be made of the files of ${NEW}`);
  });

  it("whose folder is gone", async () => {
    await stage.world.trees.remove(`${HOME}/releases/${NEW}`, null);
    const { notes } = await leave();
    expect(notes).toContain("left behind: data: what was written cannot be told, because it is gone");
  });

  it("whose Caddyfile makes no maintenance page", async () => {
    const { engine } = stage.world;
    engine.runContainer = async () => {
      throw new OperatorError("COMMAND_FAILED", "no such file");
    };
    const { steps } = await leave();
    expect(steps.map(({ kind }) => kind)).toContain("maintenance.up");
  });
});
