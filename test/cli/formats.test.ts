import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EXIT } from "../../src/errors.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/formats.md"), "utf8");
const source = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter(name => name.endsWith(".ts"))
  .map(name => readFileSync(join(root, "src", name), "utf8"))
  .join("\n");
const [, codes = ""] = page.split("## Error codes");
const listed = [...codes.matchAll(/^\| `([A-Z_]+)` \| /gm)].map(([, code]) => code!);

it("docs/formats.md lists every error code, in order and once", () => {
  const thrown = [...source.matchAll(/new OperatorError\(\s*"([A-Z_]+)"/g)].map(([, code]) => code!);
  expect(thrown.length).toBeGreaterThan(100);
  expect([...new Set(thrown)].filter(code => !listed.includes(code))).toEqual([]);
  expect(listed).toEqual([...new Set(listed)].sort((a, b) => (a < b ? -1 : 1)));
});

it("docs/formats.md lists no error code that nobody says", () => {
  expect(listed.filter(code => !source.includes(`"${code}"`))).toEqual([]);
});

it("docs/formats.md lists every exit code", () => {
  for (const code of Object.values(EXIT)) expect(page).toMatch(new RegExp(`^\\| ${code} \\| `, "m"));
});
