import { beforeEach, describe, expect, it } from "vitest";
import { dropCache, mendModes, mendPolicies, sweepHelpers } from "../../src/steps/index.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import { DIR, installed, oneStep, SLUG } from "./one-step.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await installed();
});
const mode = (path: string) => stage.world.files.mode(path);
const policies = async () =>
  (await stage.world.engine.inspect((await stage.world.engine.containers()).map(({ id }) => id))).map(each => each.restartPolicy);

describe("F73 modes", () => {
  it("are mended, and put back as they were", async () => {
    await stage.world.files.changeMode(`${DIR}/.env`, 0o664);
    const step = oneStep(
      stage,
      mendModes.step({
        files: [
          { path: `${DIR}/.env`, mode: 0o600 },
          { path: "/gone", mode: 0o600 },
        ],
      }),
    );
    await step.run();
    expect(await mode(`${DIR}/.env`)).toBe(0o600);
    await step.undo();
    expect(await mode(`${DIR}/.env`)).toBe(0o664);
  });

  it("of what a link leads to are nobody's business", async () => {
    stage.sim.disk.write("/etc-passwd", Buffer.from("x"), 0o644);
    stage.sim.disk.symlink("/etc-passwd", `${DIR}/link`);
    await oneStep(stage, mendModes.step({ files: [{ path: `${DIR}/link`, mode: 0o600 }] })).run();
    expect(await mode("/etc-passwd")).toBe(0o644);
  });
});

it("F16 policies are mended by the container's name, and put back as they were", async () => {
  const own = (await stage.world.engine.containers()).filter(({ project }) => project === SLUG);
  const before = await policies();
  await stage.world.engine.setRestartPolicy(own[0]!.id, "always");
  const wanted = own.map(({ name }) => ({ container: name, policy: "on-failure:3" }));
  const step = oneStep(stage, mendPolicies.step({ project: SLUG, policies: wanted }));
  await step.run();
  expect(new Set(await policies())).toEqual(new Set(["on-failure:3"]));
  await step.undo();
  expect((await policies()).filter(each => each !== "always").length).toBe(before.length - 1);
});

it("F25 helpers that a kill left are removed, and no other container", async () => {
  const before = stage.machine.state.containers.size;
  stage.sim.engine.create({
    name: "left",
    image: "graphistry/caddy:v2.22.2",
    labels: { "graph-mgr.helper": "1", "graph-mgr.home": HOME },
    environment: {},
    hasHealthcheck: false,
    policy: "no",
    mounts: [],
    ports: [],
    networks: [],
  });
  const step = oneStep(stage, sweepHelpers.step({ home: HOME, containers: ["left"] }));
  await step.run();
  expect(stage.machine.state.containers.size).toBe(before);
  await step.undo();
});

it("a cache is deleted, and one that is gone is no failure", async () => {
  const path = `${HOME}/.graph-mgr/cache/sizes.json`;
  await stage.world.files.write(path, "{", 0o600);
  await oneStep(stage, dropCache.step({ path })).run();
  expect(await stage.world.files.exists(path)).toBe(false);
  await oneStep(stage, dropCache.step({ path })).run();
});
