import { styleText } from "node:util";
import { type Conflict, conflictSides } from "../domain/merge-result.ts";
import { shownText } from "./text.ts";

type Style = (kind: "removed" | "added" | "place", text: string) => string;

/** Red and green as everywhere; without colours the signs say the same. */
export const diffStyle =
  (isColored: boolean): Style =>
  (kind, text) =>
    isColored
      ? styleText(({ removed: "red", added: "green", place: "cyan" } as const)[kind], text, { validateStream: false })
      : text;

const KIND = { "-": "removed", "+": "added", "@": "place" } as const;

/** What a conflict is about, with the difference between both sides. */
export function conflictText(conflict: Conflict, style: Style): string {
  const { legend, lines } = conflictSides(conflict);
  return [`${conflict.name}: ${conflict.say}`, `  ${legend}`, ...diffLines(lines, style)].join("\n");
}

/** Lines of a unified diff, indented, as a terminal may be given them. */
export const diffLines = (lines: readonly string[], style: Style): readonly string[] =>
  lines.map(line => {
    const colour = KIND[line[0] as keyof typeof KIND];
    return `  ${colour === undefined ? shownText(line) : style(colour, shownText(line))}`;
  });
