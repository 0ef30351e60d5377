import type { Session } from "./session.ts";
import { cut } from "./text.ts";

const EVERY_MS = 2000;

/** Shows a text, and again every two seconds in its place, until Ctrl-C. What is longer than the terminal is cut: it could not be written over. */
export async function watched(session: Session, textNow: () => Promise<string>): Promise<void> {
  session.phase("watching");
  for (let shownLines = 0; ; ) {
    const lines = fitted((await textNow()).split("\n"), session.rows - 1).map(
      line => `${cut(line, session.columns - 1)}\u001b[K`,
    );
    // Up to where the last one began; each line is erased behind its new text, and what is left below at the end.
    const inPlace = shownLines > 0;
    session.note(`${inPlace ? `\u001b[${shownLines}F` : ""}${lines.join("\n")}${inPlace ? "\u001b[J" : ""}`);
    shownLines = lines.length;
    if (session.signal.aborted) return;
    try {
      await session.world.pause(EVERY_MS, session.signal);
    } catch {
      return;
    }
  }
}

/** @param rows that a text may take, below which the cursor stands */
export function fitted(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const kept = Math.max(1, rows - 1);
  return [...lines.slice(0, kept), `... ${lines.length - kept} lines more; a higher terminal shows them`];
}
