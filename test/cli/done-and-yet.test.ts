import { expect, it } from "vitest";
import { carryOut } from "../../src/cli/carry-out.ts";
import { newPlan } from "../../src/operations/plan-id.ts";
import { awaitHealth } from "../../src/steps/index.ts";
import { HOME, prepared } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

it("an update that visitors are answered by, and that is not healthy, is done, stays, and is no success", async () => {
  const stage = await prepared();
  const own = await stage.facts("v1.0.0");
  const { project, services, engine } = own.facts.record;
  const nexus = [...stage.machine.state.containers.values()].find(each => each.name === `${project}-nexus-1`)!;
  stage.machine.state.containers.set(nexus.id, { ...nexus, state: "exited", exitCode: 137 });
  const session = sessionOn(stage);
  const limits = { timeoutSeconds: 60, windowSeconds: 3, onlyTells: true };
  const plan = newPlan({
    id: "20260101T000000Z-update-000000",
    operation: "update",
    instance: "v1.0.0",
    home: HOME,
    engine,
    summary: "Update",
    notes: [],
    wayBack: "graph-mgr rollback",
    steps: [awaitHealth.step({ project, instance: "v1.0.0", services, ...limits })],
  });
  const intent = { command: "update", answers: {}, claimsEngine: false, isRoutine: true, onFailure: "undo" } as const;
  await expect(carryOut(session, { ...intent, makePlan: async () => plan })).rejects.toMatchObject({
    code: "NOT_HEALTHY",
    exit: 4,
    message: expect.stringMatching(
      /update of v1\.0\.0 is done, and visitors are answered\. But: nexus of v1\.0\.0 ended with code 137/,
    ),
    hint: expect.stringContaining("graph-mgr rollback"),
  });
  expect((await session.store.list()).at(-1)).toMatchObject({ plan: { id: plan.id }, outcome: "done" });
});
