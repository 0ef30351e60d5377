import { expect, it } from "vitest";
import { suggest } from "../../src/cli/suggest.ts";
import { table } from "../../src/cli/table.ts";
import { cut, tryText, widthOf, wrap } from "../../src/cli/text.ts";

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
      null,
    ),
  ).toBe("A     B\n図    x\nlong  y");
});

it("puts what is wide below its row, or each cell on a line of its own, where a terminal is too narrow", () => {
  const rows = [
    ["*", "v2.22.2", "running", "/srv/a/long/path"],
    ["", "v2.23.0", "", "/srv/another"],
  ];
  const head = ["", "INSTANCE", "STATE", "WHERE"];
  const whole = "   INSTANCE  STATE    WHERE\n*  v2.22.2   running  /srv/a/long/path\n   v2.23.0            /srv/another";
  expect(table(head, rows, null)).toBe(whole);
  expect(table(head, rows, 38)).toBe(whole);
  expect(table(head, rows, 37)).toBe(
    ["   INSTANCE  STATE", "    WHERE", "*  v2.22.2   running", "    /srv/a/long/path", "   v2.23.0", "    /srv/another"].join(
      "\n",
    ),
  );
  expect(table(head, rows, 19)).toBe(
    [
      "INSTANCE  * v2.22.2",
      "STATE     running",
      "WHERE     /srv/a/long/path",
      "",
      "INSTANCE  v2.23.0",
      "WHERE     /srv/another",
    ].join("\n"),
  );
});

it("leaves a column out that has no value, where the others then fit", () => {
  const head = ["SERVICE", "RESTARTS", "IMAGE"];
  const rows = [
    ["caddy", "", "example/caddy:2"],
    ["web", "", "example/web:1"],
  ];
  expect(table(head, rows, 34)).toBe(
    "SERVICE  RESTARTS  IMAGE\ncaddy              example/caddy:2\nweb                example/web:1",
  );
  expect(table(head, rows, 33)).toBe("SERVICE  IMAGE\ncaddy    example/caddy:2\nweb      example/web:1");
});

it("leaves nothing below a row but what is wide: short cells go together", () => {
  const head = ["OPERATION", "STEPS"];
  expect(table(head, [["20261120T101500Z-install-4ocszw", "12/12"]], 30)).toBe(
    "OPERATION  20261120T101500Z-install-4ocszw\nSTEPS      12/12",
  );
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

it("keeps what is to be typed in one piece, and puts the remark on it below where the line is too narrow", () => {
  const hint = "graph-mgr prune /mnt/usb   (where they are gone for good)";
  expect(tryText(hint, null)).toBe(`Try: ${hint}`);
  expect(tryText(hint, 62)).toBe(`Try: ${hint}`);
  expect(tryText(hint, 61, " ")).toBe(" Try: graph-mgr prune /mnt/usb\n      (where they are gone for good)");
  expect(tryText(hint, 30)).toBe("Try: graph-mgr prune /mnt/usb\n     (where they are gone for\n     good)");
  expect(tryText("graph-mgr config revert v2.22.2 1", 20)).toBe("Try: graph-mgr config revert v2.22.2 1");
});
