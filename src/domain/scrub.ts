import { isSecretKey } from "./merge-keys.ts";
import { AGE_KEY, HIDDEN, PRIVATE_KEY, withoutPatterns, withoutSettings } from "./secret-patterns.ts";

/** Takes secrets out of texts, and finds those that were left. */
export interface Scrubber {
  /** A log, or any other text. */
  text(text: string): string;
  /** A text without secrets that are known, and else as it is. */
  known(text: string): string;
  /** A JSON value: what is set to a key of a secret's name goes whole. */
  json(value: unknown): unknown;
  /** The shapes in which known secrets still stand in a text, as `base64 of a secret`; never the secret. */
  leaks(text: string): readonly string[];
}

/** How a secret may look where it was written down. */
type Shape = readonly [name: string, text: string];

const AUTHORIZATION_HEADER = /((?:proxy-)?authorization|x-api-key|(?:set-)?cookie)(["']?\s*[:=]\s*)(?!\*\*\*).+$/gim;
/** `postgres` tells with an error what stands in the rows and in the statement. */
const ROWS = /\b(STATEMENT|DETAIL|CONTEXT|QUERY):(\s+)\S.*$/;
const LEFT_OUT = "[left out]";
/** Nobody reads further, and patterns take their time. */
const LONGEST_LINE = 10_000;

export function scrubberFor(secrets: readonly string[]): Scrubber {
  // The longest first, so that no end of one is left behind by another.
  const shapes = secrets.flatMap(shapesOf).sort(([, one], [, other]) => other.length - one.length);
  const known = (text: string) => shapes.reduce((left, [, shape]) => left.replaceAll(shape, HIDDEN), text);
  const line = (given: string): string => {
    const formed = given.slice(0, LONGEST_LINE).replaceAll(AUTHORIZATION_HEADER, `$1$2${HIDDEN}`);
    return `${withoutSettings(withoutPatterns(formed))}${given.length > LONGEST_LINE ? LEFT_OUT : ""}`;
  };
  const text = (given: string): string => {
    const formed = known(given).replaceAll(PRIVATE_KEY, HIDDEN).replaceAll(AGE_KEY, HIDDEN);
    // A pattern may join what stood apart.
    return known(withoutRows(formed.split("\n").map(line)).join("\n"));
  };
  return {
    text,
    known,
    json(value) {
      if (typeof value === "string") return text(value);
      if (Array.isArray(value)) return value.map(each => this.json(each));
      if (typeof value !== "object" || value === null) return value;
      const entries = Object.entries(value).map(([key, each]) => [
        text(key),
        isSecretKey(key) && typeof each === "string" ? HIDDEN : this.json(each),
      ]);
      return Object.fromEntries(entries);
    },
    leaks: given => [...new Set(shapes.filter(([, shape]) => given.includes(shape)).map(([name]) => name))],
  };
}

/** Statements go on in lines that begin with a tab. */
function withoutRows(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let isInside = false;
  for (const line of lines) {
    if (isInside && /^(?:\d{4}-\d\d-\d\dT\S+ )?\t/.test(line)) continue;
    isInside = ROWS.test(line);
    kept.push(line.replace(ROWS, `$1:$2${LEFT_OUT}`));
  }
  return kept;
}

/** A secret as it is, and as URLs, JSON, HTML, shells and encodings of bytes write it. */
function shapesOf(secret: string): readonly Shape[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const all: readonly Shape[] = [
    ["a secret", secret],
    ["a secret in a URL", encodeURIComponent(secret)],
    ["a secret in a form", encodeURIComponent(secret).replaceAll("%20", "+")],
    ["a secret in small percent signs", encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, code => code.toLowerCase())],
    ["a secret in JSON", json],
    ["a secret in JSON in JSON", JSON.stringify(json).slice(1, -1)],
    ["a secret in ASCII JSON", asciiJson(secret)],
    [
      "a secret in HTML",
      secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
    ],
    ["a secret in a compose file", secret.replaceAll("$", "$$$$")],
    ["a secret in shell quotes", secret.replaceAll("'", `'\\''`)],
    ["a secret in SQL", secret.replaceAll("'", "''")],
    ["a secret in hexadecimal digits", Buffer.from(secret).toString("hex")],
    ["a secret in capital hexadecimal digits", Buffer.from(secret).toString("hex").toUpperCase()],
    ...inBase64(secret),
  ];
  const seen = new Set<string>();
  return all.filter(([, text]) => text.length >= 5 && !seen.has(text) && seen.add(text));
}

const asciiJson = (secret: string): string =>
  JSON.stringify(secret)
    .slice(1, -1)
    .replaceAll(/[\u0080-\uffff]/g, sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/**
 * Of base64 those digits that are the same wherever the secret stands in what was encoded: `user:secret` of a login has it one, two or
 * three bytes further on.
 */
function inBase64(secret: string): readonly Shape[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].flatMap(offset => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const from = Math.ceil((offset * 8) / 6);
    const to = Math.floor(((offset + bytes.length) * 8) / 6);
    const inner = encoded.slice(from, to);
    // A few digits are found anywhere.
    if (inner.length < 8) return [];
    return [
      ["base64 of a secret", inner],
      ["base64 of a secret, for URLs", inner.replaceAll("+", "-").replaceAll("/", "_")],
    ] as const;
  });
}
