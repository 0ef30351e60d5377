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
  { documented: "dump", fault: "killed", phase: "dump or copy", outcome: "half" },
  { documented: "dump", fault: "killed", phase: "dump or copy", outcome: "half" },
  { documented: "dump", fault: "killed", phase: "start inside", outcome: "fine" },
  { documented: "copy", fault: "killed", phase: "start inside", outcome: "data lost" },
];

const earlier = {
  commit: "0ld",
  seed: 3,
  date: "2026-11-20",
  counts: "sample, to their end",
  note: "mended",
  results: [
    { ...trial, trials: 4, failed: 1 },
    { ...trial, operation: "remove", fault: "cut" },
  ],
};

let folder: string;
let page: readonly string[];
let again: readonly string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "graph-mgr-test-"));
  const file = join(folder, "results");
  writeFileSync(file, results.map(each => `${JSON.stringify(each)}\n`).join(""));
  const script = resolve(import.meta.dirname, "../scripts/reliability.js");
  const runs = join(folder, "runs");
  writeFileSync(runs, `${JSON.stringify(earlier)}\n`);
  page = execFileSync(process.execPath, [script, runs, file, "abc1234", "7", "2026-11-21", "full, to their end"], {
    encoding: "utf8",
  }).split("\n");
  again = execFileSync(process.execPath, [script, runs], { encoding: "utf8" }).split("\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the table of faults counts the trials of each phase, and says which failed", () => {
  expect(page.filter(line => line.startsWith("| killed"))).toEqual([
    "| killed |  | 1 |  |  | 6, **2 failed** |  | 7, **2 failed** | 2 half, 1 fine |",
    "| killed | 2 half | 1 fine |",
    "| killed | 1 | 0 |",
  ]);
});

it("the table of faults says of which runs it is", () => {
  expect(page.find(line => line.startsWith("Written by"))).toBe("Written by `npm run test:faults`. In all 10 trials, 2 failed.");
  expect(page).toContain("| 0ld | 2026-11-20 | 3 | sample, to their end | 5 | 1 | mended |");
  expect(page).toContain("| abc1234 | 2026-11-21 | 7 | full, to their end | 5 | 1 |  |");
});

it("the table of faults is the same of what was kept", () => {
  expect(again).toEqual(page);
});

it("the table of faults holds the manual against the product alone that it is about", () => {
  expect(page).toContain("| silent |  |  |  |  | 1 |  | 1 |  |");
});

it("the table of faults has a part for each operation", () => {
  expect(page.filter(line => line.startsWith("## ") && !line.startsWith("## How"))).toEqual([
    "## update --postgres dump (v1 to v2)",
    "## update --postgres dump (small product)",
    "## remove",
    "## install",
  ]);
});
