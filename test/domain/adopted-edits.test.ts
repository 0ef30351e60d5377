import { expect, it } from "vitest";
import { adoptedEdits } from "../../src/domain/adopted-edits.ts";

const isEnv = (path: string): boolean => path.endsWith(".env");
const of = (vendors: Record<string, string>, mine: Record<string, string>) => adoptedEdits(vendors, mine, isEnv);

it("says nothing of what is as the vendor has it", () => {
  expect(of({ ".env": "A=1\n", Caddyfile: "x\n" }, { ".env": "A=1\n", Caddyfile: "x\n", own: "y" })).toEqual([]);
});

it("names the keys of settings and never a value", () => {
  const [said = ""] = of({ ".env": "A=1\nB=2\nC=3\n" }, { ".env": "A=1\nB=hunter2\nD=hunter3\n" });
  expect(said).toBe(".env: B changed; D added; C removed");
});

it("counts the lines of other texts, and names what is gone", () => {
  expect(of({ Caddyfile: "a\nb\nc\n", "x.sh": "echo\n" }, { Caddyfile: "a\nB\nBB\nc\n" })).toEqual([
    "Caddyfile: 2 lines added, 1 removed",
    "x.sh is gone",
  ]);
});

it("tells a changed order or comment from a changed setting", () => {
  expect(of({ ".env": "A=1\nB=2\n" }, { ".env": "# mine\nB=2\nA='1'\n" })).toEqual([".env: comments or order changed"]);
});
