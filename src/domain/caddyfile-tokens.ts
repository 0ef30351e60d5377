/** A quoted brace opens no block. */
interface CaddyToken {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** A line with what stands in its block, where it opens one. */
export interface CaddyLine {
  readonly words: readonly string[];
  readonly block: readonly CaddyLine[] | null;
}

const QUOTED = /"(?:\\[\s\S]|[^"\\])*"|`[^`]*`/y;
const HEREDOC = /<<([A-Za-z0-9_-]+)\r?\n([\s\S]*?)\r?\n?[ \t]*\1(?=\s|$)/y;
const WORD = /(?:\\(?!\r?\n)|[^\s\\])+/y;
/** A backslash at its end makes a line go on. */
const GAP = /(?:[^\S\n]|\\\r?\n)+/y;
const COMMENT = /#[^\n]*/y;

/** Words by line, as Caddy reads them (https://caddyserver.com/docs/caddyfile/concepts); null where a quote is never closed. */
function tokensOf(text: string): readonly (readonly CaddyToken[])[] | null {
  const lines: CaddyToken[][] = [[]];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  const add = (word: string, isQuoted: boolean) => lines.at(-1)?.push({ text: word, isQuoted });
  while (at < text.length) {
    if (take(GAP) || take(COMMENT)) continue;
    if (text[at] === "\n") {
      at += 1;
      lines.push([]);
      continue;
    }
    const heredoc = take(HEREDOC);
    const quoted = heredoc ? null : take(QUOTED);
    if (heredoc) add(heredoc[2] ?? "", true);
    else if (quoted) add(quoted[0][0] === "`" ? quoted[0].slice(1, -1) : quoted[0].slice(1, -1).replaceAll('\\"', '"'), true);
    else if (text[at] === '"' || text[at] === "`") return null;
    else add(take(WORD)?.[0] ?? "", false);
  }
  return lines.filter(line => line.length > 0);
}

const isBare = (token: CaddyToken | undefined, text: string): boolean => token?.isQuoted === false && token.text === text;

/** The lines of a Caddyfile with their blocks; null where its braces do not fit together. */
export function readCaddyLines(text: string): readonly CaddyLine[] | null {
  const lines = tokensOf(text);
  if (lines === null) return null;
  const open: CaddyLine[][] = [[]];
  for (const line of lines) {
    if (line.length === 1 && isBare(line[0], "}")) {
      open.pop();
      if (open.length === 0) return null;
      continue;
    }
    const opens = isBare(line.at(-1), "{");
    const words = (opens ? line.slice(0, -1) : line).map(token => token.text);
    const block: CaddyLine[] | null = opens ? [] : null;
    open.at(-1)?.push({ words, block });
    if (block) open.push(block);
  }
  return open.length === 1 ? (open[0] ?? []) : null;
}
