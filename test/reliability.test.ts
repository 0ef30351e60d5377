import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const update = "update --postgres dump (v1 to v2)";
const trial = { fault: "killed", operation: update, phase: "front", trials: 1, failed: 0 };
const results = [
  trial,
  { ...trial, failed: 1 },
  { ...trial, phase: "dump or copy" },
  { ...trial, operation: "install", phase: "" },
  { ...trial, operation: "update --postgres dump (small product)", fault: "silent" },
  { ...trial, operation: "remove", fault: "cut", commit: "0ld" },
  { documented: "dump", fault: "killed", phase: "dump or copy", outcome: "half" },
  { documented: "dump", fault: "killed", phase: "dump or copy", outcome: "half" },
  { documented: "dump", fault: "killed", phase: "start inside", outcome: "fine" },
  { documented: "copy", fault: "killed", phase: "start inside", outcome: "data lost" },
];

let folder: string;
let page: readonly string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "graph-mgr-test-"));
  const file = join(folder, "results");
  writeFileSync(file, results.map(each => `${JSON.stringify(each)}\n`).join(""));
  const script = resolve(import.meta.dirname, "../scripts/reliability.js");
  page = execFileSync(process.execPath, [script, file, "abc1234", "7", "2026-11-21", "sample"], { encoding: "utf8" }).split("\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the table of faults counts the trials of each phase, and says which failed", () => {
  expect(page.filter(line => line.startsWith("| killed"))).toEqual([
    "| killed |  | 1 |  |  | 2, **1 failed** |  | 3, **1 failed** | 2 half, 1 fine |",
    "| killed | 2 half | 1 fine |",
    "| killed | 1 | 0 |",
  ]);
});

it("the table of faults says what it was made from", () => {
  expect(page.find(line => line.startsWith("Written by"))).toBe(
    "Written by `npm run test:faults`: commit abc1234, seed 7, 2026-11-21, counts: sample. In all 6 trials, 1 failed.",
  );
});

it("the table of faults holds the manual against the product alone that it is about", () => {
  expect(page).toContain("| silent |  |  |  |  | 1 |  | 1 |  |");
});

it("the table of faults says which part is of an earlier run", () => {
  expect(page.filter(line => line.startsWith("## ") && !line.startsWith("## How"))).toEqual([
    "## update --postgres dump (v1 to v2)",
    "## update --postgres dump (small product)",
    "## install",
    "## remove, commit 0ld",
  ]);
  expect(page).toContain("What is headed by another commit (0ld) is of a run on that one.");
});
