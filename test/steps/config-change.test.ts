import { expect, it } from "vitest";
import { textDigest } from "../../src/domain/text-digest.ts";
import { keepVersion, writeConfig } from "../../src/steps/index.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { failsWith, someSteps } from "./one-step.ts";

const DIR = "/srv/instance";
const ATTIC = `${HOME}/.graph-mgr/attic`;
const [OLD, NEW, BY_HAND] = ["A=1\n", "A=2\n", "A=3 # by hand\n"] as const;

async function prepared(path: string, text: string | null) {
  const stage = new Stage();
  const { files } = stage.world;
  if (text !== null) await files.write(`${DIR}/${path}`, text, 0o640);
  await files.write("/srv/answers.json", JSON.stringify({ [path]: NEW }), 0o600);
  const before = textDigest(text);
  const write = { instance: "v1", dir: DIR, path, before, after: textDigest(NEW), answers: "/srv/answers.json", attic: ATTIC };
  const keep = keepVersion.step({ dir: DIR, path, digest: before, attic: ATTIC });
  return { files, steps: someSteps(stage, text === null ? [writeConfig.step(write)] : [keep, writeConfig.step(write)]) };
}

it("keeps what was there, writes, and puts it back with its mode", async () => {
  const { files, steps } = await prepared(".env", OLD);
  await steps.run();
  expect(await files.read(`${DIR}/.env`)).toBe(NEW);
  expect(await files.read(`${ATTIC}/${textDigest(OLD)}`)).toBe(OLD);
  expect(await files.mode(`${DIR}/.env`)).toBe(0o640);
  expect(await steps.undo()).toEqual([]);
  expect(await files.read(`${DIR}/.env`)).toBe(OLD);
  expect(await files.mode(`${DIR}/.env`)).toBe(0o640);
  expect(await files.exists(ATTIC)).toBe(false);
});

it("takes away again what was not there, with its folder", async () => {
  const { files, steps } = await prepared("data/config/custom.env", null);
  await steps.run();
  expect(await files.mode(`${DIR}/data/config/custom.env`)).toBe(0o600);
  await steps.undo();
  expect(await files.exists(`${DIR}/data`)).toBe(false);
});

it("overwrites nobody's edit on the way there", async () => {
  const { files, steps } = await prepared(".env", OLD);
  const { write } = files;
  // Somebody saves once the old version is kept.
  files.write = async (path, text, mode) => {
    await write(path, text, mode);
    if (path === `${ATTIC}/${textDigest(OLD)}`) await write(`${DIR}/.env`, BY_HAND);
  };
  await expect(steps.run()).rejects.toThrow(failsWith("CONFIG_CHANGED"));
  expect(await files.read(`${DIR}/.env`)).toBe(BY_HAND);
});

it("overwrites nobody's edit on the way back, and says so", async () => {
  const { files, steps } = await prepared(".env", OLD);
  await steps.run();
  await files.write(`${DIR}/.env`, BY_HAND);
  expect(await steps.undo()).toEqual([`${DIR}/.env was changed by somebody else meanwhile, and stays as it is.`]);
  expect(await files.read(`${DIR}/.env`)).toBe(BY_HAND);
});
