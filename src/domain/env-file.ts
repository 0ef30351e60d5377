import { OperatorError } from "../errors.ts";
import { type Assignment, readAssignments } from "./env-syntax.ts";
import { quoteForCompose } from "./env-value.ts";

const KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/**
 * A `.env` file, kept as its own text. Edits are splices, so every byte that is not meant to change stays: comments,
 * order, quoting, line endings. The dialect is Compose's, which is not dotenv's: `a#b` is `a#b`, `$` interpolates in bare
 * and double-quoted values, the last duplicate wins.
 */
export class EnvFile {
  readonly text: string;
  /** How messages call the file. */
  readonly path: string;
  private readonly assignments: readonly Assignment[];

  private constructor(text: string, path: string, assignments: readonly Assignment[]) {
    this.text = text;
    this.path = path;
    this.assignments = assignments;
  }

  /** @throws OperatorError ENV_FILE_UNREADABLE when Compose could not read it either; the message never shows a value */
  static parse(text: string, path = ".env"): EnvFile {
    return new EnvFile(text, path, readAssignments(text, path));
  }

  /** Every key that has a value, in the order of first appearance. */
  keys(): readonly string[] {
    return [...new Set(this.assignments.filter(each => !each.bare).map(each => each.key))];
  }

  /** The value as it is written, with its quotes; of duplicates the last. Null when the key has none. */
  raw(key: string): string | null {
    const found = this.assignments.findLast(each => each.key === key && !each.bare);
    return found ? this.text.slice(found.valueFrom, found.valueTo) : null;
  }

  /** How many lines give it a value, of which the last counts. */
  times(key: string): number {
    return this.assignments.filter(each => each.key === key && !each.bare).length;
  }

  /**
   * With `key` set so that Compose resolves exactly `value`: the last assignment is changed, or a line is appended.
   * @throws OperatorError ENV_KEY, ENV_VALUE for what no `.env` file can say
   */
  with(key: string, value: string): EnvFile {
    checkKey(key);
    const last = this.assignments.findLast(each => each.key === key);
    if (!last) return EnvFile.parse(this.appended(`${key}=${quoteForCompose(key, value, true)}`), this.path);
    const old = this.text.slice(last.valueFrom, last.valueTo);
    if (!last.bare && literalValue(old) === value) return this;
    // A bare value swallows what follows it on its line, unless that is nothing or a comment after a space; and behind
    // an empty one that comment would be the value.
    const rest = this.text.slice(last.valueTo);
    const mayBeBare = /^[ \t]*(?:\r?\n|$)/.test(rest) || (value !== "" && /^ +#/.test(rest));
    const written = (last.bare ? "=" : "") + quoteForCompose(key, value, mayBeBare);
    return EnvFile.parse(this.text.slice(0, last.valueFrom) + written + this.text.slice(last.valueTo), this.path);
  }

  /** Without any assignment of `key`; lines that hold nothing else go whole. */
  without(key: string): EnvFile {
    checkKey(key);
    let text = this.text;
    for (const each of this.assignments.filter(one => one.key === key).reverse()) {
      const lineStart = Math.max(text.lastIndexOf("\n", each.from - 1) + 1, text.startsWith("\uFEFF") ? 1 : 0);
      const rest = /^[ \t\r]*(?:#[^\n]*)?(?:\n|$)/.exec(text.slice(each.valueTo));
      const alone = rest !== null && text.slice(lineStart, each.from).trim() === "";
      text =
        text.slice(0, alone ? lineStart : each.from) + text.slice(alone && rest ? each.valueTo + rest[0].length : each.valueTo);
    }
    return text === this.text ? this : EnvFile.parse(text, this.path);
  }

  private appended(line: string): string {
    const newline = /\r\n/.test(this.text) ? "\r\n" : "\n";
    const gap = this.text === "" || this.text === "\uFEFF" || this.text.endsWith("\n") ? "" : newline;
    return `${this.text}${gap}${line}${newline}`;
  }
}

function checkKey(key: string): void {
  if (!KEY.test(key)) {
    throw new OperatorError("ENV_KEY", `${JSON.stringify(key)} cannot be a key in a .env file.`, {
      hint: "use letters, digits, _, . and -, and begin with a letter or _",
    });
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  c: "\\c",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  $: "$",
  '"': '"',
  "\\": "\\",
}; // prettier-ignore

/** What a value as written (`EnvFile.raw`) says, where no interpolation is involved; else null. */
export function literalValue(raw: string): string | null {
  const inner = raw.slice(1, -1);
  if (raw.length > 1 && raw.startsWith("'")) return inner.replace(/\\([\s\S])/g, (pair, char) => (char === "'" ? "'" : pair));
  if (raw.length > 1 && raw.startsWith('"')) {
    if (/\$/.test(inner.replace(/\\[\s\S]/g, "")) || /\\0/.test(inner)) return null;
    return inner.replace(/\\([\s\S])/g, (pair, char) => ESCAPES[char] ?? pair);
  }
  return raw.includes("$") ? null : raw;
}
