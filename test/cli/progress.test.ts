import { expect, it } from "vitest";
import { inPlace } from "../../src/cli/in-place.ts";
import { duration, progressOn, withRate } from "../../src/cli/progress.ts";
import { widthOf } from "../../src/cli/text.ts";
import type { RunEvent } from "../../src/plan/runner.ts";

const FLAGS = {
  home: undefined,
  json: false,
  yes: false,
  input: true,
  dryRun: false,
  quiet: false,
  verbose: false,
  color: false,
} as const;

function shown({ isTerminal, quiet = false, columns = 80 }: { isTerminal: boolean; quiet?: boolean; columns?: number }) {
  const lines: string[] = [];
  let nowMs = 0;
  let tick = () => {};
  const on = progressOn(
    {
      note: text => void lines.push(text),
      noteInPlace: text => void lines.push(`~${text}`),
      isTerminal,
      flags: { ...FLAGS, quiet },
      columns,
    },
    () => nowMs,
    each => {
      tick = each;
      return () => {
        tick = () => {};
      };
    },
  );
  const event = (type: RunEvent["type"], text?: string, title = "Load 2 images: a, b") =>
    on({ type, step: 2, steps: 11, title, ...(text === undefined ? {} : { text }) });
  return { lines, event, pass: (ms: number) => (nowMs += ms), tick: () => tick() };
}

it("is one line a step in a log, with what is waited for and without percentages", () => {
  const { lines, event, pass } = shown({ isTerminal: false });
  event("doing");
  event("progress", "Loading images: 10 % of 300 MB");
  event("progress", "waiting for web: starting");
  event("progress", "waiting for web: starting");
  pass(2900);
  event("done");
  event("skipped");
  event("undoing");
  event("undone");
  expect(lines).toEqual([
    "      waiting for web: starting",
    "   3/11 Load 2 images: a, b ok (2.9 s)",
    "   3/11 Load 2 images: a, b ok (2.9 s)",
    "   3/11 Load 2 images: a, b ok",
  ]);
});

it("is refreshed in place at a terminal, with how much, how fast and for how long", () => {
  const { lines, event, pass, tick } = shown({ isTerminal: true });
  event("doing");
  pass(2000);
  event("progress", "Loading images: 50 % of 300 MB");
  pass(1000);
  tick();
  event("done");
  tick();
  expect(lines).toEqual([
    "~   3/11 Load 2 images: a, b ...",
    "~   3/11 Load 2 images: a, b: 50 % of 300 MB, 75.0 MB/s, 2 s",
    "~   3/11 Load 2 images: a, b: 50 % of 300 MB, 50.0 MB/s, 3 s left",
    "   3/11 Load 2 images: a, b ok (3.0 s)",
  ]);
});

it("never fills a terminal's line, however long title and text are", () => {
  const { lines, event, pass } = shown({ isTerminal: true, columns: 50 });
  const title = `Unpack /${"図面/".repeat(30)}a.tar`;
  event("doing", undefined, title);
  event("progress", `waiting for ${"web, ".repeat(30)}`, title);
  pass(90_000);
  event("done", undefined, title);
  expect(lines.filter(line => widthOf(line.replace(/^~/, "")) > 49)).toEqual([]);
  expect(lines.at(-1)).toMatch(/\.\.\. ok \(1 min 30 s\)$/);
});

it("says nothing with --quiet", () => {
  const { lines, event } = shown({ isTerminal: false, quiet: true });
  event("doing");
  event("progress", "waiting");
  event("done");
  expect(lines).toEqual([]);
});

it("says times as people do", () => {
  expect([960, 9_940, 9_960, 59_400, 59_600, 125_000].map(ms => duration(ms))).toEqual([
    "1.0 s",
    "9.9 s",
    "10 s",
    "59 s",
    "1 min 0 s",
    "2 min 5 s",
  ]);
});

it("gives a rate only where a step tells its bytes, and not in the first moment", () => {
  expect([
    withRate("waiting for web", 5000),
    withRate("Loading images: 50 % of 300 MB", 100),
    withRate("Loading images: 0 % of 300 MB", 5000),
    withRate("50 % of 2000 MB", 2500),
    withRate("50 % of 2000 MB", 10_000),
    withRate("dumping the database a (1 of 2): 120 MB so far", 4000),
    withRate("dumping the database a (1 of 2): 0 MB so far", 4000),
  ]).toEqual([
    "waiting for web",
    "50 % of 300 MB",
    "0 % of 300 MB",
    "50 % of 2.0 GB, 400 MB/s",
    "50 % of 2.0 GB, 100 MB/s, 10 s left",
    "dumping the database a (1 of 2): 120 MB so far, 30.0 MB/s",
    "dumping the database a (1 of 2): 0 MB so far",
  ]);
});

it("writes over its last line in one go, and lines that stay appear above it", () => {
  const written: string[] = [];
  const line = inPlace(text => void written.push(text));
  line.show("one");
  line.show("one");
  line.show("two");
  line.note("stays");
  line.note("stays too");
  line.show("");
  expect(written).toEqual(["\rone\u001b[K", "\rtwo\u001b[K", "\r\u001b[Kstays\n", "stays too\n"]);
});
