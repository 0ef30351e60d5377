import { stripVTControlCharacters } from "node:util";

/** Columns that a text takes on a terminal: East Asian wide characters and emoji take two, combining marks none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

/** The text in at most so many columns, with `...` where it was cut. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  for (const character of text) {
    if (widthOf(kept + character) > columns - 3) break;
    kept += character;
  }
  return `${kept}...`;
}

/**
 * Breaks lines between words, so that none is wider than the terminal. What is continued is indented like the text that it
 * continues: behind `  * ` and ` 12. `. A word that is too long (a path) stays whole.
 */
export function wrap(text: string, columns: number): string {
  return text
    .split("\n")
    .flatMap(line => wrapLine(line, columns))
    .join("\n");
}

function wrapLine(line: string, columns: number): readonly string[] {
  if (widthOf(line) <= columns) return [line];
  const [lead = ""] = /^[ !]*(?:\* |\d+\. |\d+\/\d+ )?/.exec(line) ?? [];
  const indent = " ".repeat(lead.length);
  const lines: string[] = [];
  let current = lead;
  for (const word of line.slice(lead.length).split(" ")) {
    const next = current.trim() === "" || current === lead ? `${current}${word}` : `${current} ${word}`;
    if (widthOf(next) <= columns || current === lead || current === indent) current = next;
    else {
      lines.push(current);
      current = `${indent}${word}`;
    }
  }
  return [...lines, current];
}

/**
 * What is to be typed stays in one piece, so that it can be copied; what is remarked on it stands below where the line is too narrow.
 * @param hint a command, and maybe a remark in parentheses behind three spaces
 * @param columns of the terminal; null: a file or a pipe
 */
export function tryText(hint: string, columns: number | null, indent = ""): string {
  const whole = `${indent}Try: ${hint}`;
  const at = hint.indexOf("   (");
  if (columns === null || at < 0 || widthOf(whole) <= columns) return whole;
  const margin = `${indent}     `;
  const remark = wrap(hint.slice(at).trimStart(), Math.max(20, columns - margin.length)).split("\n");
  return [`${indent}Try: ${hint.slice(0, at)}`, ...remark.map(line => `${margin}${line}`)].join("\n");
}

/** A text of the vendor's or the administrator's as a terminal may be given it: without what would move its cursor or change its direction. */
export const shownText = (text: string): string =>
  stripVTControlCharacters(text)
    .replaceAll("\r\n", "\n")
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, "");
