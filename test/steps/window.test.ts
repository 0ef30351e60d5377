import { describe, expect, it } from "vitest";
import { parseRecord } from "../../src/domain/instance.ts";
import { awaitAnswer, commit, openFront, quiet } from "../../src/steps/index.ts";
import { HOME, type Stage } from "../simulator/scenario.ts";
import type { SimContainer } from "../simulator/state.ts";
import { failsWith, IMAGES, installed, NAME, oneStep, PROJECT, SLUG, someSteps } from "./one-step.ts";

const RECORD = `${HOME}/.graph-mgr/instances/${NAME}.json`;
const stopping = (keep: readonly string[]) =>
  quiet.step({ project: SLUG, instance: NAME, record: RECORD, keep, graceSeconds: 60 });

const of = (stage: Stage, service: string): SimContainer =>
  [...stage.machine.state.containers.values()].find(({ name }) => name === `${SLUG}-${service}-1`)!;
const states = (stage: Stage) => Object.fromEntries(IMAGES.map(service => [service, of(stage, service).state]));
const policies = (stage: Stage) => IMAGES.map(service => of(stage, service).policy);
const recorded = async (stage: Stage) => parseRecord((await stage.world.files.read(RECORD)) ?? "", RECORD).stoppedPolicies;

describe("opening the window", () => {
  it("F16 stops whoever writes, keeps the database, and lets nothing be woken by a restart of the engine", async () => {
    const stage = await installed();
    await oneStep(stage, stopping(["postgres"])).run();
    expect(states(stage)).toMatchObject({ caddy: "exited", nexus: "exited", cache: "exited", postgres: "running" });
    expect(new Set(policies(stage))).toEqual(new Set(["no"]));
    expect(await recorded(stage)).toMatchObject({ caddy: "unless-stopped", postgres: "unless-stopped" });
  });

  it("says what is still there where the record is gone, and stops nobody", async () => {
    const stage = await installed();
    await stage.world.files.remove(RECORD);
    const run = oneStep(stage, stopping([])).run();
    await expect(run).rejects.toThrow(failsWith("NO_RECORD"));
    await expect(run).rejects.toThrow(expect.objectContaining({ hint: expect.stringContaining("still there") }));
    expect(states(stage)).toMatchObject({ nexus: "running", postgres: "running" });
  });

  it("gives everything back when it is undone: who ran, and who wakes it", async () => {
    const stage = await installed();
    const before = [states(stage), policies(stage), await stage.world.files.read(RECORD)];
    const step = oneStep(stage, stopping([]));
    await step.run();
    expect(Object.values(states(stage))).not.toContain("running");
    await step.undo();
    expect([states(stage), policies(stage), await stage.world.files.read(RECORD)]).toEqual(before);
  });

  it("starts the database again that a power cut ended in the middle of it", async () => {
    const stage = await installed();
    const step = oneStep(stage, stopping(["postgres"]));
    await step.run();
    await stage.world.engine.stop([of(stage, "postgres").id], 10);
    await step.run();
    expect(of(stage, "postgres").state).toBe("running");
  });

  it("goes on when the engine woke somebody before all were stopped: nothing had been read by then", async () => {
    const stage = await installed();
    const step = oneStep(stage, stopping(["postgres"]));
    const { setRestartPolicy, stop, start } = stage.world.engine;
    // A power cut in the middle of it, after which the engine starts what it may.
    let isCut = false;
    stage.world.engine.stop = async (ids, grace) => {
      await stop(ids, grace);
      if (isCut) return;
      isCut = true;
      await setRestartPolicy(of(stage, "nexus").id, "unless-stopped");
      await start([of(stage, "nexus").id]);
      throw new Error("cut");
    };
    await expect(step.run()).rejects.toThrow("cut");
    await step.run();
    expect(states(stage)).toMatchObject({ nexus: "exited" });
    await step.run();
    expect(states(stage)).toMatchObject({ nexus: "exited" });
  });

  it.each(["nexus", "caddy"])("does not go on when %s ran again meanwhile: users may have written", async service => {
    const stage = await installed();
    const step = oneStep(stage, stopping(["postgres"]));
    await step.run();
    await stage.world.engine.start([of(stage, service).id]);
    await expect(step.run()).rejects.toThrow(failsWith("OLD_RAN", service));
    // Also when it was stopped again since.
    await stage.world.engine.stop([of(stage, service).id], 10);
    await expect(step.run()).rejects.toThrow(failsWith("OLD_RAN", service));
    await stage.world.engine.start([of(stage, service).id]);
    await step.undo();
    expect(of(stage, service).state).toBe("running");
  });

  it("does not go on either when they ran while its database was being stopped", async () => {
    const stage = await installed();
    const steps = someSteps(stage, [stopping(["postgres"]), stopping([])]);
    const { stop } = stage.world.engine;
    const database = of(stage, "postgres").id;
    stage.world.engine.stop = async (ids, grace) => {
      if (ids.includes(database)) throw new Error("cut");
      await stop(ids, grace);
    };
    await expect(steps.run()).rejects.toThrow("cut");
    stage.world.engine.stop = stop;
    await stage.world.engine.start([of(stage, "nexus").id]);
    await expect(steps.run()).rejects.toThrow(failsWith("OLD_RAN", "nexus"));
    expect(states(stage)).toMatchObject({ nexus: "running", postgres: "running" });
    await steps.undo();
    expect(states(stage)).toMatchObject({ nexus: "running", postgres: "running", caddy: "running" });
  });

  it("does not go on when its containers are gone, and going back makes them again", async () => {
    const stage = await installed();
    const step = oneStep(stage, stopping([]));
    const before = [states(stage), policies(stage), await stage.world.files.read(RECORD)];
    await step.run();
    for (const service of IMAGES) await stage.world.engine.removeContainer(of(stage, service).id, false);
    await expect(step.run()).rejects.toThrow(failsWith("OLD_RAN", `Containers of ${NAME} were removed`));
    await step.undo();
    // A one-shot that had ended is not run again.
    const { job: _, ...rest } = before[0] as Record<string, string>;
    for (const [service, state] of Object.entries(rest)) expect([service, of(stage, service).state]).toEqual([service, state]);
    expect(await stage.world.files.read(RECORD)).toBe(before[2]);
  });

  it("F15 does not make them again with an empty volume, where their data is gone as well", async () => {
    const stage = await installed();
    const step = oneStep(stage, stopping([]));
    await step.run();
    for (const service of IMAGES) await stage.world.engine.removeContainer(of(stage, service).id, false);
    const { volumes } = stage.machine.state;
    const data = volumes.get(`${SLUG}_postgres_data`)!;
    volumes.delete(data.name);
    await expect(step.undo()).rejects.toThrow(failsWith("NO_VOLUME", "would start with empty ones"));
    expect(volumes.has(data.name)).toBe(false);
    expect(stage.machine.state.containers.size).toBe(0);
    volumes.set(data.name, data);
    await step.undo();
    expect(of(stage, "postgres").state).toBe("running");
  });

  it("goes on past the return, whoever ran again: nobody could go back", async () => {
    const stage = await installed();
    const steps = someSteps(stage, [stopping([]), commit.step({ instance: NAME })]);
    await steps.run();
    await stage.world.engine.start([of(stage, "nexus").id]);
    await steps.run();
    expect(of(stage, "nexus").state).toBe("running");
    await expect(steps.undo()).rejects.toThrow(failsWith("CANNOT_UNDO"));
  });
});

describe("letting visitors in", () => {
  const open = (port: number) =>
    openFront.step({ project: PROJECT, instance: NAME, services: IMAGES, probe: { port, tls: false, path: "/" } });

  it("has no way back once they are answered", async () => {
    const stage = await installed();
    const { host } = of(stage, "caddy").ports[0]!;
    const step = oneStep(stage, open(host));
    await step.run();
    await expect(step.undo()).rejects.toThrow(failsWith("CANNOT_UNDO", "rollback"));
    expect(of(stage, "caddy").state).toBe("running");
  });

  it("has no way back either when they are answered by https alone", async () => {
    const stage = await installed();
    const { host } = of(stage, "caddy").ports[0]!;
    const [probe, otherProbe] = [9, host].map(port => ({ port, tls: port === host, path: "/" }));
    const { ask } = stage.world.ports;
    stage.world.ports.ask = question => ask({ ...question, tls: false });
    const step = oneStep(
      stage,
      openFront.step({ project: PROJECT, instance: NAME, services: IMAGES, probe: probe!, otherProbe: otherProbe! }),
    );
    await step.run();
    await expect(step.undo()).rejects.toThrow(failsWith("CANNOT_UNDO", `answered on port ${host} already`));
  });

  it("waits no longer for an answer of what has ended for good", async () => {
    const stage = await installed();
    const nexus = of(stage, "nexus");
    stage.machine.state.containers.set(nexus.id, { ...nexus, state: "exited", exitCode: 137 });
    const probe = { port: 9, tls: false, path: "/" };
    const wait = awaitAnswer.step({ instance: NAME, probe, timeoutSeconds: 600, project: SLUG, services: ["nexus"] });
    const begun = stage.machine.state.clockMs;
    await expect(oneStep(stage, wait).run()).rejects.toThrow(failsWith("NOT_HEALTHY", "nexus of v2.22.2 ended with code"));
    expect(stage.machine.state.clockMs - begun).toBeLessThan(1000);
  });

  it("goes back when it is somebody else who answers there", async () => {
    const stage = await installed();
    stage.world.ports.ask = async () => ({ status: 200, retryAfter: null, server: null });
    const step = oneStep(stage, open(9));
    await step.run();
    await step.undo();
    expect(of(stage, "caddy").state).toBe("running");
  });

  it("goes back while nobody is answered", async () => {
    const stage = await installed();
    const step = oneStep(stage, open(9));
    await step.run();
    await step.undo();
    expect(of(stage, "caddy").state).toBe("running");
  });
});
