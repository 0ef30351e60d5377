import { OperatorError } from "../errors.ts";

/** One `KEY=value` (or a `KEY` alone, which takes the shell's value) and where it stands in the text. */
export interface Assignment {
  readonly key: string;
  /** Where the statement begins: at `export` or at the key. */
  readonly from: number;
  /** The value with its quotes, without surrounding blanks and comments. */
  readonly valueFrom: number;
  readonly valueTo: number;
  /** A key without `=`. */
  readonly bare: boolean;
}

/** What Compose's reader takes for a blank inside a line; a lone CR is one of them and ends no line. */
const BLANK = /[\t\v\f\r \u0085\u00a0]/;
const SPACE = /[\s\u0085]/;
const NAME_CHARACTER = /[\p{L}\p{N}_.[\]-]/u;

/**
 * Reads a `.env` file the way Compose 2.24 and later do (measured with 2.26.1).
 * @throws OperatorError ENV_FILE_UNREADABLE
 */
export function readAssignments(text: string, path: string): readonly Assignment[] {
  const refuse = (at: number, what: string): never => {
    const line = text.slice(0, at).split("\n").length;
    throw new OperatorError("ENV_FILE_UNREADABLE", `${path} cannot be read: line ${line} ${what}.`, {
      hint: `correct line ${line} of ${path}`,
    });
  };
  const nul = text.indexOf("\0");
  if (nul >= 0) refuse(nul, "holds a NUL byte");

  const found: Assignment[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (true) {
    at = nextStatement(text, at);
    if (at >= text.length) return found;
    const from = at;
    const exported = /^export\s+/.test(text.slice(at, at + 64));
    if (exported) at = skipBlanks(text, at + "export".length);
    const keyFrom = at;
    while (at < text.length && !/[=:\n]/.test(text.charAt(at))) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      if (!BLANK.test(character) && !NAME_CHARACTER.test(character)) refuse(at, "has a character that no key may have");
      at += character.length;
    }
    const key = withoutTrailingSpace(text.slice(keyFrom, at));
    if (key.includes(" ")) refuse(keyFrom, "has a key with a space in it");
    if (at >= text.length || text.charAt(at) === "\n") {
      const end = keyFrom + key.length;
      if (key !== "") found.push({ key, from, valueFrom: end, valueTo: end, bare: true });
      at += 1;
      continue;
    }
    const afterSeparator = at + 1;
    const valueFrom = skipBlanks(text, afterSeparator);
    const quote = text.charAt(valueFrom);
    if (quote === "'" || quote === '"') {
      const valueTo = endOfQuoted(text, valueFrom, quote);
      if (valueTo === null) return refuse(valueFrom, "opens a quote that is never closed");
      found.push({ key, from, valueFrom, valueTo, bare: false });
      at = valueTo;
      continue;
    }
    const newline = text.indexOf("\n", valueFrom);
    const lineEnd = newline < 0 ? text.length : newline;
    const line = text.slice(valueFrom, lineEnd);
    const comment = line.indexOf(" #");
    const value = withoutTrailingSpace(comment < 0 ? line : line.slice(0, comment));
    // An empty value stands right behind its separator: the blanks that were skipped may hold the CR of the line's end.
    const start =
      value === "" ? afterSeparator + (/^[ \t]*/.exec(text.slice(afterSeparator, lineEnd))?.[0].length ?? 0) : valueFrom;
    found.push({ key, from, valueFrom: start, valueTo: start + value.length, bare: false });
    at = lineEnd + 1;
  }
}

function nextStatement(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    if (text.charAt(at) === "#") {
      const newline = text.indexOf("\n", at);
      if (newline < 0) return text.length;
      at = newline;
    } else if (isSpace(text.charAt(at))) at += 1;
    else return at;
  }
  return at;
}

const isSpace = (character: string): boolean => SPACE.test(character) && character !== "\uFEFF";

/** A loop, because a regular expression takes quadratic time on long runs of blanks. */
function withoutTrailingSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && BLANK.test(text.charAt(at))) at += 1;
  return at;
}

/** Behind the closing quote; in both kinds of quotes a backslash keeps the next quote from closing. */
function endOfQuoted(text: string, from: number, quote: string): number | null {
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (character === quote) return at + 1;
  }
  return null;
}
