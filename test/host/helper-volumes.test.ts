import { expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Command } from "../../src/host/command.ts";
import { createHelpers } from "../../src/host/helper-container.ts";

it("F15 no container is started for a volume that is not there, because Docker would make an empty one", async () => {
  const started: Command[] = [];
  const executor = {
    run: async ({ args }: Command) => {
      if (args[0] === "volume") throw new OperatorError("COMMAND_FAILED", "Error: No such volume: misspelt");
      return '["sha256:1",null]';
    },
    feed: async (command: Command) => {
      started.push(command);
      return "";
    },
    pipe: async function* () {},
    attach: async () => 0,
  };
  const helpers = createHelpers(executor, () => ({ home: "/srv/home", operation: null }));
  const volumes = [{ name: "misspelt", at: "/graph-mgr/source", writable: false }];
  const work = helpers.run({ purpose: "digest", title: "Reading", image: "sha256:1", script: "true", volumes });
  await expect(work).rejects.toThrow(expect.objectContaining({ code: "NO_VOLUME" }));
  expect(started).toEqual([]);
});
