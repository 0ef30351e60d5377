import { Lexer } from "yaml";
import { OperatorError } from "../errors.ts";

/** Compose files are a few hundred lines; beyond these bounds a parser needs seconds and hundreds of MB, or dies. */
const LIMITS = { sizeBytes: 1024 * 1024, tokens: 60_000, flowDepth: 64, indicatorsInLine: 40, indentColumns: 400 } as const;

export const unreadable = (
  path: string,
  why: string,
  hint = `correct ${path}; docker compose config names the place`,
): OperatorError => new OperatorError("COMPOSE_UNREADABLE", `${path} ${why}.`, { hint });

/**
 * Looks a compose file over before it is parsed: size, nesting, characters that YAML 1.1 and 1.2 read differently.
 * @throws OperatorError COMPOSE_UNREADABLE
 */
export function checkLimits(path: string, text: string): void {
  if (Buffer.byteLength(text) > LIMITS.sizeBytes) {
    throw unreadable(path, `is larger than ${LIMITS.sizeBytes} bytes`, "check that it really is a compose file");
  }
  if (/\r(?!\n)|[\u0085\u2028\u2029]/.test(text))
    throw unreadable(path, "holds line ends that YAML versions read differently (a lone CR, NEL, LS or PS)");
  if (text.includes("\0")) throw unreadable(path, "holds a NUL byte");
  if (/^ *\t[ \t]*[^\s#]/m.test(text)) checkTabs(path, text);
  let [tokens, depth, indicators] = [0, 0, 0];
  let lineStart = true;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > LIMITS.tokens)
      throw unreadable(path, `has more than ${LIMITS.tokens} tokens`, "check that it really is a compose file");
    const first = token.charAt(0);
    if (first === "\n" || first === "\r") {
      lineStart = true;
      indicators = 0;
      continue;
    }
    if (lineStart && first === " " && token.length > LIMITS.indentColumns) throw tooDeep(path);
    lineStart = false;
    if (token.length !== 1) continue;
    if (token === "[" || token === "{") depth += 1;
    if (token === "]" || token === "}") depth -= 1;
    if (depth === 0 && (token === "-" || token === "?" || token === ":")) indicators += 1;
    if (depth > LIMITS.flowDepth || depth < 0 || indicators > LIMITS.indicatorsInLine) throw tooDeep(path);
  }
}

const tooDeep = (path: string): OperatorError =>
  unreadable(path, "nests deeper than a compose file can, or closes a bracket that is not open");

/** A tab in front of a line's first word is an error to Compose, except inside block texts and quotes, where the parser decides. */
function checkTabs(path: string, text: string): void {
  const line = text.split("\n").findIndex(each => /^\t[ \t]*[^\s#]/.test(each));
  if (line >= 0) throw unreadable(path, `is indented with a tab in line ${line + 1}`, `replace the tabs in ${path} by spaces`);
}
