import { expect, it } from "vitest";
import { surveyRollback } from "../../src/survey/rollback.ts";
import { Machine } from "../simulator/machine.ts";
import { templates } from "../simulator/maintenance.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { scenarios } from "../simulator/scenarios.ts";

it("F58 F66 files that were written after the update are known to be there, also where the clock was set back since", async () => {
  const { initial } = await scenarios.rollback.rollback();
  const stage = new Stage(new Machine(initial));
  const losses = async () => (await surveyRollback(stage.world, HOME, undefined, templates)).losses;
  expect(await losses()).toEqual([]);
  // By their times nothing is newer: the simulated count is always 0.
  stage.sim.disk.write(`${HOME}/releases/v2.23.0/data/later`, Buffer.from("written since"), 0o640);
  expect(await losses()).toEqual(["data: changed files"]);
});
