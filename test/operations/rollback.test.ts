import { beforeEach, expect, it } from "vitest";
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
