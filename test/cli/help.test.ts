import { describe, expect, it } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { HANDLERS } from "../../src/cli/handlers.ts";
import { commandHelp, optionText, programHelp } from "../../src/cli/help.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/surface/globals.ts";
import { COMMANDS, PROGRAM_EXAMPLES } from "../../src/cli/surface/index.ts";
import { widthOf } from "../../src/cli/text.ts";

const pages: readonly (readonly [string, string])[] = [
  ["graph-mgr", programHelp("0.0.0", 200)],
  ...COMMANDS.map(command => [command.name, commandHelp(command, 200)] as const),
];

describe.each(pages)("the help of %s", (_, text) => {
  it("fits 80 columns, however wide the terminal is", () => {
    expect(text.split("\n").filter(line => widthOf(line) > 80)).toEqual([]);
  });
  it("has examples first", () => {
    const at = (heading: string) => text.indexOf(heading);
    expect(at("Examples:")).toBeGreaterThan(0);
    for (const heading of ["Usage:", "Commands:", "Options"].filter(each => at(each) >= 0))
      expect(at("Examples:")).toBeLessThan(at(heading));
  });
});

it("the help of the program names every command and every global option", () => {
  const text = programHelp("0.0.0", 80);
  for (const { name } of COMMANDS) expect(text).toMatch(new RegExp(`^  ${name}\\b`, "m"));
  for (const option of GLOBAL_OPTIONS) expect(text).toContain(optionText(option));
});

it("the help of a command names each of its options, and every question's flag is one of them", () => {
  for (const command of COMMANDS) {
    const text = commandHelp(command, 80);
    for (const option of command.options) expect(text).toContain(optionText(option));
    for (const { flag } of command.questions ?? []) {
      if (flag === "(none)") continue;
      const known = [...command.options, ...GLOBAL_OPTIONS].some(({ name }) => flag === `--${name}`);
      const isPositional = command.positionals.some(({ name }) => flag === name.toUpperCase());
      expect(known || isPositional, `${command.name}: ${flag}`).toBe(true);
    }
  }
});

it("every example is a command line that is understood", () => {
  for (const [line] of [...PROGRAM_EXAMPLES, ...COMMANDS.flatMap(({ examples }) => examples)])
    expect(readArguments(line.split(" ")).what, line).toBe("run");
});

it("every command has a handler, and every handler a command", () => {
  expect(Object.keys(HANDLERS).sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});
