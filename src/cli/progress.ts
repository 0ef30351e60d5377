import { styleText } from "node:util";
import { bytes } from "../domain/units.ts";
import type { RunEvent } from "../plan/runner.ts";
import type { Session } from "./session.ts";
import { cut, widthOf } from "./text.ts";

type Output = Pick<Session, "note" | "noteInPlace" | "isTerminal" | "flags" | "columns">;

/** Calls again and again until it is told to stop. */
export type Ticker = (tick: () => void) => () => void;

const TICK_EVERY_MS = 1000;
const everySecond: Ticker = tick => {
  const timer = setInterval(tick, TICK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
};

/** Before that nobody knows how long it takes. */
const GUESSED_AFTER_MS = 3000;

/** Below this a step's time is not worth a word. */
const WORTH_SAYING_MS = 950;

/** One line a step. At a terminal it is refreshed in place; elsewhere each step says one plain line when it is done. */
export function progressOn(output: Output, elapsedMs: () => number, ticker: Ticker = everySecond): (event: RunEvent) => void {
  const { note, noteInPlace, isTerminal, flags } = output;
  if (flags.quiet) return () => {};
  let begun = elapsedMs();
  let text = "";
  let stopTicking = () => {};
  const paint = (style: "green" | "yellow" | "dim", words: string) =>
    flags.color && isTerminal ? styleText(style, words, { validateStream: false }) : words;
  const show = (line: string) => {
    const tookMs = elapsedMs() - begun;
    const how = withRate(text, tookMs);
    // How long it still takes says more than how long it took.
    const took = tookMs < WORTH_SAYING_MS || how.endsWith(" left") ? "" : duration(Math.round(tookMs / 1000) * 1000, 0);
    const right = [how, took].filter(part => part !== "").join(", ");
    noteInPlace(besides(line, right === "" ? " ..." : `: ${right}`, output.columns - 1));
  };
  return event => {
    const count = `${String(event.step + 1).padStart(String(event.steps).length)}/${event.steps}`;
    const line = `  ${count} ${event.title}`;
    if (event.type === "doing" || event.type === "undoing") {
      begun = elapsedMs();
      text = "";
      stopTicking();
      if (!isTerminal) return;
      stopTicking = ticker(() => show(line));
      show(line);
    } else if (event.type === "progress") {
      const said = event.text ?? "";
      // Percentages would fill a log; what is being waited for is worth a line.
      if (!isTerminal && said !== text && parsePercent(said) === null && !SO_FAR.test(said)) note(`      ${said}`);
      text = said;
      if (isTerminal) show(line);
    } else {
      stopTicking();
      const tookMs = elapsedMs() - begun;
      const [style, mark] = MARKS[event.type];
      const took = tookMs < WORTH_SAYING_MS ? "" : ` (${duration(tookMs)})`;
      // In a log the whole title stands; at a terminal it stood in the plan, and one line is calmer.
      const title = isTerminal ? cut(line, output.columns - 2 - mark.length - took.length) : line;
      note(`${title} ${paint(style, mark)}${paint("dim", took)}`);
    }
  };
}

const MARKS = {
  done: ["green", "ok"],
  // What is as it should be before anything is done is no news.
  skipped: ["green", "ok"],
  undone: ["yellow", "ok"],
} as const;

/** `2.9 s`, `12 s`, `1 min 5 s`. @param digits of seconds below ten */
export function duration(ms: number, digits = 1): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(digits)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** The title gives way to what changes, but for its beginning. */
function besides(line: string, right: string, columns: number): string {
  const shortRight = cut(right, Math.max(10, columns - 30));
  return `${cut(line, columns - widthOf(shortRight))}${shortRight}`;
}

const SO_FAR = /: (\d+) MB so far$/;
const PERCENT = /^(?:.*: )?(\d+) % of (\d+) MB$/;
function parsePercent(text: string): { readonly percent: number; readonly totalBytes: number } | null {
  const match = PERCENT.exec(text);
  return match === null ? null : { percent: Number(match[1]), totalBytes: Number(match[2]) * 1e6 };
}

/** `Loading images: 45 % of 320 MB` becomes `45 % of 320 MB, 70 MB/s, 3 s left`: the title says already what is being done. */
export function withRate(text: string, elapsed: number): string {
  const [, megabytes] = SO_FAR.exec(text) ?? [];
  const found = parsePercent(text);
  const doneBytes = megabytes === undefined ? ((found?.percent ?? 0) / 100) * (found?.totalBytes ?? 0) : Number(megabytes) * 1e6;
  const perSecond = elapsed < 500 ? 0 : doneBytes / (elapsed / 1000);
  const rate = perSecond === 0 ? "" : `, ${bytes(perSecond)}/s`;
  if (found === null) return megabytes === undefined ? text : `${text}${rate}`;
  const leftMs = perSecond === 0 || elapsed < GUESSED_AFTER_MS ? 0 : ((found.totalBytes - doneBytes) / perSecond) * 1000;
  const left = leftMs < 1000 ? "" : `, ${duration(Math.round(leftMs / 1000) * 1000, 0)} left`;
  return `${found.percent} % of ${bytes(found.totalBytes)}${rate}${left}`;
}
