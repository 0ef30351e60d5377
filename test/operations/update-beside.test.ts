import { beforeEach, expect, it } from "vitest";
import type { Resolutions } from "../../src/domain/merge-result.ts";
import { planUpdate } from "../../src/operations/update.ts";
import { surveyUpdate } from "../../src/survey/update.ts";
import { templates } from "../simulator/maintenance.ts";
import { described } from "../simulator/sample.ts";
import { HOME, occasion, Stage } from "../simulator/scenario.ts";

/** What the administrator added to an instance comes along, or is named. */

const OLD = `${HOME}/releases/v2.22.2`;
const NEW = `${HOME}/releases/v2.23.0`;

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.install("v2.22.2");
  stage.use("v2_22_2", OLD);
});

const edit = async (path: string, from: string, to: string) => {
  const text = (await stage.world.files.read(`${OLD}/${path}`)) ?? "";
  expect(text).toContain(from);
  await stage.world.files.write(`${OLD}/${path}`, text.replace(from, to));
};

async function look(resolve: Resolutions = {}) {
  const { record } = await stage.facts("v2.22.2");
  const contents = await stage.world.bundles.read("/bundles/v2.23.0.tar.gz", () => {});
  const ask = { home: HOME, source: record, contents, release: undefined, resolve, templates };
  return await surveyUpdate(stage.world, ask, described);
}

const planOf = ({ facts }: Awaited<ReturnType<typeof look>>) => {
  const request = {
    method: "dump",
    reasons: [],
    shareBinds: [],
    acknowledged: [],
    healthTimeoutSeconds: null,
    backup: false,
  } as const;
  return planUpdate([{ facts, request }], occasion());
};

async function update(resolve: Resolutions = {}) {
  const found = await look(resolve);
  const plan = planOf(found);
  await stage.carryOut(plan, found.texts);
  return plan;
}

it("a folder that an edit of the compose file mounts comes along, owners and modes as they are", async () => {
  await edit(
    "docker-compose.yml",
    "volumes: [ ./data:/opt/data ]",
    "volumes: [ ./data:/opt/data, ./own/plugins:/opt/plugins:ro ]",
  );
  stage.sim.disk.makeFolder(`${OLD}/own/plugins`, 0o755);
  stage.sim.disk.write(`${OLD}/own/plugins/one.so`, Buffer.from("one"), 0o640);
  stage.sim.disk.own(`${OLD}/own/plugins/one.so`, { uid: 1000, gid: 1000 });
  const { notes } = await update();
  expect(notes).toContain("own/plugins is yours and is carried as it is.");
  expect(stage.sim.disk.node(`${NEW}/own/plugins/one.so`)).toMatchObject({ mode: 0o640, uid: 1000 });
  expect(await stage.world.files.read(`${NEW}/docker-compose.yml`)).toContain("./own/plugins:/opt/plugins:ro");
});

it("a compose file of his own comes along as it is, readable for whom it was", async () => {
  const text = "services: { nexus: { environment: { PLUGINS: on } } }\n";
  await stage.world.files.write(`${OLD}/docker-compose.override.yml`, text, 0o644);
  const { notes } = await update();
  expect(notes).toContain("docker-compose.override.yml is yours and is carried.");
  expect(await stage.world.files.read(`${NEW}/docker-compose.override.yml`)).toBe(text);
  expect(await stage.world.files.mode(`${NEW}/docker-compose.override.yml`)).toBe(0o644);
});

it("what was in a volume that was added after the installation is in the new one", async () => {
  await edit("docker-compose.yml", "volumes: [ ./data:/opt/data ]", 'volumes: [ ./data:/opt/data, "plugins:/opt/plugins" ]');
  await edit("docker-compose.yml", "volumes:\n", "volumes:\n  plugins: {}\n");
  await stage.launch("v2.22.2");
  const volume = stage.machine.state.volumes.get("v2_22_2_plugins")!;
  stage.machine.state.volumes.set("v2_22_2_plugins", { ...volume, content: { "one.so": "one" } });
  await update({ "docker-compose.yml": "mine" });
  expect(stage.machine.state.volumes.get("v2_23_0_plugins")?.content).toEqual({ "one.so": "one" });
});

it("what stays behind is named: files that nobody knows, and volumes without a name", async () => {
  await stage.world.files.write(`${OLD}/notes.txt`, "remember\n");
  const { notes } = planOf(await look());
  expect(notes).toContain(`Stays behind in ${OLD}, unless the new release brings it: notes.txt.`);
  expect(notes).toContain("cache keeps /data in a volume without a name, which does not come along");
});
