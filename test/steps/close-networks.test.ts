import { expect, it } from "vitest";
import { closeNetworks } from "../../src/steps/index.ts";
import type { Stage } from "../simulator/scenario.ts";
import { failsWith, installed, NAME, oneStep, PROJECT } from "./one-step.ts";

const step = async (stage: Stage) => {
  const { networks = {} } = await stage.world.compose.resolve(PROJECT);
  expect(Object.keys(networks)).not.toEqual([]);
  return closeNetworks.step({ project: PROJECT, instance: NAME, networks: Object.keys(networks) });
};
const env = async (stage: Stage) => (await stage.world.files.read(`${PROJECT.dir}/.env`)) ?? "";
const composeFile = async (stage: Stage) => /^COMPOSE_FILE=(.*)$/m.exec(await env(stage))?.[1];

it("lets every network lead nowhere, and changes nothing else", async () => {
  const stage = await installed();
  const [before, text] = [await stage.world.compose.resolve(PROJECT), await env(stage)];
  await oneStep(stage, await step(stage)).run();
  const { networks, ...after } = await stage.world.compose.resolve(PROJECT);
  // An env file that is handed to the containers hands them this key, too, as it does the project's name.
  const said = JSON.stringify({ ...before, networks: {} }).replaceAll(
    '"COMPOSE_PROJECT_NAME":',
    '"COMPOSE_FILE":"docker-compose.yml:graph-mgr-closed-networks.yml","COMPOSE_PROJECT_NAME":',
  );
  expect({ ...after, networks: {} }).toEqual(JSON.parse(said));
  expect(Object.values(networks ?? {}).map(({ internal }) => internal)).toEqual(
    Object.keys(before.networks ?? {}).map(() => true),
  );
  expect(await composeFile(stage)).toBe("docker-compose.yml:graph-mgr-closed-networks.yml");
  expect((await env(stage)).split("\n").filter(line => !line.startsWith("COMPOSE_FILE="))).toEqual(text.split("\n"));
});

it("keeps the files that the instance names itself, and names its own once, also when it is gone on with", async () => {
  const stage = await installed();
  const own = `${PROJECT.dir}/graph-mgr-closed-networks.yml`;
  await stage.world.files.write(
    `${PROJECT.dir}/.env`,
    `${await env(stage)}COMPOSE_FILE=docker-compose.yml:graph-mgr-closed-networks.yml\n`,
  );
  // Cut off before what the file says was on the disk.
  await stage.world.files.write(own, "networks: {}\n");
  await oneStep(stage, await step(stage)).run();
  expect(await composeFile(stage)).toBe("docker-compose.yml:graph-mgr-closed-networks.yml");
  const { networks } = await stage.world.compose.resolve(PROJECT);
  expect(Object.values(networks ?? {}).every(({ internal }) => internal === true)).toBe(true);
});

it("fails where Compose does not see them so", async () => {
  const stage = await installed();
  const closing = await step(stage);
  const model = await stage.world.compose.resolve(PROJECT);
  stage.world.compose.resolve = async () => model;
  await expect(oneStep(stage, closing).run()).rejects.toThrow(failsWith("NOT_EXACT", "cannot be closed"));
});
