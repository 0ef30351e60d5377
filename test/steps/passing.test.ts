import { describe, expect, it } from "vitest";
import { textDigest } from "../../src/domain/text-digest.ts";
import { carryTree, mergeConfiguration, quiet, removeContainers, removeVolume } from "../../src/steps/index.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import { DIR, failsWith, installed, NAME, OPERATION, oneStep, SLUG } from "./one-step.ts";

/** What the steps do otherwise for a release that an update only goes through. */

const TO = `${HOME}/releases/v2.23.0`;
const running = (stage: Stage) =>
  [...stage.machine.state.containers.values()].filter(({ state }) => state === "running").map(({ name }) => name);

describe("carrying a tree that may not be there", () => {
  const carry = (from: string, mayLack?: boolean) =>
    carryTree.step({
      from: `${DIR}/${from}`,
      to: `${TO}/${from}`,
      aside: `${HOME}/.graph-mgr/operations/${OPERATION}/aside/0`,
      helperImage: null,
      ...(mayLack === undefined ? {} : { mayLack }),
    });

  it("carries nothing where there is nothing, and leaves there what the new release ships", async () => {
    const stage = await installed();
    await stage.world.files.write(`${TO}/.caddy/shipped`, "theirs");
    const step = oneStep(stage, carry(".caddy", true));
    await step.run();
    expect(await stage.world.files.read(`${TO}/.caddy/shipped`)).toBe("theirs");
    await step.undo();
    expect(await stage.world.files.read(`${TO}/.caddy/shipped`)).toBe("theirs");
  });

  it("carries it where it is there, and fails where it must be there and is not", async () => {
    const stage = await installed();
    await oneStep(stage, carry("data", true)).run();
    expect(await stage.world.files.read(`${TO}/data/upload`)).toBe(`upload of ${SLUG}`);
    await expect(oneStep(stage, carry(".caddy")).run()).rejects.toThrow();
  });
});

describe("stopping what is only gone through", () => {
  it("is not taken back by starting it: nobody waits for it", async () => {
    const stage = await installed();
    const record = `${HOME}/.graph-mgr/instances/${NAME}.json`;
    const text = await stage.world.files.read(record);
    const input = { project: SLUG, instance: NAME, record, keep: [], graceSeconds: 60, isPassing: true };
    const step = oneStep(stage, quiet.step(input));
    await step.run();
    expect(running(stage)).toEqual([]);
    await step.undo();
    expect(running(stage)).toEqual([]);
    expect(await stage.world.files.read(record)).toBe(text);
  });
});

describe("taking away what was only gone through", () => {
  it("F12 leaves a volume that another operation made", async () => {
    const stage = await installed();
    await stage.stop(NAME);
    stage.machine.state.containers.clear();
    const name = `${SLUG}_postgres_data`;
    await oneStep(stage, removeVolume.step({ name, isOwn: true })).run();
    const volume = await stage.world.engine.volume(name);
    expect(volume).not.toBeNull();
    const labels = { ...volume?.labels, "graph-mgr.operation": OPERATION };
    stage.machine.state.volumes.set(name, { ...stage.machine.state.volumes.get(name)!, labels });
    await oneStep(stage, removeVolume.step({ name, isOwn: true })).run();
    expect(await stage.world.engine.volume(name)).toBeNull();
  });

  it("takes the volumes without a name along with their containers, when it is told so", async () => {
    const anonymous = (stage: Stage) =>
      [...stage.machine.state.volumes.keys()].filter(name => /^[0-9a-f]{64}$/.test(name)).length;
    const left = async (more: { readonly anonymousVolumes?: boolean }) => {
      const stage = await installed();
      await stage.stop(NAME);
      expect(anonymous(stage)).toBeGreaterThan(0);
      await oneStep(stage, removeContainers.step({ project: SLUG, dir: DIR, instance: NAME, ...more })).run();
      return anonymous(stage);
    };
    expect(await left({ anonymousVolumes: true })).toBe(0);
    expect(await left({})).toBeGreaterThan(0);
  });
});

describe("the administrator's configuration, once the merge was shown", () => {
  const answers = `${HOME}/.graph-mgr/operations/${OPERATION}/answers.json`;
  const found = async (merged: Readonly<Record<string, string>>) => {
    const stage = await installed();
    await stage.world.files.write(answers, JSON.stringify(merged));
    const seen = { ".env": textDigest(await stage.world.files.read(`${DIR}/.env`)), "custom.env": "absent" };
    const step = mergeConfiguration.step({ from: DIR, to: TO, seen, paths: Object.keys(merged), answers });
    return { stage, operation: oneStep(stage, step) };
  };

  it.each([
    [".env", "nothing", {}],
    ["custom.env", "nothing", {}],
    [".env", "a file", { ".env": "A=1\n" }],
    ["custom.env", "a file", { ".env": "A=1\n" }],
  ])("F93 is not edited unseen before it is merged: %s, where the merge writes %s", async (path, _, merged) => {
    const { stage, operation } = await found(merged);
    await stage.world.files.write(`${DIR}/${path}`, "LOG=debug\n");
    await expect(operation.run()).rejects.toThrow(failsWith("CONFIG_CHANGED", path));
    expect(await stage.world.files.exists(`${TO}/.env`)).toBe(false);
  });

  it.each([".env", "custom.env"])("F93 is not edited unseen before an update is gone on with: %s", async path => {
    const { stage, operation } = await found({ ".env": "A=1\n" });
    await operation.run();
    await operation.run();
    await stage.world.files.write(`${DIR}/${path}`, "LOG=debug\n");
    await expect(operation.run()).rejects.toThrow(
      expect.objectContaining({ code: "CONFIG_CHANGED", exit: 3, hint: expect.stringMatching(/^graph-mgr undo/) }),
    );
    await operation.undo();
    expect(await stage.world.files.read(`${DIR}/${path}`)).toBe("LOG=debug\n");
  });

  it("F93 is not edited unseen where the merge was cut off after its last file", async () => {
    const { stage, operation } = await found({ ".env": "A=1\n" });
    const { write } = stage.world.files;
    stage.world.files.write = async (path, ...rest) => {
      await write(path, ...rest);
      if (path.startsWith(TO)) throw new Error("cut");
    };
    await expect(operation.run()).rejects.toThrow("cut");
    stage.world.files.write = write;
    await stage.world.files.write(`${DIR}/.env`, "LOG=debug\n");
    await expect(operation.run()).rejects.toThrow(failsWith("CONFIG_CHANGED"));
  });
});

describe("merging for one of several releases", () => {
  it("takes that release's texts, and misses them rather than take another's", async () => {
    const stage = await installed();
    const answers = `${HOME}/.graph-mgr/operations/${OPERATION}/answers.json`;
    await stage.world.files.write(answers, JSON.stringify({ ".env": "A=1\n", "v2.23.0/.env": "A=2\n" }));
    const merge = (release: string) =>
      mergeConfiguration.step({ from: DIR, to: TO, seen: {}, paths: [".env"], answers, release });
    await oneStep(stage, merge("v2.23.0")).run();
    expect(await stage.world.files.read(`${TO}/.env`)).toBe("A=2\n");
    await expect(oneStep(stage, merge("v2.24.9")).run()).rejects.toThrow(failsWith("ANSWER_MISSING"));
  });
});
