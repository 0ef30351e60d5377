import { beforeEach, expect, it } from "vitest";
import { planRollback } from "../../src/operations/rollback.ts";
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

async function planned({ to, acceptLoss = true }: { to?: string; acceptLoss?: boolean } = {}) {
  return planRollback(await surveyRollback(stage.world, HOME, to, templates), { acceptLoss }, occasion());
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
