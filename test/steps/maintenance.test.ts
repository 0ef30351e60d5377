import { expect, it } from "vitest";
import { maintenanceDown, maintenanceUp } from "../../src/steps/index.ts";
import { pageInput } from "../simulator/maintenance.ts";
import { HOME } from "../simulator/scenario.ts";
import type { SimContainer } from "../simulator/state.ts";
import { failsWith, installed, NAME, OPERATION, oneStep, SLUG } from "./one-step.ts";

const PAGE = `graph-mgr-${SLUG}-maintenance`;
const PORT = 80;

/** A host on which the front is stopped, with what the steps are told. */
async function frontStopped() {
  const stage = await installed();
  const { engine, ports } = stage.world;
  const input = await pageInput(stage, (await stage.facts(NAME)).record, OPERATION);
  const containers = () => [...stage.machine.state.containers.values()];
  const front = containers().find(({ name }) => name === `${SLUG}-caddy-1`)!;
  await engine.stop([front.id], 5);
  return {
    stage,
    engine,
    front,
    up: maintenanceUp.step(input),
    down: maintenanceDown.step(input),
    page: (): SimContainer | undefined => containers().find(({ name }) => name === PAGE),
    ask: () => ports.ask({ port: PORT, tls: false, path: "/caddy/health/" }),
  };
}

it("RULES 35 the page answers 503 with Retry-After on the front's port, as a labelled container of no project", async () => {
  const { stage, up, page, ask } = await frontStopped();
  expect(await ask()).toBeNull();
  await oneStep(stage, up).run();
  expect(await ask()).toEqual({ status: 503, retryAfter: "30", server: "Caddy" });
  expect(page()).toMatchObject({
    labels: { "graph-mgr.home": HOME, "graph-mgr.operation": OPERATION, "graph-mgr.instance": SLUG },
    policy: "unless-stopped",
    ports: [{ host: PORT, container: 80, address: "0.0.0.0" }],
  });
  expect(Object.keys(page()!.labels)).toHaveLength(3);
});

it("F17 is refused while the front still has its port, and says who has it", async () => {
  const { stage, up, engine, front, page, ask } = await frontStopped();
  await engine.start([front.id]);
  const step = oneStep(stage, up);
  await expect(step.run()).rejects.toThrow(failsWith("PORT_TAKEN", `Port 80, on which the maintenance page of ${NAME}`));
  await expect(step.run()).rejects.toThrow(failsWith("PORT_TAKEN", `is in use by ${SLUG}-caddy-1.`));
  expect(page()).toBeUndefined();
  await step.undo();
  stage.machine.state.clockMs += 1000;
  expect(await ask()).toMatchObject({ status: 200 });
});

it("a page of another operation is left alone, going forward and back", async () => {
  const { stage, up, down, page } = await frontStopped();
  await oneStep(stage, up).run();
  const labels = { ...page()!.labels, "graph-mgr.operation": "another" };
  stage.machine.state.containers.set(page()!.id, { ...page()!, labels });
  const step = oneStep(stage, up);
  await expect(step.run()).rejects.toThrow(failsWith("EXISTS", `There is already a container ${PAGE} (running)`));
  await step.undo();
  await oneStep(stage, down).run();
  expect(page()?.labels).toEqual(labels);
});

it("a page that is seen to be gone when a run goes on is put up again", async () => {
  const { stage, up, page, engine, ask } = await frontStopped();
  const step = oneStep(stage, up);
  await step.run();
  await engine.removeContainer(page()!.id);
  await step.run();
  expect(await ask()).toMatchObject({ status: 503 });
});

it("sweeping helpers leaves the page of an unfinished operation where it is", async () => {
  const { stage, up, engine, ask } = await frontStopped();
  await oneStep(stage, up).run();
  await engine.sweep(HOME);
  expect(await ask()).toMatchObject({ status: 503 });
});

it("a page that does not answer is no page: it fails, says what was seen, and goes", async () => {
  const { stage, up, page, ask } = await frontStopped();
  const broken = { ...up, input: { ...(up.input as object), caddyfile: "http://:80 {\n\trespond `all is well` 200\n}\n" } };
  const step = oneStep(stage, broken);
  await expect(step.run()).rejects.toThrow(
    failsWith("MAINTENANCE_DOWN", `The maintenance page of ${NAME} does not come up; last seen: port 80: status 200.`),
  );
  await step.undo();
  expect([page(), await ask()]).toEqual([undefined, null]);
});

it("where it is optional one that does not come up is given up, said, and not waited for again", async () => {
  const { stage, up, down, page, ask } = await frontStopped();
  const input = { ...(up.input as object), isOptional: true, caddyfile: "http://:80 {\n\trespond `all is well` 200\n}\n" };
  const step = oneStep(stage, { ...up, input });
  await step.run();
  expect([page(), await ask()]).toEqual([undefined, null]);
  expect(step.said.join()).toContain(
    "visitors see no maintenance page meanwhile: The maintenance page of v2.22.2 does not come up",
  );
  const said = step.said.length;
  await step.run();
  expect(step.said).toHaveLength(said);
  await oneStep(stage, { ...down, input }).run();
  await step.undo();
  // After the way back it is tried anew.
  await oneStep(stage, { ...up, input: { ...(up.input as object), isOptional: true } }).run();
  expect(await ask()).toMatchObject({ status: 503 });
});

it("taking it down frees the port, and undoing that puts it up again as it was", async () => {
  const { stage, up, down, page, ask } = await frontStopped();
  await oneStep(stage, up).run();
  const before = page()!;
  const step = oneStep(stage, down);
  await step.run();
  expect([page(), await ask()]).toEqual([undefined, null]);
  await step.undo();
  expect(await ask()).toMatchObject({ status: 503 });
  const { labels, mounts, ports, policy, command } = page()!;
  expect(before).toMatchObject({ labels, mounts, ports, policy, command });
});

it("the way back does not end at a page that cannot be put up again", async () => {
  const { stage, up, down, engine, front, page } = await frontStopped();
  await oneStep(stage, up).run();
  const step = oneStep(stage, down);
  await step.run();
  await engine.start([front.id]);
  await step.undo();
  expect(page()).toBeUndefined();
  expect(step.said.join()).toMatch(/the maintenance page does not come up again: Port 80, .* is in use by v2_22_2-caddy-1/);
});
