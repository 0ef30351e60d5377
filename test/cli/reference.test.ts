import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { commandReference } from "../../src/cli/reference.ts";

it("docs/commands.md says what help says; `npm run docs` writes it anew", () => {
  expect(readFileSync(join(import.meta.dirname, "../../docs/commands.md"), "utf8")).toBe(commandReference());
});
