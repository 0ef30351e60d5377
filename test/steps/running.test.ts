import { describe, expect, it } from "vitest";
import { Interrupted, OperatorError } from "../../src/errors.ts";
import { awaitHealth, launch, stop } from "../../src/steps/index.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import type { SimContainer } from "../simulator/state.ts";
import { DIR, failsWith, IMAGES, installed, NAME, oneStep, PROJECT, SLUG, someSteps } from "./one-step.ts";

const RECORD = `${HOME}/.graph-mgr/instances/${NAME}.json`;
const up = launch.step({ project: PROJECT, instance: NAME, services: IMAGES, all: true });
const healthy = (over: Partial<Parameters<typeof awaitHealth.step>[0]> = {}) =>
  awaitHealth.step({ project: SLUG, instance: NAME, services: IMAGES, timeoutSeconds: 60, windowSeconds: 3, ...over });
const down = stop.step({ project: SLUG, instance: NAME, record: RECORD, graceSeconds: 60 });

const of = (stage: Stage, service: string): SimContainer =>
  [...stage.machine.state.containers.values()].find(({ name }) => name === `${SLUG}-${service}-1`)!;
const change = (stage: Stage, service: string, over: Partial<SimContainer>) => {
  const container = of(stage, service);
  stage.machine.state.containers.set(container.id, { ...container, ...over });
};
const replace = (stage: Stage, pause: Stage["world"]["pause"]) => Object.assign(stage.world, { pause });
const policies = (stage: Stage) => Object.fromEntries(IMAGES.map(service => [service, of(stage, service).policy]));

async function stopped(): Promise<Stage> {
  const stage = await installed();
  await oneStep(stage, down).run();
  return stage;
}

/** What somebody started by hand. */
function rogue(stage: Stage, over: Partial<SimContainer>): void {
  const container = { ...of(stage, "postgres"), id: "f".repeat(64), name: "copy2", labels: {}, ...over };
  stage.machine.state.containers.set(container.id, container);
}

describe("launching", () => {
  it.each(["running", "exited", "created"] as const)(
    "F10 is refused while a container of somebody else (%s) mounts a volume of the instance",
    async state => {
      const stage = await stopped();
      rogue(stage, { state });
      await expect(oneStep(stage, up).run()).rejects.toThrow(failsWith("VOLUME_SHARED", "The container copy2"));
      expect(of(stage, "postgres").state).toBe("exited");
    },
  );

  it("F11 is refused while a project of the same name runs from another folder", async () => {
    const stage = await stopped();
    const labels = { "com.docker.compose.project": SLUG, "com.docker.compose.project.working_dir": "/elsewhere/v2222" };
    rogue(stage, { labels, mounts: [], state: "exited" });
    await expect(oneStep(stage, up).run()).rejects.toThrow(failsWith("PROJECT_TAKEN", "/elsewhere/v2222"));
  });

  it("F18 starts the image that was recorded, whoever has its tag now", async () => {
    const stage = await stopped();
    const id = of(stage, "cache").image;
    await stage.world.engine.tag(of(stage, "caddy").image, "valkey:8");
    await oneStep(stage, up).run();
    expect(of(stage, "cache").image).toBe(id);
  });

  it("reports a service that ends at once, and undoing stops what it started and removes nothing that was there", async () => {
    const stage = await stopped();
    const image = stage.machine.state.images.get(of(stage, "nexus").image)!;
    stage.machine.state.images.set(image.id, { ...image, program: "one-shot" });
    const { engine } = stage.world;
    const before = of(stage, "postgres").id;
    const start = stage.world.compose.up;
    stage.world.compose.up = async (...args) => {
      await start(...args);
      change(stage, "nexus", { exitCode: 3 });
    };
    const step = oneStep(stage, up);
    await expect(step.run()).rejects.toThrow(failsWith("NOT_HEALTHY", "nexus of v2.22.2 ended with code 3."));
    await step.undo();
    expect((await engine.containers()).filter(({ state }) => state === "running")).toEqual([]);
    expect(of(stage, "postgres").id).toBe(before);
  });
});

describe("going back after Compose has replaced a container, because its file was edited", () => {
  async function edited() {
    const stage = await installed();
    const file = `${DIR}/docker-compose.yml`;
    const text = (await stage.world.files.read(file)) ?? "";
    expect(text).toContain("  caddy:\n");
    await stage.world.files.write(file, text.replace("  caddy:\n", "  caddy:\n    environment: { COLOUR: blue }\n"));
    return { stage, old: of(stage, "caddy").id };
  }
  const restart = async (stage: Stage, work: () => Promise<void> = async () => {}) => {
    const run = someSteps(stage, [down, up]);
    await run.run();
    await work();
    return await run.undo();
  };

  it("the new one stays, runs as the old one did, and it is said", async () => {
    const { stage, old } = await edited();
    expect(await restart(stage)).toEqual([
      "But caddy of v2.22.2 got a new container, made of what the files say now, and Compose has taken the old one away.",
    ]);
    expect(of(stage, "caddy").id).not.toBe(old);
    expect(IMAGES.filter(service => service !== "job").map(service => of(stage, service).state)).toEqual(
      ["caddy", "cache", "nexus", "postgres"].map(() => "running"),
    );
    expect(policies(stage)).toMatchObject({ caddy: "unless-stopped", nexus: "unless-stopped" });
  });

  it("where the new one does not start, all others do, and it is said", async () => {
    const { stage } = await edited();
    const { start } = stage.world.engine;
    const remarks = await restart(stage, async () => {
      const { id } = of(stage, "caddy");
      stage.world.engine.start = async ids => {
        if (ids.includes(id)) throw new OperatorError("COMMAND_FAILED", "`docker start` ended with code 1: no such file");
        await start(ids);
      };
    });
    expect(remarks).toEqual([
      expect.stringContaining("caddy of v2.22.2 got a new container"),
      "v2_22_2-caddy-1 will not start like this: mend the files, then `graph-mgr launch v2.22.2`.",
    ]);
    expect([of(stage, "caddy").state, of(stage, "nexus").state, of(stage, "postgres").state]).toEqual([
      "exited",
      "running",
      "running",
    ]);
  });

  it("where one starts and ends again at once, that is said: put back is not what visitors see", async () => {
    const { stage } = await edited();
    const remarks = await restart(stage, async () => {
      const { pause } = stage.world;
      replace(stage, async (...asked) => {
        change(stage, "caddy", { state: "exited", exitCode: 1 });
        await pause(...asked);
      });
    });
    expect(remarks).toEqual([
      expect.stringContaining("caddy of v2.22.2 got a new container"),
      "But caddy ended again at once, so it does not serve: mend its files, then `graph-mgr launch v2.22.2`.",
    ]);
  });

  it("what did not run before does not run afterwards", async () => {
    const { stage } = await edited();
    await oneStep(stage, down).run();
    const step = oneStep(stage, up);
    await step.run();
    expect(await step.undo()).toHaveLength(1);
    expect(IMAGES.map(service => of(stage, service).state)).not.toContain("running");
  });
});

describe("waiting for health", () => {
  it("counts only a whole window, also when all looks well at once", async () => {
    const stage = await installed();
    const begun = stage.machine.state.clockMs;
    await oneStep(stage, healthy()).run();
    expect(stage.machine.state.clockMs - begun).toBeGreaterThanOrEqual(3000);
  });

  it("begins the window again when a service falls ill or restarts", async () => {
    const stage = await installed();
    const { world, machine } = stage;
    const pause = world.pause;
    let pauses = 0;
    replace(stage, async (ms, signal) => {
      pauses += 1;
      if (pauses === 4) change(stage, "nexus", { startedMs: machine.state.clockMs });
      await pause(ms, signal);
    });
    const begun = machine.state.clockMs;
    const step = oneStep(stage, healthy());
    await step.run();
    expect(machine.state.clockMs - begun).toBeGreaterThanOrEqual(1500 + 3000);
    expect(step.said).toEqual(["waiting for nexus: starting"]);
  });

  it("says which service is not healthy when the time is up", async () => {
    const stage = await installed();
    replace(stage, async ms => {
      stage.machine.state.clockMs += ms;
      change(stage, "caddy", { startedMs: stage.machine.state.clockMs });
    });
    change(stage, "caddy", { startedMs: stage.machine.state.clockMs });
    await expect(oneStep(stage, healthy({ timeoutSeconds: 10 })).run()).rejects.toThrow(
      failsWith("NOT_HEALTHY", "did not become healthy within 10 s; last seen: caddy: starting"),
    );
  });

  it("gives up at once on a service that has ended, and keeps what it said last, because going back removes its container", async () => {
    const stage = await installed();
    change(stage, "nexus", { state: "exited", exitCode: 137 });
    stage.world.engine.lastWords = async (_, lines) => `the ${lines} last`;
    const error = await oneStep(stage, healthy({ services: ["nexus"] }))
      .run()
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code: "NOT_HEALTHY", hint: expect.stringMatching(/^less \S+\/nexus\.log {3}/) });
    const [, path = ""] = /^less (\S+)/.exec((error as { readonly hint: string }).hint) ?? [];
    expect(await stage.world.files.read(path)).toBe("the 200 last\n");
    // Without a word of its own the failure is what is told.
    stage.world.engine.lastWords = async () => {
      throw new Error("no engine");
    };
    await expect(oneStep(stage, healthy({ services: ["nexus"] })).run()).rejects.toMatchObject({
      hint: "graph-mgr logs v2.22.2 nexus",
    });
  });

  it("waits for a service that has no container yet", async () => {
    const stage = await installed();
    await expect(oneStep(stage, healthy({ services: ["later"], timeoutSeconds: 5 })).run()).rejects.toThrow(
      failsWith("NOT_HEALTHY", "later: no container yet"),
    );
  });

  it("F86 ends when the operator wants it", async () => {
    const stage = await installed();
    const abort = new AbortController();
    change(stage, "nexus", { startedMs: stage.machine.state.clockMs });
    replace(stage, async () => abort.abort());
    await expect(oneStep(stage, healthy(), abort.signal).run()).rejects.toThrow(Interrupted);
  });
});

describe("stopping", () => {
  it("F16 takes the restart policies away and writes them down, and undoing gives them back", async () => {
    const stage = await installed();
    const before = policies(stage);
    const record = await stage.world.files.read(RECORD);
    const step = oneStep(stage, down);
    await step.run();
    expect(new Set(Object.values(policies(stage)))).toEqual(new Set(["no"]));
    expect(JSON.parse((await stage.world.files.read(RECORD)) ?? "")).toMatchObject({
      stoppedPolicies: { caddy: "unless-stopped", cache: "unless-stopped", nexus: "unless-stopped", postgres: "unless-stopped" },
    });
    await step.undo();
    expect(policies(stage)).toEqual(before);
    expect(await stage.world.files.read(RECORD)).toBe(record);
    expect(IMAGES.filter(service => of(stage, service).state === "running")).toEqual(["caddy", "cache", "nexus", "postgres"]);
  });

  it("F09 ends the database last, so that it can shut down cleanly", async () => {
    const stage = await installed();
    const order: string[] = [];
    stage.machine.watch = ({ what, target }) => what === "engine.stop" && order.push(target);
    await oneStep(stage, down).run();
    expect(order.at(-1)).toBe("v2_22_2-postgres-1");
    expect(order).toHaveLength(4);
    expect(stage.machine.state.volumes.get(`${SLUG}_postgres_data`)?.content["control"]).toBe("shut down");
  });

  it("stops a service whose profile is off now, and touches no other project", async () => {
    const stage = await installed();
    rogue(stage, { labels: { ...of(stage, "nexus").labels, "com.docker.compose.service": "extra" }, mounts: [], ports: [] });
    await stage.install("v1.0.0");
    await oneStep(stage, down).run();
    const running = (await stage.world.engine.containers()).filter(({ state }) => state === "running");
    expect(new Set(running.map(({ project }) => project))).toEqual(new Set(["v1_0_0"]));
    expect(running).toHaveLength(4);
    expect(await stage.world.files.exists(DIR)).toBe(true);
  });
});
