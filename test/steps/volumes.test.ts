import { describe, expect, it } from "vitest";
import { copyVolume, createVolume } from "../../src/steps/index.ts";
import { HOME } from "../simulator/scenario.ts";
import { DIR, failsWith, installed, NAME, OPERATION, oneStep, SLUG } from "./one-step.ts";

const SOURCE = `${SLUG}_postgres_data`;
const TARGET = "v2_22_2_training_postgres_data";
const PROOF = `${HOME}/.graph-mgr/operations/${OPERATION}/volume.json`;
const create = createVolume.step({
  name: TARGET,
  key: "postgres_data",
  project: "v2_22_2_training",
  driver: "local",
  options: {},
});

async function withTarget() {
  const stage = await installed();
  await oneStep(stage, create).run();
  const { id } = (await stage.world.engine.images([`graph-mgr/${SLUG}/postgres:pinned`]))[0]!;
  const copy = (over: Partial<Parameters<typeof copyVolume.step>[0]> = {}) =>
    copyVolume.step({ from: SOURCE, to: TARGET, helperImage: id, content: "cluster", proof: PROOF, ...over });
  const content = (name: string) => stage.machine.state.volumes.get(name)?.content;
  return { stage, copy, content };
}

describe("creating a volume", () => {
  it("labels it with Compose's project and key, and with the home and operation that made it", async () => {
    const { stage } = await withTarget();
    expect((await stage.world.engine.volume(TARGET))?.labels).toEqual({
      "com.docker.compose.project": "v2_22_2_training",
      "com.docker.compose.volume": "postgres_data",
      "graph-mgr.home": HOME,
      "graph-mgr.instance": "v2_22_2_training",
      "graph-mgr.operation": OPERATION,
    });
  });

  it("F14 refuses one that is there, and undoing leaves it there", async () => {
    const stage = await installed();
    const labels = { "graph-mgr.operation": "20250101T000000Z-other-000000" };
    await stage.world.engine.createVolume({ name: TARGET, driver: "local", options: {}, labels });
    const step = oneStep(stage, create);
    await expect(step.run()).rejects.toThrow(failsWith("VOLUME_EXISTS", `There is already a volume ${TARGET}`));
    await step.undo();
    expect((await stage.world.engine.volume(TARGET))?.labels).toEqual(labels);
  });

  it("is undone only as long as it is this operation's own", async () => {
    const stage = await installed();
    const step = oneStep(stage, create);
    await step.run();
    await stage.world.engine.removeVolume(TARGET);
    await stage.world.engine.createVolume({ name: TARGET, driver: "local", options: {}, labels: {} });
    await step.undo();
    expect(await stage.world.engine.volume(TARGET)).not.toBeNull();
  });
});

describe("copying a volume", () => {
  it("F08 refuses one that is in use, names who uses it, and copies nothing", async () => {
    const { stage, copy, content } = await withTarget();
    await expect(oneStep(stage, copy()).run()).rejects.toThrow(failsWith("VOLUME_IN_USE", "v2_22_2-postgres-1"));
    await expect(oneStep(stage, copy({ content: "files" })).run()).rejects.toThrow(failsWith("VOLUME_IN_USE"));
    expect(content(TARGET)).toEqual({});
  });

  it("F09 refuses a cluster that was not shut down cleanly", async () => {
    const { stage, copy, content } = await withTarget();
    await stage.stop(NAME);
    const volume = stage.machine.state.volumes.get(SOURCE)!;
    stage.machine.state.volumes.set(SOURCE, { ...volume, content: { ...volume.content, control: "in production" } });
    await expect(oneStep(stage, copy()).run()).rejects.toThrow(failsWith("NOT_SHUT_DOWN", "(in production)"));
    expect(content(TARGET)).toEqual({});
  });

  it("F14 refuses to copy over a volume that this operation did not make", async () => {
    const { stage, copy, content } = await withTarget();
    await stage.stop(NAME);
    const before = content(`${SLUG}_postgres_backups`);
    const onto = copy({ to: `${SLUG}_postgres_backups` });
    const run = oneStep(stage, onto).run();
    await expect(run).rejects.toThrow(failsWith("VOLUME_EXISTS"));
    await expect(run).rejects.toThrow(expect.objectContaining({ hint: expect.stringContaining("graph-mgr volumes") }));
    expect(content(`${SLUG}_postgres_backups`)).toBe(before);
  });

  it("F15 refuses a source that is not there, and makes none", async () => {
    const { stage, copy } = await withTarget();
    await expect(oneStep(stage, copy({ from: "v2_22_2_postgers_data" })).run()).rejects.toThrow(failsWith("NO_VOLUME"));
    expect(await stage.world.engine.volume("v2_22_2_postgers_data")).toBeNull();
  });

  it("of a cluster that is shut down is equal to it, and proven by a digest that is written down", async () => {
    const { stage, copy, content } = await withTarget();
    await stage.stop(NAME);
    await oneStep(stage, copy()).run();
    expect(content(TARGET)).toEqual(content(SOURCE));
    const digest = await stage.world.engine.volumeDigest(SOURCE, `graph-mgr/${SLUG}/postgres:pinned`);
    expect(JSON.parse((await stage.world.files.read(PROOF)) ?? "")).toMatchObject({ from: SOURCE, to: TARGET, digest });
  });

  it("F08 is not believed when the source changed while it was copied", async () => {
    const { stage, copy } = await withTarget();
    await stage.stop(NAME);
    const { engine } = stage.world;
    const copyAll = engine.copyVolume;
    engine.copyVolume = async (...args) => {
      const took = await copyAll(...args);
      const volume = stage.machine.state.volumes.get(SOURCE)!;
      stage.machine.state.volumes.set(SOURCE, { ...volume, content: { ...volume.content, "database/graphistry/users": "more" } });
      return took;
    };
    await expect(oneStep(stage, copy()).run()).rejects.toThrow(failsWith("COPY_DIFFERS"));
    expect(await stage.world.files.exists(PROOF)).toBe(false);
  });

  it("of plain files goes on while they are in use", async () => {
    const { stage, copy, content } = await withTarget();
    await oneStep(stage, copy({ from: `${SLUG}_postgres_backups`, content: "live-files" })).run();
    expect(content(TARGET)).toEqual({ "monday.sql": "dump", "tuesday.sql": "dump" });
    expect(await stage.world.files.exists(DIR)).toBe(true);
  });
});
