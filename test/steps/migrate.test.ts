import { expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Remote } from "../../src/host/world.ts";
import { planMigrate } from "../../src/operations/migrate.ts";
import { surveyMigrate } from "../../src/survey/migrate.ts";
import { templates } from "../simulator/maintenance.ts";
import { HOME, occasion, type Stage } from "../simulator/scenario.ts";
import { installed, NAME, SLUG, someSteps } from "./one-step.ts";

/** What a move does when the other machine is not reached any more, at the moments where that matters. */
const there = { target: { user: null, host: "far", port: null }, identity: null, knownHosts: null, home: null };

async function moving(stage: Stage) {
  const { facts } = await stage.facts(NAME);
  const found = await surveyMigrate(stage.world, facts, there, { window: templates, moved: templates });
  const plan = planMigrate(found, { keepSource: false, ports: [], address: "http://far/" }, occasion());
  const upTo = (kind: string) => plan.steps.slice(0, plan.steps.findIndex(step => step.kind === kind) + 1);
  return { plan, upTo };
}

const serves = (stage: Stage): boolean =>
  [...stage.machine.state.containers.values()].some(
    ({ name, state }) => name.startsWith(`${SLUG}-`) && state === "running" && name.includes("caddy"),
  );

/** From a moment on nothing gets there. */
function cutOff(stage: Stage, calls: readonly (keyof Remote)[]): { readonly mend: () => void } {
  const remote = stage.world.remote as unknown as Record<string, unknown>;
  const whole = Object.fromEntries(calls.map(call => [call, remote[call]]));
  const gone = async () => {
    throw new OperatorError("NOT_REACHED", "far cannot be reached by ssh.", { hint: "ssh far" });
  };
  for (const call of calls) remote[call] = gone;
  return { mend: () => void Object.assign(remote, whole) };
}

const EVERYTHING = ["arrival", "send", "launch", "stop", "takeBack", "resume"] as const;

it("the source serves again when the other machine is lost before the launch there", async () => {
  const stage = await installed();
  const { upTo } = await moving(stage);
  const steps = someSteps(stage, upTo("migrate.send"));
  await steps.run();
  expect(serves(stage)).toBe(false);
  cutOff(stage, EVERYTHING);
  const remarks = await steps.undo();
  expect(serves(stage)).toBe(true);
  expect(remarks).toEqual([expect.stringContaining("is stopped there and could not be taken away")]);
  expect(stage.machine.state.far.stage).toBe("restored");
});

it("the source is not started while nobody can tell whether the other machine serves", async () => {
  const stage = await installed();
  const { upTo } = await moving(stage);
  const steps = someSteps(stage, upTo("migrate.open"));
  // The connection goes in the middle of the launch, which goes on there.
  const remote = stage.world.remote as unknown as Record<string, unknown>;
  const launch = stage.world.remote.launch;
  remote["launch"] = async (...args: Parameters<Remote["launch"]>) => {
    await launch(...args);
    cutOff(stage, EVERYTHING);
    throw new OperatorError("NOT_REACHED", "the connection was lost");
  };
  const whole = Object.fromEntries(EVERYTHING.map(call => [call, remote[call]]));
  whole["launch"] = launch;
  await expect(steps.run()).rejects.toMatchObject({ code: "NOT_REACHED" });
  await expect(steps.undo()).rejects.toMatchObject({ code: "CANNOT_UNDO", message: expect.stringContaining("nobody can tell") });
  expect(serves(stage)).toBe(false);
  // Once it is reached again, going on is the way; back is closed, because visitors may have written.
  Object.assign(remote, whole);
  await expect(steps.undo()).rejects.toMatchObject({
    code: "CANNOT_UNDO",
    message: expect.stringContaining("serves on far already"),
  });
  await steps.run();
  expect(serves(stage)).toBe(false);
  expect(stage.machine.state.far.stage).toBe("serving");
});

it("a launch that failed there and was put back lets the source serve again", async () => {
  const stage = await installed();
  const { upTo } = await moving(stage);
  const steps = someSteps(stage, upTo("migrate.open"));
  (stage.world.remote as unknown as Record<string, unknown>)["launch"] = async () => {
    throw new OperatorError("NOT_HEALTHY", "On far: nexus was not healthy in time.");
  };
  await expect(steps.run()).rejects.toMatchObject({ code: "NOT_HEALTHY" });
  expect(await steps.undo()).toEqual([]);
  expect(serves(stage)).toBe(true);
  expect(stage.machine.state.far.stage).toBe("none");
  expect(await stage.world.files.exists(`${HOME}/.graph-mgr/operations/20260101T000000Z-test-000000/dump`)).toBe(false);
});
