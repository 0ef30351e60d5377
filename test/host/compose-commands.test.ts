import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Command } from "../../src/host/command.ts";
import { createCompose } from "../../src/host/compose.ts";
import type { RunOptions } from "../../src/host/exec.ts";

it("F13 Compose is never told yes, has nobody to ask, and pulls and builds nothing on its own", async () => {
  const seen: { readonly command: Command; readonly options: RunOptions }[] = [];
  const compose = createCompose(
    {
      run: async (command, options = {}) => {
        seen.push({ command, options });
        return "";
      },
      feed: async () => {
        throw new Error("Compose was given something to read");
      },
      pipe: async function* () {},
      attach: async () => {
        throw new Error("Compose was given the terminal");
      },
    },
    "/nowhere",
  );
  await compose.up({ name: "v2_22_2", dir: "/srv/v2.22.2", envFiles: [] }, ["postgres"]);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.command.args.join(" ")).toBe(
    "compose --project-name v2_22_2 --project-directory /srv/v2.22.2 --ansi never up --detach --no-build --pull never postgres",
  );
  await compose.up({ name: "v2_22_2", dir: "/srv/v2.22.2", envFiles: [] }, ["web"], { recreate: true });
  expect(seen.pop()?.command.args.slice(-3)).toEqual(["never", "--force-recreate", "web"]);
  expect(seen[0]?.options.input).toBeUndefined();
});

it("says what to do when the engine has no addresses left for another network", async () => {
  const said =
    "docker compose up exited 1:\n Network v1_default  Creating\nfailed to create network v1_default: Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network";
  const compose = createCompose(
    {
      run: async () => {
        throw new OperatorError("COMMAND_FAILED", said);
      },
      feed: async () => "",
      pipe: async function* () {},
      attach: async () => 0,
    },
    "/nowhere",
  );
  await expect(compose.up({ name: "v1", dir: "/srv/v1", envFiles: [] }, [])).rejects.toMatchObject({
    code: "LAUNCH_FAILED",
    hint: expect.stringMatching(/^docker network ls .*default-address-pools/),
  });
});

it("says what Compose cannot read with the paths that the bundle has", async () => {
  const compose = createCompose(
    {
      run: async ({ cwd = "" }) => {
        const missing = join(cwd, "../x.env");
        throw new OperatorError(
          "COMMAND_FAILED",
          `\`docker compose config\` ended with code 1: ${cwd}/a.yml: ${missing} not found`,
        );
      },
      feed: async () => "",
      pipe: async function* () {},
      attach: async () => 0,
    },
    tmpdir(),
  );
  await expect(compose.resolveTexts("v1", [], { "docker-compose.yml": "" })).rejects.toMatchObject({
    code: "COMPOSE_UNREADABLE",
    message: "Compose cannot read the compose files: a.yml: ../x.env not found",
    hint: expect.stringContaining("docker compose config -q"),
  });
});

it("asks for hashes with env files resolved, by standard input, and for none where Compose fails", async () => {
  const fed: { args: readonly string[]; text: string }[] = [];
  const hash = "0".repeat(64);
  const executor = (run: () => Promise<string>) => ({
    run,
    feed: async ({ args }: Command, source: AsyncIterable<unknown>) => {
      let text = "";
      for await (const chunk of source) text += String(chunk);
      fed.push({ args, text });
      return `web ${hash}`;
    },
    pipe: async function* () {},
    attach: async () => 0,
  });
  const project = { name: "v1", dir: "/nowhere", envFiles: ["custom.env"] };
  const asked = createCompose(
    executor(async () => "{}"),
    "/nowhere",
  );
  expect(await asked.hashes(project)).toEqual({ web: hash });
  expect(fed).toEqual([
    { args: "compose --project-name v1 --project-directory /nowhere --file - config --hash *".split(" "), text: "{}" },
  ]);
  const failing = createCompose(
    executor(async () => {
      throw new OperatorError("COMMAND_FAILED", "no");
    }),
    "/nowhere",
  );
  expect(await failing.hashes(project)).toBeNull();
});
