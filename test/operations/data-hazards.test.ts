import { beforeEach, describe, expect, it } from "vitest";
import { instanceName } from "../../src/domain/names.ts";
import { createOperationStore } from "../../src/host/operation-store.ts";
import { planCopy } from "../../src/operations/copy.ts";
import { planRemove } from "../../src/operations/remove.ts";
import { planLaunch } from "../../src/operations/run-instance.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { runPlan, undoPlan } from "../../src/plan/runner.ts";
import { copyVolume, createVolume, kinds, launch, restoreDatabase } from "../../src/steps/index.ts";
import { surveyCopy } from "../../src/survey/copy.ts";
import { surveyInstall } from "../../src/survey/install.ts";
import { surveyRemove } from "../../src/survey/remove.ts";
import { described } from "../simulator/sample.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";

/** What each of the worst hazards needs in order to happen, tried on the simulated host. `test/mutations/` takes the guards away one by one. */

const NAME = "v2.22.2";
const SLUG = "v2_22_2";
const DIR = `${HOME}/releases/${NAME}`;
const PORTS = { http: undefined, https: undefined, ports: [] };

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
  stage.use(SLUG, DIR);
});

const code = (expected: string) => expect.objectContaining({ code: expected });
const context = (id = "20260102T000000Z-test-aaaaaa") => ({
  world: stage.world,
  operation: { id, home: HOME },
  progress: () => undefined,
  remark: () => undefined,
  signal: new AbortController().signal,
});
const containersOf = (project: string) =>
  [...stage.machine.state.containers.values()].filter(({ labels }) => labels["com.docker.compose.project"] === project);
const change = (volume: string, content: Readonly<Record<string, string>>) => {
  const old = stage.machine.state.volumes.get(volume)!;
  stage.machine.state.volumes.set(volume, { ...old, content: { ...old.content, ...content } });
};
const textOf = async (path: string): Promise<string> => (await stage.world.files.read(path)) ?? "";
const settingsOf = async (): Promise<readonly string[]> =>
  [...(await textOf(`${DIR}/.env`)).matchAll(/^(?:POSTGRES_PASSWORD|DJANGO_SECRET_KEY)=(.+)$/gm)].map(([, value]) => value!);

async function copyPlan(request: Partial<Parameters<typeof planCopy>[1]>): Promise<Plan> {
  const { record } = await stage.facts(NAME);
  const facts = await surveyCopy(stage.world, { home: HOME, source: record, name: "training", ports: PORTS, binds: {} });
  const usual = { data: "none", launch: true, stopSource: false, ...request } as const;
  return planCopy(facts, usual, occasion());
}

async function removePlan(request: Partial<Parameters<typeof planRemove>[1]>): Promise<Plan> {
  const { record, current } = await stage.facts(NAME);
  const facts = await surveyRemove(stage.world, record, HOME, current);
  return planRemove(facts, { volumes: false, confirm: undefined, current: true, ...request }, occasion());
}

it("a copy would have no database of its own where that is external", async () => {
  const text = await textOf(`${DIR}/docker-compose.yml`);
  await stage.world.files.write(`${DIR}/docker-compose.yml`, text.replace(/(postgres_data: \{ name: \w+)/, "$1, external: true"));
  for (const data of ["none", "dump"] as const) await expect(copyPlan({ data })).rejects.toEqual(code("DATABASE_EXTERNAL"));
});

describe("copying a database's volume", () => {
  const input = (id: string) => ({
    from: `${SLUG}_postgres_data`,
    to: "copied",
    helperImage: containersOf(SLUG)[0]!.image,
    content: "cluster" as const,
    proof: `${HOME}/.graph-mgr/operations/${id}/volume.json`,
  });
  const copied = async () => {
    const { operation } = context();
    const { name, key, ...rest } = { name: "copied", key: "data", project: "p", driver: "local", options: {} };
    await createVolume.do({ name, key, ...rest }, context(), { existed: false });
    await copyVolume.do(input(operation.id), context(), null);
  };

  it("F08 is not planned while the source runs", async () => {
    await expect(copyPlan({ data: "copy" })).rejects.toThrow(code("IS_RUNNING"));
  });

  it("F08 is refused by the step itself while a container has it, whatever was planned", async () => {
    await expect(copied()).rejects.toThrow(code("VOLUME_IN_USE"));
    await stage.stop(NAME);
    await stage.machine.state.volumes.delete("copied");
    await copied();
  });

  it("F09 is not planned when Postgres was not shut down cleanly", async () => {
    await stage.stop(NAME);
    await copyPlan({ data: "copy" });
    change(`${SLUG}_postgres_data`, { control: "in production" });
    await expect(copyPlan({ data: "copy" })).rejects.toThrow(code("NOT_SHUT_DOWN"));
  });

  it("F09 is refused by the step itself when Postgres was not shut down cleanly", async () => {
    await stage.stop(NAME);
    change(`${SLUG}_postgres_data`, { control: "in production" });
    await expect(copied()).rejects.toThrow(code("NOT_SHUT_DOWN"));
  });

  it("F14 goes only into a volume of this operation", async () => {
    await stage.stop(NAME);
    await stage.world.engine.createVolume({ name: "copied", driver: "local", options: {}, labels: {} });
    await expect(copyVolume.do(input(context().operation.id), context(), null)).rejects.toThrow(code("VOLUME_EXISTS"));
  });

  it("F15 of a volume that is not there makes none", async () => {
    await stage.stop(NAME);
    await createVolume.do({ name: "copied", key: "data", project: "p", driver: "local", options: {} }, context(), {
      existed: false,
    });
    const misspelt = { ...input(context().operation.id), from: `${SLUG}_postgres_dat`, content: "files" as const };
    await expect(copyVolume.do(misspelt, context(), null)).rejects.toThrow(code("NO_VOLUME"));
    expect([...stage.machine.state.volumes.keys()]).not.toContain(misspelt.from);
  });
});

describe("copying by a dump", () => {
  it("F01 is not planned while the database is down", async () => {
    await stage.stop(NAME);
    await expect(copyPlan({ data: "dump" })).rejects.toThrow(code("DATABASE_DOWN"));
  });

  it("F04 F05 fails when the copy lacks something that was dumped", async () => {
    const plan = await copyPlan({ data: "dump" });
    const { restore } = stage.world.postgres;
    stage.world.postgres.restore = async (...given) => {
      const proof = await restore(...given);
      return { ...proof, entries: Object.fromEntries(Object.entries(proof.entries).slice(1)) };
    };
    await expect(stage.carryOut(plan)).rejects.toThrow(/restored database differs/);
  });

  it("F17 has the database alone running until its content is proven", async () => {
    const { steps } = await copyPlan({ data: "dump" });
    const restored = steps.findIndex(({ kind }) => kind === restoreDatabase.kind);
    const before = steps.slice(0, restored).filter(({ kind }) => kind === launch.kind);
    expect(before.map(({ input }) => input)).toMatchObject([{ services: ["postgres"], all: false }]);
  });
});

describe("two instances", () => {
  const steal = () => {
    const [own] = containersOf(SLUG).filter(({ mounts }) => mounts.some(({ name }) => name === `${SLUG}_postgres_data`));
    const thief = { ...own!, id: "f".repeat(64), name: "thief", labels: { "com.docker.compose.project": "other" } };
    stage.machine.state.containers.set(thief.id, thief);
  };

  it("F10 never have one volume: a launch is refused while another project's container has it, even a stopped one", async () => {
    await stage.stop(NAME);
    steal();
    await expect(stage.launch(NAME)).rejects.toThrow(code("VOLUME_SHARED"));
    expect(containersOf(SLUG).filter(({ state }) => state === "running")).toEqual([]);
  });

  it("F10 never have one volume, also when it was taken after the launch was planned", async () => {
    await stage.stop(NAME);
    const plan = planLaunch((await stage.facts(NAME)).facts, occasion());
    steal();
    await expect(stage.carryOut(plan)).rejects.toThrow(code("VOLUME_SHARED"));
    expect(containersOf(SLUG).filter(({ state }) => state === "running")).toEqual([]);
  });

  it("F11 have projects of their own where Compose would give them one", () => {
    const slugs = ["v2.22.2", "v2.2.22", "v22.2.2"].map(release => instanceName(release, null).slug);
    expect(new Set(slugs).size).toBe(3);
  });

  it("F11 whose names come to one project are refused, by records of this home and by containers, volumes and networks", async () => {
    const claims = async () => {
      const contents = await stage.world.bundles.read("/bundles/v2.22.2.tar.gz", () => undefined);
      const texts = { ...contents.texts, VERSION: "v2.22+2\n" };
      const facts = await surveyInstall(
        stage.world,
        { home: HOME, contents: { ...contents, texts }, release: undefined, name: null, ports: PORTS, settings: {} },
        described,
      );
      return facts.claims;
    };
    const { volumes, networks, tags, containers } = stage.machine.state;
    for (const [name, { labels }] of [...volumes]) if (labels["com.docker.compose.project"] === SLUG) volumes.delete(name);
    for (const tag of [...tags.keys()]) if (tag.startsWith("graph-mgr/")) tags.delete(tag);
    networks.clear();
    const kept = [...containers];
    containers.clear();
    expect(await claims()).toEqual([`the instance ${NAME} has the project ${SLUG}`]);
    await stage.world.files.remove(`${HOME}/.graph-mgr/instances/${NAME}.json`);
    expect(await claims()).toEqual([]);
    for (const [id, container] of kept) containers.set(id, container);
    expect(await claims()).toHaveLength(1);
  });

  it("F14 do not share a volume that was there before: the new one is refused, and the volume is left alone", async () => {
    const plan = await copyPlan({ data: "none" });
    await stage.world.engine.createVolume({ name: `${SLUG}_training_postgres_data`, driver: "local", options: {}, labels: {} });
    await expect(stage.carryOut(plan)).rejects.toThrow(code("VOLUME_EXISTS"));
  });
});

describe("removing", () => {
  beforeEach(async () => {
    await stage.stop(NAME);
  });

  it("F12 deletes no volume unless asked to", async () => {
    const volumes = [...stage.machine.state.volumes.keys()];
    await stage.carryOut(await removePlan({}));
    expect([...stage.machine.state.volumes.keys()]).toEqual(volumes);
  });

  it("F12 deletes volumes only when the very name is typed", async () => {
    await expect(removePlan({ volumes: true })).rejects.toThrow(code("NEEDS_CONFIRM"));
    await expect(removePlan({ volumes: true, confirm: "v2.22" })).rejects.toThrow(code("NEEDS_CONFIRM"));
    await removePlan({ volumes: true, confirm: NAME });
  });

  it("F12 deletes no volume that somebody else's container has", async () => {
    const [own] = containersOf(SLUG).filter(({ mounts }) => mounts.some(({ name }) => name === `${SLUG}_postgres_data`));
    stage.machine.state.containers.set("f".repeat(64), { ...own!, id: "f".repeat(64), name: "other", labels: {} });
    await expect(removePlan({ volumes: true, confirm: NAME })).rejects.toThrow(code("VOLUME_SHARED"));
  });
});

describe("going back", () => {
  it("F19 takes away a volume only when it carries the operation's own label", async () => {
    const { undo } = createVolume;
    if (typeof undo !== "function") throw new Error("a volume cannot be undone");
    const input = { name: "somebodys", key: "data", project: "p", driver: "local", options: {} };
    await stage.world.engine.createVolume({ ...input, labels: { "com.docker.compose.project": "p" } });
    await undo(input, context(), { existed: false });
    expect([...stage.machine.state.volumes.keys()]).toContain("somebodys");
    await createVolume.do({ ...input, name: "ours" }, context(), { existed: false });
    await undo({ ...input, name: "ours" }, context("20260102T000001Z-test-bbbbbb"), { existed: false });
    expect([...stage.machine.state.volumes.keys()]).toContain("ours");
    await undo({ ...input, name: "ours" }, context(), { existed: false });
    expect([...stage.machine.state.volumes.keys()]).not.toContain("ours");
  });
});

it("F18 going back gives a tag that a load moved back to the image that had it", async () => {
  const { tags, listening } = stage.machine.state;
  const cache = tags.get("valkey:8");
  const plan = await stage.installPlan("v1.0.0");
  const store = createOperationStore(stage.sim.disk.disk, HOME);
  const journal = await store.open(plan, {});
  const signal = new AbortController().signal;
  const clearAway = async () => undefined;
  const run = { plan, journal, kinds, world: stage.world, on: () => undefined, signal, clearAway };
  // Somebody takes the port after the plan was made.
  const [port] = (plan.result?.ports ?? []) as readonly { readonly host: number }[];
  stage.machine.state = { ...stage.machine.state, listening: new Set([...listening, port?.host ?? 0]) };
  await expect(runPlan(run)).rejects.toThrow(/port is already allocated/);
  expect(stage.machine.state.tags.get("valkey:8")).not.toBe(cache);
  await undoPlan(run);
  expect(stage.machine.state.tags.get("valkey:8")).toBe(cache);
});

it("F16 what was stopped is not woken by the engine's restart", async () => {
  expect(containersOf(SLUG).some(({ policy }) => policy !== "no")).toBe(true);
  await stage.stop(NAME);
  expect(containersOf(SLUG).map(({ policy }) => policy)).toEqual(containersOf(SLUG).map(() => "no"));
});

it("F18 an instance launches the images that it was installed with, whatever their tags mean now", async () => {
  const images = () => containersOf(SLUG).map(({ labels, image }) => [labels["com.docker.compose.service"], image]);
  const before = images();
  expect(await textOf(`${DIR}/docker-compose.yml`)).not.toMatch(/image: (?!sha256:)/);
  const { tags, images: all } = stage.machine.state;
  const [stolen] = [...all.values()];
  all.set("sha256:new", { ...stolen!, id: "sha256:new" });
  for (const tag of [...tags.keys()]) if (!tag.startsWith("graph-mgr/")) tags.set(tag, "sha256:new");
  await stage.stop(NAME);
  await stage.launch(NAME);
  expect(images()).toEqual(before);
});

it("F72 no secret of an instance is in a plan or a journal", async () => {
  const secrets = await settingsOf();
  expect(secrets).toHaveLength(2);
  expect(secrets).not.toContain("password");
  const plan = await copyPlan({ data: "dump" });
  await stage.carryOut(plan);
  const store = createOperationStore(stage.sim.disk.disk, HOME);
  const written = [
    ...(await store.list()).map(entry => JSON.stringify(entry.plan)),
    JSON.stringify(await store.journal(plan.id).read()),
    JSON.stringify(await removePlanOfStopped()),
    await textOf(`${HOME}/.graph-mgr/instances/${NAME}.json`),
  ].join("\n");
  for (const secret of secrets) expect(written).not.toContain(secret);
});

async function removePlanOfStopped(): Promise<Plan> {
  await stage.stop(NAME);
  return await removePlan({});
}
