import { styleText } from "node:util";
import type { RunEvent } from "../plan/runner.ts";
import type { Session } from "./session.ts";

type Output = Pick<Session, "note" | "noteInPlace" | "isTerminal" | "flags" | "columns">;

/** One line a step. At a terminal it is refreshed in place; elsewhere each step says one plain line when it is done. */
export function progressOn(
  { note, noteInPlace, isTerminal, flags, columns }: Output,
  elapsedMs: () => number,
): (event: RunEvent) => void {
  if (flags.quiet) return () => {};
  let begun = elapsedMs();
  let lastText = "";
  const took = () => {
    const seconds = (elapsedMs() - begun) / 1000;
    return seconds < 0.95 ? "" : ` (${seconds.toFixed(1)} s)`;
  };
  const paint = (style: "green" | "yellow" | "dim", text: string) =>
    flags.color ? styleText(style, text, { validateStream: false }) : text;
  const fit = (text: string) => (text.length > columns - 1 ? `${text.slice(0, columns - 4)}...` : text);
  return event => {
    const count = `${String(event.step + 1).padStart(String(event.steps).length)}/${event.steps}`;
    const line = `${count} ${event.title}`;
    if (event.type === "doing" || event.type === "undoing") {
      begun = elapsedMs();
      lastText = "";
      if (isTerminal) noteInPlace(fit(`  ${event.type === "undoing" ? "undoing " : ""}${line} ...`));
    } else if (event.type === "progress") {
      const text = event.text ?? "";
      if (isTerminal) noteInPlace(fit(`  ${line}: ${text}`));
      // Percentages would fill a log; what is being waited for is worth a line.
      else if (text !== lastText && !/\d\s*(%|[KMG]i?B)/.test(text)) note(`    ${text}`);
      lastText = text;
    } else {
      const mark =
        event.type === "done"
          ? paint("green", "ok")
          : event.type === "skipped"
            ? paint("dim", "was done")
            : paint("yellow", "undone");
      if (isTerminal) noteInPlace("");
      note(`  ${line} ${mark}${paint("dim", took())}`);
    }
  };
}
