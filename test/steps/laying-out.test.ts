import { describe, expect, it } from "vitest";
import { loadImages, placeRelease, tagImages, writeRecord } from "../../src/steps/index.ts";
import { shelf } from "../simulator/sample.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { DIR, failsWith, IMAGES, installed, NAME, oneStep } from "./one-step.ts";

const bundle = shelf[`/bundles/${NAME}.tar.gz`]!;
const load = loadImages.step({
  bundle: { ...bundle.source },
  images: bundle.images.map(({ id, tags, layers }) => ({ config: id, tags, layers })),
  missing: ["graphistry/nexus"],
  store: "classic",
  remember: null,
});

describe("loading images", () => {
  it("F18 gives stolen tags back when it is undone, and removes only what it brought", async () => {
    const stage = new Stage();
    await stage.install("v1.0.0");
    const { engine } = stage.world;
    const before = { tags: new Map(stage.machine.state.tags), images: [...stage.machine.state.images.keys()].sort() };
    const step = oneStep(stage, load);
    await step.run();
    const cache = bundle.images[1]!;
    expect((await engine.images(["valkey:8"]))[0]?.id).toBe(cache.id);
    await step.undo();
    expect(new Map(stage.machine.state.tags)).toEqual(before.tags);
    expect([...stage.machine.state.images.keys()].sort()).toEqual(before.images);
  });

  it("F18 leaves an image that somebody has named or used meanwhile", async () => {
    const stage = new Stage();
    const step = oneStep(stage, load);
    await step.run();
    const { engine } = stage.world;
    const nexus = bundle.images[2]!;
    await engine.tag(nexus.id, "somebody/else:1");
    await step.undo();
    expect([...stage.machine.state.tags]).toEqual([["somebody/else:1", nexus.id]]);
    expect([...stage.machine.state.images.keys()]).toEqual([nexus.id]);
  });
});

describe("keeping images", () => {
  const OWN = "graph-mgr/v2_22_2_training/cache:pinned";
  const tag = (config: string) =>
    tagImages.step({
      slug: "v2_22_2_training",
      store: "classic",
      tags: [{ service: "cache", own: OWN, reference: "valkey:8", config, layers: [] }],
    });

  it("F53 refuses another image under the vendor's tag", async () => {
    const stage = new Stage();
    await stage.install("v1.0.0");
    const wanted = bundle.images[1]!.id;
    await expect(oneStep(stage, tag(wanted)).run()).rejects.toThrow(failsWith("IMAGE_MISSING", "valkey:8"));
    expect(await stage.world.engine.tagsUnder("graph-mgr/v2_22_2_training")).toEqual([]);
  });

  it("F18 finds the image by its id when the vendor's tag has moved", async () => {
    const stage = await installed();
    const id = bundle.images[1]!.id;
    await stage.install("v1.0.0");
    expect((await stage.world.engine.images(["valkey:8"]))[0]?.id).not.toBe(id);
    const step = oneStep(stage, tag(id));
    await step.run();
    expect((await stage.world.engine.images([OWN]))[0]?.id).toBe(id);
    await step.undo();
    expect((await stage.world.engine.images([OWN, id])).map(info => info?.id ?? null)).toEqual([null, id]);
  });
});

describe("placing a release", () => {
  it("F26 refuses a folder that is there, and undoing leaves it", async () => {
    const stage = new Stage();
    const { files } = stage.world;
    await files.write(`${HOME}/releases/.staging/a`, "new");
    await files.write(`${DIR}/a`, "old");
    const step = oneStep(stage, placeRelease.step({ from: `${HOME}/releases/.staging`, to: DIR }));
    await expect(step.run()).rejects.toThrow(failsWith("EXISTS"));
    await step.undo();
    expect(await files.read(`${DIR}/a`)).toBe("old");
    expect(await files.read(`${HOME}/releases/.staging/a`)).toBe("new");
  });
});

describe("an instance that was installed", () => {
  it("F73 has its settings and its record for its owner alone, in private folders", async () => {
    const { world, sim } = await installed();
    expect(await world.files.mode(`${DIR}/.env`)).toBe(0o600);
    expect(await world.files.mode(`${DIR}/docker-compose.yml`)).toBe(0o644);
    const own = sim.disk.walk(`${HOME}/.graph-mgr`).map(path => sim.disk.node(path)!);
    expect(own.filter(({ mode }) => (mode & 0o077) !== 0)).toEqual([]);
  });

  it("F72 has its generated secrets in its own files and nowhere in graph-mgr's", async () => {
    const { world, sim } = await installed();
    const [secret = ""] = /rnd\d+x/.exec((await world.files.read(`${DIR}/.env`)) ?? "") ?? [];
    expect(secret).not.toBe("");
    const holding = sim.disk.walk(HOME).filter(path => {
      const node = sim.disk.node(path);
      return node?.type === "file" && node.bytes.includes(secret);
    });
    expect(holding).toEqual([`${DIR}/.env`]);
  });

  it("records the ids of its images", async () => {
    const { world } = await installed();
    const record = JSON.parse((await world.files.read(`${HOME}/.graph-mgr/instances/${NAME}.json`)) ?? "");
    expect(Object.keys(record.images).sort()).toEqual([...IMAGES].sort());
    expect(record.images.cache).toEqual({ id: bundle.images[1]!.id, reference: "valkey:8", shipped: true });
  });

  it("gets its old record back when writing a new one is undone", async () => {
    const stage = await installed();
    const path = `${HOME}/.graph-mgr/instances/${NAME}.json`;
    const old = await stage.world.files.read(path);
    const step = oneStep(stage, writeRecord.step({ path, name: NAME, record: { schema: 1, name: "other" }, images: [] }));
    await step.run();
    expect(await stage.world.files.read(path)).not.toBe(old);
    await step.undo();
    expect(await stage.world.files.read(path)).toBe(old);
  });
});
