import { beforeEach, describe, expect, it } from "vitest";
import { parseRecord, recordToText } from "../../src/domain/instance.ts";
import { OperatorError } from "../../src/errors.ts";
import type { ContainerDetail } from "../../src/host/world.ts";
import { surveyRollback } from "../../src/survey/rollback.ts";
import { Machine } from "../simulator/machine.ts";
import { templates } from "../simulator/maintenance.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { scenarios } from "../simulator/scenarios.ts";

const OLD = "v2.22.2";
const NEW = "v2.23.0";
let stage: Stage;
let back: Parameters<Stage["carryOut"]>[0];
beforeEach(async () => {
  const { initial, plan } = await scenarios.rollback.rollback();
  stage = new Stage(new Machine(initial));
  back = plan;
});

const survey = (to?: string) => surveyRollback(stage.world, HOME, { from: undefined, to }, templates);
const recordPath = (name: string) => `${HOME}/.graph-mgr/instances/${name}.json`;
const recordOf = async (name: string) => parseRecord((await stage.world.files.read(recordPath(name)))!, name);
const baselinePath = async () => `${HOME}/.graph-mgr/operations/${(await recordOf(NEW)).origin.operation}/baseline.json`;
/** What the engine tells of a service of the newer release. */
const told = (service: string, over: Partial<ContainerDetail>) => {
  const { engine } = stage.world;
  const { inspect } = engine;
  engine.inspect = async ids =>
    (await inspect(ids)).map(each => (each.name === `v2_23_0-${service}-1` ? { ...each, ...over } : each));
};

it("F58 F66 files that were written after the update are known to be there, also where the clock was set back since", async () => {
  expect((await survey()).losses).toEqual([]);
  // By their times nothing is newer: the simulated count is always 0.
  stage.sim.disk.write(`${HOME}/releases/${NEW}/data/later`, Buffer.from("written since"), 0o640);
  expect((await survey()).losses).toEqual(["data: changed files"]);
});

const BACKUPS = "v2_23_0_postgres_backups";

it("F58 F66 the same in named volumes; the database's is told by its rows alone", async () => {
  const { volumes } = stage.machine.state;
  for (const name of [BACKUPS, "v2_23_0_postgres_data"]) {
    const volume = volumes.get(name)!;
    volumes.set(name, { ...volume, content: { ...volume.content, "wednesday.sql": "dump" } });
  }
  expect((await survey()).losses).toEqual(["volume postgres_backups: changed files"]);
  stage.world.engine.volumeCountSince = async name => (name === BACKUPS ? 2 : 0);
  expect((await survey()).losses).toEqual(["volume postgres_backups: 2 files written"]);
});

describe("F58 what cannot be told is no silence", () => {
  it("forward again: nobody noted what was in the older release when it served again", async () => {
    await stage.carryOut(back);
    const { losses, noDump } = await survey(NEW);
    expect(losses).toEqual([`${OLD}: what was written cannot be told, because it was not updated from ${NEW}`]);
    expect(noDump).toBeNull();
  });

  it("two steps back: what was written into the release between is not in the baseline of the last", async () => {
    const [first, last] = [await recordOf(OLD), await recordOf(NEW)];
    const between = { ...last, name: "v2.22.9", project: "v2_22_9", origin: { ...last.origin, from: first.name } };
    await stage.world.files.write(recordPath(between.name), recordToText(between));
    await stage.world.files.write(recordPath(NEW), recordToText({ ...last, origin: { ...last.origin, from: between.name } }));
    const line = `${between.name}: what was written cannot be told, because only what came into ${NEW} was noted`;
    expect((await survey(OLD)).losses).toEqual([line]);
    await stage.world.files.remove(recordPath(between.name));
    const lost = `${NEW}: what was written cannot be told, because it was not updated from ${OLD}`;
    expect((await survey(OLD)).losses).toEqual([lost]);
  });

  it("rows of a Postgres that does not run, which cannot be dumped either", async () => {
    const line = (why: string) => [`database: what was written cannot be told, because ${why}`];
    for (const state of ["exited", "restarting", "paused"] as const) {
      told("postgres", { state });
      const { losses, noDump } = await survey();
      expect([losses, noDump]).toEqual([line(`its postgres does not run (${state})`), `its postgres does not run (${state})`]);
    }
  });

  it("a baseline that is gone, damaged, or without the database", async () => {
    const path = await baselinePath();
    const text = (await stage.world.files.read(path))!;
    const line = `${NEW}: what was written cannot be told, because ${path}, in which the update noted what was there, cannot be read`;
    await stage.world.files.write(path, text.slice(0, 20));
    expect((await survey()).losses).toEqual([line]);
    await stage.world.files.remove(path);
    expect((await survey()).losses).toEqual([line]);
    await stage.world.files.write(path, JSON.stringify({ ...JSON.parse(text), proof: null }));
    const noProof = "database: what was written cannot be told, because the update could not note what was there";
    expect((await survey()).losses).toEqual([noProof]);
  });

  it("volumes that no older version looked into, that are gone, or that cannot be looked into", async () => {
    const line = (why: string) => [`volume postgres_backups: what was written cannot be told, because ${why}`];
    const path = await baselinePath();
    const text = (await stage.world.files.read(path))!;
    await stage.world.files.write(path, JSON.stringify({ ...JSON.parse(text), volumes: undefined }));
    expect((await survey()).losses).toEqual(line("the update did not note what was there"));
    await stage.world.files.write(path, text);
    const { volume, volumeFingerprints } = stage.world.engine;
    stage.world.engine.volumeFingerprints = async () => {
      throw new OperatorError("COMMAND_FAILED", "Looking through volumes failed: Input/output error.");
    };
    expect((await survey()).losses).toEqual(
      line("it cannot be looked through: Looking through volumes failed: Input/output error"),
    );
    stage.world.engine.volumeFingerprints = volumeFingerprints;
    stage.world.engine.volume = async name => (name === BACKUPS ? null : await volume(name));
    expect((await survey()).losses).toEqual(line("it is gone"));
  });

  it("folders that are gone; a volume that is only read is none", async () => {
    await stage.world.trees.remove(`${HOME}/releases/${NEW}/data`, null);
    const volume = stage.machine.state.volumes.get(BACKUPS)!;
    stage.machine.state.volumes.set(BACKUPS, { ...volume, content: {} });
    const gone = "data: what was written cannot be told, because it is gone";
    expect((await survey()).losses).toEqual([gone, "volume postgres_backups: changed files"]);
    const { inspect } = stage.world.engine;
    stage.world.engine.inspect = async ids =>
      (await inspect(ids)).map(each => ({ ...each, mounts: each.mounts.map(mount => ({ ...mount, writable: false })) }));
    expect((await survey()).losses).toEqual([gone]);
  });
});
