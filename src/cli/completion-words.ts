/** The word at the cursor, as far as it is typed. */
interface Typed {
  /** Without quotes and backslashes. */
  readonly text: string;
  /** The quote that is still open. */
  readonly quote: "" | "'" | '"';
  /** How many signs of `text` stand before the place from which the shell replaces. */
  readonly fixed: number;
}

/**
 * A command line up to the cursor, in words as a shell reads them: quotes and backslashes are taken away, nothing is expanded.
 * @param breaks signs at which the shell begins a new word to complete (bash: `$COMP_WORDBREAKS`), although it is none
 */
export function splitLine(line: string, breaks: string): { readonly words: readonly string[]; readonly current: Typed } {
  const words: string[] = [];
  let [text, quote, fixed, isWord]: [string, Typed["quote"], number, boolean] = ["", "", 0, false];
  for (let at = 0; at < line.length; at++) {
    const sign = line.charAt(at);
    const isEscaping = sign === "\\" && quote !== "'" && (quote === "" || /["\\$`]/.test(line.charAt(at + 1)));
    if (isEscaping) {
      text += line.charAt(++at);
      isWord = true;
    } else if (quote === "" ? sign === "'" || sign === '"' : sign === quote) {
      if (quote === "") fixed = text.length;
      quote = quote === "" ? (sign as "'" | '"') : "";
      if (quote === "") fixed = 0;
      isWord = true;
    } else if (quote === "" && /\s/.test(sign)) {
      if (isWord) words.push(text);
      [text, fixed, isWord] = ["", 0, false];
    } else {
      text += sign;
      isWord = true;
      if (quote === "" && breaks.includes(sign)) fixed = text.length;
    }
  }
  return { words, current: { text, quote, fixed } };
}

/** What bash inserts for a candidate in the place of what was typed. */
export function bashWord(value: string, { quote, fixed }: Typed): string {
  const rest = value.slice(fixed);
  if (quote === "'") return rest.replaceAll("'", "'\\''");
  if (quote === '"') return rest.replaceAll(/["\\$`]/g, "\\$&");
  return rest.replaceAll(/[^\w.,:=@%+/~\u0080-\uffff-]/g, "\\$&");
}
