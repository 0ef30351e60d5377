import { describe, expect, it } from "vitest";
import { removeImages, removeVolume } from "../../src/steps/index.ts";
import { failsWith, IMAGES, installed, NAME, oneStep, SLUG } from "./one-step.ts";

const own = (service: string) => `graph-mgr/${SLUG}/${service}:pinned`;

describe("removing images", () => {
  it("leaves the name of one that a stranger's container uses, and is done all the same", async () => {
    const stage = await installed();
    await stage.stop(NAME);
    const { state } = stage.machine;
    const ids = IMAGES.map(service => state.tags.get(own(service))!);
    const cache = [...state.containers.values()].find(({ name }) => name === `${SLUG}-cache-1`)!;
    state.containers.clear();
    state.containers.set("stranger", { ...cache, id: "stranger", name: "stranger", labels: {} });
    await stage.world.engine.untag("valkey:8");
    await oneStep(stage, removeImages.step({ slug: SLUG, tags: IMAGES.map(own), ids })).run();
    expect([...state.images.keys()]).toEqual([cache.image]);
    expect([...state.tags]).toEqual([[own("cache"), cache.image]]);
  });

  it("leaves the last name where two services have one image that a container uses", async () => {
    const stage = await installed();
    const { state } = stage.machine;
    const image = [...state.containers.values()].find(({ name }) => name === `${SLUG}-cache-1`)!.image;
    for (const tag of [...state.tags].filter(([, id]) => id === image).map(([tag]) => tag)) state.tags.delete(tag);
    for (const service of ["caddy", "cache"]) state.tags.set(own(service), image);
    await oneStep(stage, removeImages.step({ slug: SLUG, tags: [own("caddy"), own("cache")], ids: [] })).run();
    expect([...state.tags].filter(([, id]) => id === image)).toEqual([[own("cache"), image]]);
  });

  it("leaves those that another instance keeps", async () => {
    const stage = await installed();
    await stage.install("v1.0.0");
    const { state } = stage.machine;
    for (const { id, name } of [...state.containers.values()]) if (name.startsWith(SLUG)) state.containers.delete(id);
    const ids = IMAGES.map(service => state.tags.get(own(service))!);
    const caddy = state.tags.get(own("caddy"))!;
    await oneStep(stage, removeImages.step({ slug: SLUG, tags: IMAGES.map(own), ids })).run();
    expect(ids.filter(id => state.images.has(id))).toEqual([caddy]);
    expect(state.tags.get("graph-mgr/v1_0_0/caddy:pinned")).toBe(caddy);
  });
});

describe("removing a volume", () => {
  it("F12 is refused while a container has it, and cannot be undone", async () => {
    const stage = await installed();
    const step = oneStep(stage, removeVolume.step({ name: `${SLUG}_postgres_data` }));
    await expect(step.run()).rejects.toThrow("volume is in use");
    expect(await stage.world.engine.volume(`${SLUG}_postgres_data`)).not.toBeNull();
    await expect(step.undo()).rejects.toThrow(failsWith("CANNOT_UNDO", "what is gone is gone"));
  });
});
