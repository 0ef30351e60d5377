import { beforeEach, expect, it } from "vitest";
import { runInstance } from "../../src/cli/commands/run-instance.ts";
import { surveyCaddyfiles } from "../../src/survey/caddyfiles.ts";
import { HOME, Stage } from "../simulator/scenario.ts";
import { sessionOn } from "./session-on.ts";

const NAME = "v2.22.2";
const CADDYFILE = `${HOME}/releases/${NAME}/Caddyfile`;

let stage: Stage;
beforeEach(async () => {
  stage = new Stage();
  await stage.install(NAME);
});

const session = () => sessionOn(stage, { print: () => undefined, note: () => undefined });
const write = (text: string) => stage.world.files.write(CADDYFILE, text, 0o644);
const running = () => [...stage.machine.state.containers.values()].filter(({ state }) => state === "running").length;

it.each(["restart", "launch"] as const)("%s is refused before anything stops where Caddy cannot read its file", async verb => {
  const up = running();
  await write(":80 {\n respond ok\n");
  await expect(runInstance(session(), verb, NAME)).rejects.toMatchObject({
    code: "CADDYFILE_INVALID",
    message: "The Caddy of caddy does not take this Caddyfile: unexpected end of file",
    hint: `mend what it names: graph-mgr config edit ${NAME} Caddyfile`,
  });
  expect(running()).toBe(up);
  expect(up).toBeGreaterThan(0);
  await write(":80 {\n respond ok\n}\n");
  await runInstance(session(), verb, NAME);
  expect(running()).toBe(up);
});

it("what Caddy reads and does not take, for a token perhaps that is not here, stops nobody", async () => {
  stage.world.caddy.check = async () => ({ verdict: "refused", say: "API token '' appears invalid" });
  await runInstance(session(), "restart", NAME);
  expect(running()).toBeGreaterThan(0);
});

it("where nobody is there, as when the machine starts, what can run does", async () => {
  await stage.stop(NAME);
  await write(":80 {\n");
  await runInstance(session(), "launch", NAME, false, false);
  expect(running()).toBeGreaterThan(0);
});

it("Caddy gets the settings that its file names, and of secrets only that there is one", async () => {
  await write("{$SITE:localhost} {\n header X {$API_TOKEN}\n respond {$OTHER}\n}\n");
  const { resolve } = stage.world.compose;
  stage.world.compose.resolve = async project => {
    const model = await resolve(project);
    const caddy = {
      ...model.services["caddy"],
      environment: { SITE: "a$$b.example", API_TOKEN: "hunter2", MORE: "x", OTHER: null },
    };
    return { ...model, services: { ...model.services, caddy } };
  };
  const asked: unknown[] = [];
  const { check } = stage.world.caddy;
  stage.world.caddy.check = async job => {
    asked.push(job.environment);
    return await check(job);
  };
  const { record } = await stage.facts(NAME);
  expect(await surveyCaddyfiles(stage.world, record)).toEqual([
    { path: "Caddyfile", service: "caddy", verdict: "valid", say: "" },
  ]);
  expect(asked).toEqual([{ SITE: "a$b.example", API_TOKEN: "secret" }]);
});
