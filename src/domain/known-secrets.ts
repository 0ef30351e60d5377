import { parseDocument, visit } from "yaml";
import { EnvFile, literalValue } from "./env-file.ts";
import { isSecretKey } from "./merge-keys.ts";

/** Shorter ones are found in innocent words: they go where their key says what they are, and cannot be looked for elsewhere. */
const SHORTEST = 5;
/** Values of switches such as USE_TOKEN, and what stands in every manual: it is no secret, and every text is full of it. */
export const NO_SECRET =
  /^(?:true|false|none|null|yes|no|on|off|[0-9]{1,5}|passwords?|secrets?|change_?me|admin|postgres|example|default|graphistry|localhost|required|optional|disabled|enabled)$/i;
const LOGIN_IN_URL = /[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]*:([^\s@]+)@/gi;

/** Secrets that were found, each once, and how many are too short to be looked for. */
export interface KnownSecrets {
  readonly values: readonly string[];
  readonly tooShort: number;
}

type Pair = readonly [key: string, value: string];

/** Of settings, wherever they come from; lines of a value count by themselves, because a log has them one by one. */
export function secretsAmong(pairs: readonly Pair[]): KnownSecrets {
  const found = new Set<string>();
  let tooShort = 0;
  const add = (value: string): void => {
    if (NO_SECRET.test(value)) return;
    if (value.length >= SHORTEST) found.add(value);
    else if (value !== "") tooShort += 1;
  };
  for (const [key, value] of pairs) {
    for (const [, password = ""] of value.matchAll(LOGIN_IN_URL)) {
      add(password);
      add(decoded(password));
    }
    if (!isSecretKey(key)) continue;
    add(value);
    const lines = value.split(/\r?\n/).map(line => line.trim());
    if (lines.length > 1) for (const line of lines.filter(each => !/^-----/.test(each) && each.length >= SHORTEST)) add(line);
  }
  return { values: [...found], tooShort };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Of an env file, every assignment: also those that a later one overrides, and those that are commented out. */
export function pairsOfEnv(text: string): readonly Pair[] {
  // Of a comment whatever looks like a setting, at any place of it.
  const commented = [...text.matchAll(/^\s*#.*$/gm)].flatMap(([line]) =>
    [...line.matchAll(/([A-Za-z_][A-Za-z0-9_.-]*)\s*[=:]\s*/g)].map(
      ({ 0: all, 1: key = "", index }): Pair => [key, withoutQuotes(line.slice(index + all.length).trim())],
    ),
  );
  const plain = [...text.matchAll(/^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(\S.*?)\s*$/gm)].flatMap(
    ([, key = "", value = ""]): Pair[] => [
      [key, withoutQuotes(value)],
      [key, withoutQuotes(value.replace(/\s+#.*$/, ""))],
    ],
  );
  return [...parsedPairs(text), ...plain, ...commented];
}

/** As Compose reads it, values of several lines included; a file that it cannot read has its lines alone. */
function parsedPairs(text: string): readonly Pair[] {
  try {
    const file = EnvFile.parse(text);
    return file.keys().flatMap((key): readonly Pair[] => {
      const raw = file.raw(key) ?? "";
      const literal = literalValue(raw);
      return [[key, withoutQuotes(raw)], ...(literal === null ? [] : [[key, literal] as const])];
    });
  } catch {
    return [];
  }
}

const withoutQuotes = (text: string): string => /^(["'])([\s\S]*)\1$/.exec(text)?.[2] ?? text;

/** Of a YAML file: what keys are set to, and `KEY=value` in lists. */
export function pairsOfYaml(text: string): readonly Pair[] {
  const pairs: Pair[] = [];
  visit(parseDocument(text, { logLevel: "silent", merge: true }), {
    Pair(_, { key, value }) {
      const [name, said] = [plain(key), plain(value)];
      if (name !== null && said !== null) pairs.push([name, said]);
    },
    Scalar(_, { value }) {
      const [, name = "", said = ""] = /^([A-Za-z_][A-Za-z0-9_.-]*)=([\s\S]*)$/.exec(String(value)) ?? [];
      if (name !== "") pairs.push([name, said]);
      else pairs.push(["", String(value)]);
    },
  });
  return pairs;
}

const plain = (node: unknown): string | null =>
  typeof node === "object" && node !== null && "value" in node && node.value !== null && typeof node.value !== "object"
    ? String(node.value)
    : null;
