import { expect, it } from "vitest";
import { enterContainer, showCommand } from "../../src/host/command.ts";

it("F72 a program in a container gets its secrets by the environment, and no list of arguments shows them", () => {
  const command = enterContainer("c0ffee", ["psql", "--no-password"], { PGUSER: "app", PGPASSWORD: "canary-118" }, true);
  expect(command.args).toEqual([
    "exec",
    "--interactive",
    "--tty",
    "--env=PGUSER",
    "--env=PGPASSWORD",
    "c0ffee",
    "psql",
    "--no-password",
  ]);
  expect(command.env).toEqual({ PGUSER: "app", PGPASSWORD: "canary-118" });
  expect(showCommand(command)).not.toContain("canary");
});

it("a program that is fed by a pipe gets no terminal", () => {
  expect(enterContainer("c0ffee", ["psql"], {}, false).args).toEqual(["exec", "--interactive", "c0ffee", "psql"]);
});
