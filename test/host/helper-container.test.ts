import { expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Command } from "../../src/host/command.ts";
import type { Executor, RunOptions } from "../../src/host/exec.ts";
import { createHelpers, type Helper, helperRun, LIFELINE } from "../../src/host/helper-container.ts";

const helper: Helper = {
  purpose: "copy",
  title: "Copying the volume a",
  image: "sha256:1",
  script: "work",
  args: ["--odd; $(arg)"],
};
const scope = { home: "/srv/graphistry", operation: "op-1" };
const image = { id: "sha256:1", volumePaths: [] };

it("F81 F84 a helper's command line is the whole policy", () => {
  const volumes = [
    { name: "a", at: "/graph-mgr/source", writable: false },
    { name: "b", at: "/graph-mgr/target", writable: true },
  ];
  const { program, args } = helperRun({ ...helper, volumes, capabilities: ["CHOWN"] }, scope, "graph-mgr-op-1-copy-x", image);
  expect([program, ...args]).toEqual([
    "docker",
    "run",
    "--rm",
    "--interactive",
    "--name=graph-mgr-op-1-copy-x",
    "--label=graph-mgr.home=/srv/graphistry",
    "--label=graph-mgr.operation=op-1",
    "--label=graph-mgr.helper=copy",
    "--pull=never",
    "--network=none",
    "--user=0:0",
    "--read-only",
    "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=512m,mode=1777",
    "--cap-drop=ALL",
    "--cap-add=CHOWN",
    "--security-opt=no-new-privileges",
    "--pids-limit=256",
    "--memory=2g",
    "--log-driver=none",
    "--no-healthcheck",
    "--workdir=/",
    "--mount=type=volume,source=a,target=/graph-mgr/source,readonly,volume-nocopy",
    "--mount=type=volume,source=b,target=/graph-mgr/target,volume-nocopy",
    "--entrypoint=sh",
    "sha256:1",
    "-c",
    LIFELINE,
    "helper",
    "sh",
    "-c",
    "work",
    "copy",
    "--odd; $(arg)",
  ]);
});

it("a path with commas and quotes stays one path, and an image's own volumes become scratch", () => {
  const { args } = helperRun(
    { ...helper, folders: [{ path: '/srv/a,b "c"', at: "/graph-mgr/source", writable: false }] },
    { ...scope, operation: null },
    "n",
    { id: "sha256:1", volumePaths: ["/var/lib/data", "/graph-mgr/source"] },
  );
  expect(args).toContain('--mount=type=bind,"source=/srv/a,b ""c""",target=/graph-mgr/source,readonly');
  expect(args).toContain("--label=graph-mgr.operation=");
  expect(args.filter(each => each.startsWith("--tmpfs=/") && !each.startsWith("--tmpfs=/tmp"))).toEqual([
    "--tmpfs=/var/lib/data:rw,noexec,nosuid,nodev,size=1m",
  ]);
});

/** Says yes to questions, and to `docker run` what it is told. */
function fakeExecutor(answer: (command: Command, input: string) => string) {
  const commands: Command[] = [];
  const options: RunOptions[] = [];
  const executor: Executor = {
    async run(command) {
      commands.push(command);
      return command.args[0] === "image" ? '["sha256:1",null]' : "";
    },
    async feed(command, source, given = {}) {
      commands.push(command);
      options.push(given);
      return answer(command, String(source.read() ?? ""));
    },
    async *pipe() {},
    attach: () => Promise.resolve(0),
  };
  return { executor, commands, options };
}

it("F25 two helpers that write to one thing have one name, so that Docker refuses the second; readers never meet", async () => {
  const names: (string | undefined)[] = [];
  const { executor } = fakeExecutor(command => {
    names.push(command.args.find(arg => arg.startsWith("--name=")));
    return "";
  });
  const helpers = createHelpers(executor, () => scope);
  for (const writesTo of ["v1", "v1", "v2"]) await helpers.run({ ...helper, writesTo });
  for (const purpose of ["digest", "digest"]) await helpers.run({ ...helper, purpose });
  expect(names[0]).toMatch(/^--name=graph-mgr-op-1-copy-[0-9a-f]{12}$/);
  expect(names[1]).toBe(names[0]);
  expect(new Set(names).size).toBe(4);
});

it("F71 the password goes through the pipe alone, and is hidden in errors", async () => {
  let fed = "";
  const { executor, commands, options } = fakeExecutor((_, input) => {
    fed = input;
    return "";
  });
  await createHelpers(executor, () => scope).run({ ...helper, password: "canary $x" });
  expect(fed).toBe("canary $x\n");
  expect(JSON.stringify(commands)).not.toContain("canary");
  expect(options[0]?.secrets).toEqual(["canary $x"]);
});

it("a failure is told by what was to be done and what went wrong, and its container removed", async () => {
  const { executor, commands } = fakeExecutor(() => {
    throw new OperatorError("COMMAND_FAILED", "`docker run --rm ...` ended with code 1: cp: no space left");
  });
  await expect(createHelpers(executor, () => scope).run(helper)).rejects.toThrow(
    "Copying the volume a failed: cp: no space left",
  );
  expect(commands.at(-1)?.args.slice(0, 3)).toEqual(["rm", "--force", "--"]);
});

it("F25 a helper that is already at work is left alone", async () => {
  const { executor, commands } = fakeExecutor(() => {
    throw new OperatorError(
      "COMMAND_FAILED",
      '`docker run` ended with code 125: Conflict. The container name "/x" is already in use by container "1".',
    );
  });
  await expect(createHelpers(executor, () => scope).run({ ...helper, writesTo: "v" })).rejects.toThrow(
    "Copying the volume a is already under way in another helper container.",
  );
  expect(commands.map(each => each.args[0])).not.toContain("rm");
});
