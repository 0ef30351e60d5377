import { expect, it } from "vitest";
import { planBackup } from "../../src/operations/backup.ts";
import { planMigrate } from "../../src/operations/migrate.ts";
import { planLaunch } from "../../src/operations/run-instance.ts";
import { describePlan } from "../../src/plan/plan.ts";
import { kinds } from "../../src/steps/index.ts";
import { type MigrateFacts, surveyMigrate } from "../../src/survey/migrate.ts";
import { templates } from "../simulator/maintenance.ts";
import { occasion, type Stage } from "../simulator/scenario.ts";
import { installed, NAME } from "../steps/one-step.ts";

const there = { target: { user: "root", host: "far", port: null }, identity: null, knownHosts: null, home: null };
const REQUEST = { keepSource: false, ports: [], address: "http://far/" };

async function factsOf(stage: Stage): Promise<MigrateFacts> {
  const { facts } = await stage.facts(NAME);
  return await surveyMigrate(stage.world, facts, there, { window: templates, moved: templates });
}

it("what takes long and can be is done while the source serves, and it serves there last", async () => {
  const plan = planMigrate(await factsOf(await installed()), REQUEST, occasion());
  expect(plan.steps.map(({ kind }) => kind)).toEqual([
    "migrate.install",
    "migrate.images",
    "migrate.ahead",
    "instance.quiet",
    "maintenance.up",
    "database.dump",
    "instance.quiet",
    "migrate.send",
    "migrate.open",
    "migrate.commit",
    "migrate.note",
    "maintenance.down",
    "maintenance.up",
    "database.drop-dump",
  ]);
  expect(describePlan(plan, kinds)).toContain("Launch v2.22.2 on root@far, and see it healthy");
});

it("a clone never stops its source, and can always be taken back", async () => {
  const plan = planMigrate(await factsOf(await installed()), { ...REQUEST, keepSource: true }, occasion());
  const found = plan.steps.map(({ kind }) => kind);
  expect(found).toEqual([
    "migrate.install",
    "migrate.images",
    "database.dump",
    "migrate.send",
    "migrate.open",
    "database.drop-dump",
  ]);
  expect(plan.notes.join("\n")).toContain("v2.22.2 is never stopped");
});

const other = (facts: MigrateFacts, over: Partial<MigrateFacts["facts"]>): MigrateFacts => ({
  ...facts,
  facts: { ...facts.facts, ...over },
});

it("everything that stands against it is told before anything is changed", async () => {
  const facts = await factsOf(await installed());
  const codeOf = (given: MigrateFacts, request = REQUEST) => {
    try {
      planMigrate(given, request, occasion());
      return null;
    } catch (error) {
      return (error as { code: string; hint?: string }).hint === undefined ? "no hint" : (error as { code: string }).code;
    }
  };
  const { engine } = facts.facts;
  expect(codeOf(facts)).toBeNull();
  expect(codeOf(other(facts, { engine: { ...engine, architecture: "aarch64" } }))).toBe("OTHER_ARCHITECTURE");
  expect(codeOf(other(facts, { engine: { ...engine, imageStore: "containerd" } }))).toBe("OTHER_IMAGE_STORE");
  expect(codeOf(other(facts, { engine: { ...engine, version: "19.03.1" } }))).toBe("ENGINE_TOO_OLD");
  expect(codeOf(other(facts, { engine: { ...engine, compose: "2.20.0" } }))).toBe("COMPOSE_TOO_OLD");
  expect(codeOf(other(facts, { unfinished: "The update of v2.22.2 is not finished." }))).toBe("UNFINISHED");
  expect(codeOf(other(facts, { freeBytes: 1000 }))).toBe("NO_ROOM");
  expect(codeOf(other(facts, { takenPorts: [{ port: 80, by: "nginx" }] }))).toBe("PORT_TAKEN");
  expect(
    codeOf(other(facts, { takenPorts: [{ port: 80, by: "nginx" }] }), { ...REQUEST, ports: ["--http-port", "8080"] as never }),
  ).toBeNull();
  expect(codeOf({ ...facts, clockMs: 600_000 })).toBe("CLOCKS_DIFFER");
  expect(codeOf({ ...facts, backup: { ...facts.backup, outside: ["/srv/cache"] } })).toBe("NOT_MOVABLE");
  const [container] = facts.backup.instance.containers;
  expect(codeOf(other(facts, { containers: [container!.id] }))).toBe("SAME_ENGINE");
  expect(() => planMigrate(other({ ...facts, clockMs: -600_000 }, { freeBytes: 1 }), REQUEST, occasion())).toThrow(
    /2 things stand against it/,
  );
});

it("what does not run is not moved", async () => {
  const stage = await installed();
  await stage.stop(NAME);
  const facts = await factsOf(stage);
  expect(() => planMigrate(facts, REQUEST, occasion())).toThrow(expect.objectContaining({ code: "NOT_RUNNING" }));
});

it("what has moved is not moved once more, and a backup of it says that it is an old one", async () => {
  const stage = await installed();
  await stage.carryOut(planMigrate(await factsOf(stage), REQUEST, occasion()));
  const facts = await factsOf(stage);
  expect(() => planMigrate(facts, REQUEST, occasion())).toThrow(expect.objectContaining({ code: "MOVED_AWAY" }));
  const { notes } = planBackup(facts.backup, { compression: null, withImages: false, stopSource: false, lock: null }, occasion());
  expect(notes).toContainEqual(
    expect.stringMatching(/^v2\.22\.2 has moved to .*; what was written there since is not in the backup$/),
  );
});

it("what has moved is not launched by mistake", async () => {
  const stage = await installed();
  await stage.carryOut(planMigrate(await factsOf(stage), REQUEST, occasion()));
  const { facts } = await stage.facts(NAME);
  expect(facts.record.movedTo).toBe("root@far (http://far/)");
  expect(facts.takenPorts).toEqual([]);
  expect(() => planLaunch(facts, occasion())).toThrow(expect.objectContaining({ code: "MOVED_AWAY" }));
  await stage.carryOut(planLaunch(facts, occasion(), true));
  const again = (await stage.facts(NAME)).facts;
  expect([again.record.movedTo, again.leftPages]).toEqual([null, []]);
});
