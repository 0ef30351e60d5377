import { expect, it } from "vitest";
import { conflictText, diffStyle } from "../../src/cli/conflict-text.ts";
import type { Conflict } from "../../src/domain/merge-result.ts";

const TEXT: Conflict = {
  name: "Caddyfile",
  file: "Caddyfile",
  kind: "text",
  say: "You and the vendor changed one place of it, each in another way.",
  mine: "a\u001b[1A\nmine\nz\n",
  theirs: "a\u001b[1A\ntheirs \u001b[2J\u202e\nz\n",
  diff: ["@@ of no use here @@"],
};

it("shows what leads from the vendor's text to the administrator's, without what would move the cursor", () => {
  expect(conflictText(TEXT, diffStyle(false))).toMatchInlineSnapshot(`
    "Caddyfile: You and the vendor changed one place of it, each in another way.
      - the vendor's   + yours
      @@ -1,3 +1,3 @@
       a
      -theirs 
      +mine
       z"
  `);
});

it("shows of a compose file what the administrator changed, and not what graph-mgr set", () => {
  const compose: Conflict = { ...TEXT, kind: "compose", diff: ["@@ -1 +1 @@", "-a: 1", "+a: 2"] };
  expect(conflictText(compose, diffStyle(false)).split("\n").slice(1)).toEqual([
    "  - as it was   + as you have it",
    "  @@ -1 +1 @@",
    "  -a: 1",
    "  +a: 2",
  ]);
});

it("shows of a key both values, and that one is not there", () => {
  const key: Conflict = { ...TEXT, name: ".env:A", kind: "key", mine: null, theirs: "7200" };
  expect(conflictText(key, diffStyle(false)).split("\n").slice(1)).toEqual([
    "  - the vendor's   + yours (you removed it)",
    "  -7200",
  ]);
});

it("is red and green at a terminal that has colours", () => {
  const lines = conflictText(TEXT, diffStyle(true)).split("\n");
  expect(lines.slice(2, 6)).toEqual([
    "  \u001b[36m@@ -1,3 +1,3 @@\u001b[39m",
    "   a",
    "  \u001b[31m-theirs \u001b[39m",
    "  \u001b[32m+mine\u001b[39m",
  ]);
});
