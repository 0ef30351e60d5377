import { expect, it } from "vitest";
import { suggest } from "../../src/cli/suggest.ts";
import { table } from "../../src/cli/table.ts";
import { cut, widthOf, wrap } from "../../src/cli/text.ts";

it("measures what a terminal shows", () => {
  expect(["abc", "äöü", "e\u0301", "図面", "a\u200db", ""].map(widthOf)).toEqual([3, 3, 1, 4, 2, 0]);
});

it("cuts to a width and says so", () => {
  expect([cut("short", 5), cut("a longer line", 8), cut("図面図面図面", 8)]).toEqual(["short", "a lon...", "図面..."]);
});

it("wraps between words and indents what goes on", () => {
  expect(wrap("  * the vendor's default, replaced by generated secrets\n   12. Load 1 image", 30)).toBe(
    ["  * the vendor's default,", "    replaced by generated", "    secrets", "   12. Load 1 image"].join("\n"),
  );
  expect(wrap("Install from /a/path/that/is/longer/than/a/line", 20)).toBe("Install from\n/a/path/that/is/longer/than/a/line");
});

it("aligns columns, also of wide characters", () => {
  expect(
    table(
      ["A", "B"],
      [
        ["図", "x"],
        ["long", "y"],
      ],
    ),
  ).toBe("A     B\n図    x\nlong  y");
});

it("suggests what is near, and nothing that is not", () => {
  const known = ["install", "copy", "list", "status", "stop", "launch", "operations"];
  const typed = ["instal", "isntall", "INSTALL", "cpoy", "lst", "stat", "op", "st", "x", "nothing"];
  expect(typed.map(word => suggest(word, known))).toEqual([
    "install",
    "install",
    "install",
    "copy",
    "list",
    "status",
    "operations",
    null,
    null,
    null,
  ]);
});
