import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { optionText } from "../../src/cli/help.ts";
import { manPage } from "../../src/cli/man-page.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/surface/globals.ts";
import { COMMANDS } from "../../src/cli/surface/index.ts";
import { EXIT } from "../../src/errors.ts";

const root = join(import.meta.dirname, "../..");
const { version, man } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string; man: string };
const file = join(root, man);
const hasGroff = spawnSync("groff", ["--version"]).status === 0;
const set = () =>
  execFileSync("groff", ["-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=400n", file], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

it("man/graph-mgr.1 says what help says; `npm run docs` writes it anew", () => {
  expect(readFileSync(file, "utf8")).toBe(manPage(version));
});

it("the man page escapes what roff would take for its own", () => {
  const text = manPage("1.0.0");
  const lines = text.split("\n").slice(1);
  expect(lines.filter(line => line.startsWith(".") && !/^\.(TH|SH|SS|TP|PP)\b/.test(line))).toEqual([]);
  expect(lines.filter(line => line.startsWith("'"))).toEqual([]);
  expect(text).toContain("\\fB\\-n, \\-\\-dry\\-run\\fR");
});

it.skipIf(!hasGroff)("the man page is set without a warning, and names every command, option and exit code", () => {
  const warned = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-z", file], { encoding: "utf8" });
  expect([warned.status, warned.stderr]).toEqual([0, ""]);
  const text = set();
  for (const command of COMMANDS.filter(({ isPlumbing }) => !isPlumbing)) {
    expect(text).toMatch(new RegExp(`^ {3}${command.name}$`, "m"));
    for (const option of [...command.options, ...GLOBAL_OPTIONS]) expect(text).toContain(optionText(option));
    for (const [line] of command.examples) expect(text).toContain(`graph-mgr ${line}`);
  }
  for (const code of Object.values(EXIT)) expect(text).toMatch(new RegExp(`^ {7}${code}\\b`, "m"));
  expect(text).not.toContain("receive look");
});
