import { beforeEach, describe, expect, it } from "vitest";
import { planRemove } from "../../src/operations/remove.ts";
import { planStop } from "../../src/operations/run-instance.ts";
import { surveyHome } from "../../src/survey/home.ts";
import { surveyInstance } from "../../src/survey/instance.ts";
import { surveyRemove } from "../../src/survey/remove.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";

const NAME = "v2.22.2";
const SLUG = "v2_22_2";
const DIR = `${HOME}/releases/${NAME}`;

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  await stage.world.trees.remove(DIR, null);
});

async function known() {
  const { records, current } = await surveyHome(stage.world, HOME);
  const record = records.find(({ name }) => name === NAME);
  if (!record) throw new Error(`the home does not know ${NAME}`);
  return { record, current };
}
const containers = async () => (await stage.world.engine.containers()).filter(({ project }) => project === SLUG);
const volumes = async () => (await stage.world.engine.volumes()).map(({ name }) => name).filter(name => name.startsWith(SLUG));

async function stopped(): Promise<void> {
  const { record, current } = await known();
  const plan = planStop(await surveyInstance(stage.world, record, HOME, current, { mayLackFolder: true }), occasion());
  expect([plan.notes, plan.wayBack]).toEqual([[`its folder ${DIR} is gone, so it cannot be launched again`], null]);
  await stage.carryOut(plan);
}

async function removed(confirm?: string) {
  const { record, current } = await known();
  const facts = await surveyRemove(stage.world, record, HOME, current);
  const plan = planRemove(facts, { volumes: confirm !== undefined, confirm, current: true }, occasion());
  await stage.carryOut(plan);
  return plan;
}

async function expectNoTrace(): Promise<void> {
  expect(await containers()).toEqual([]);
  expect((await stage.world.engine.networks()).filter(({ name }) => name.startsWith(SLUG))).toEqual([]);
  expect(await stage.world.engine.tagsUnder(`graph-mgr/${SLUG}`)).toEqual([]);
  expect(await surveyHome(stage.world, HOME)).toMatchObject({ records: [], current: null });
}

describe("an instance whose folder was taken away", () => {
  it("is refused where its files are needed, with what gives it up", async () => {
    const { record, current } = await known();
    await expect(surveyInstance(stage.world, record, HOME, current)).rejects.toThrow(
      expect.objectContaining({ code: "FOLDER_GONE", hint: expect.stringContaining(`graph-mgr remove ${NAME}`) }),
    );
  });

  it("can be stopped", async () => {
    expect((await containers()).some(({ state }) => state === "running")).toBe(true);
    await stopped();
    expect((await containers()).filter(({ state }) => state === "running")).toEqual([]);
  });

  it("can be removed; its volumes stay, and the plan says that nothing brings it back", async () => {
    await stopped();
    const before = await volumes();
    const plan = await removed();
    expect(plan.notes[0]).toBe(`its folder ${DIR} is gone already, so nothing brings it back`);
    expect(plan.wayBack).toBeNull();
    await expectNoTrace();
    expect(before.length).toBeGreaterThan(0);
    expect(await volumes()).toEqual(before);
  });

  it("can be removed with its volumes", async () => {
    await stopped();
    expect((await removed(NAME)).notes).toEqual([`its folder ${DIR} is gone already`, "deleted for good: 3 volumes"]);
    await expectNoTrace();
    expect(await volumes()).toEqual([]);
  });
});
