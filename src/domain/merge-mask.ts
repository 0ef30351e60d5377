import { NO_SECRET } from "./known-secrets.ts";
import { type EnvEntries, isSecretKey } from "./merge-keys.ts";
import { HIDDEN, withoutPatterns, withoutSettings } from "./secret-patterns.ts";

/** Shows values and texts of a configuration without its secrets. */
export interface Mask {
  /** A value as a sentence may show it; null when it is a secret, or holds one. */
  value(key: string, value: string | null): string | null;
  /** A line of a text with its secrets struck out. */
  line(text: string): string;
}

/** Shorter ones are found in innocent words. */
const SHORTEST = 4;
const LONGEST_SHOWN = 60;
const LONGEST_LINE = 400;

/** @param files every version of every env file: their secrets are hidden wherever they turn up */
export function maskFor(files: readonly EnvEntries[]): Mask {
  const known = new Set<string>();
  for (const file of files) {
    for (const [key, { literal, raw }] of file) {
      if (!isSecretKey(key) && raw?.includes("PRIVATE KEY-----") !== true) continue;
      // A text is shown line by line, and a key or a certificate has several.
      for (const value of [literal, raw].flatMap(each => (each === null ? [] : [each, ...each.split(/\r?\n/)])))
        if (value.length >= SHORTEST && !NO_SECRET.test(value)) known.add(value);
    }
  }
  // The longest first, so that no end of one is left behind by another.
  const secrets = [...known].sort((one, other) => other.length - one.length);
  const holdsSecret = (text: string): boolean =>
    secrets.some(secret => text.includes(secret)) || withoutPatterns(text) !== text || withoutSettings(text) !== text;
  return {
    value(key, value) {
      if (value === null || isSecretKey(key) || holdsSecret(value)) return null;
      const line = value.replaceAll(/\s+/g, " ");
      if (line === "") return "empty";
      return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}...` : line;
    },
    line(text) {
      const known = secrets.reduce((result, secret) => result.replaceAll(secret, HIDDEN), text);
      const shown = withoutSettings(withoutPatterns(known.slice(0, 2 * LONGEST_LINE)));
      return shown.length > LONGEST_LINE ? `${shown.slice(0, LONGEST_LINE)}...` : shown;
    },
  };
}
