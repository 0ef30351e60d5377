import { type EnvEntries, isSecretKey } from "./merge-keys.ts";

/** Shows values and texts of a configuration without its secrets. */
export interface Mask {
  /** A value as a sentence may show it; null when it is a secret, or holds one. */
  value(key: string, value: string | null): string | null;
  /** A line of a text with its secrets struck out. */
  line(text: string): string;
}

const HIDDEN = "***";
/** Shorter ones are found in innocent words. */
const SHORTEST = 4;
/** Values of switches such as USE_TOKEN. */
const SWITCH = /^(?:true|false|none|null|yes|no|on|off|[0-9]{1,5})$/i;
const LONGEST_SHOWN = 60;
const LONGEST_LINE = 400;
/** What is set to a key, to the end of the line: a secret may hold anything. A reference to a variable is none. */
const SETTING = /([A-Za-z0-9_.-]+)(["']?\s*[:=]\s*)(?!\$\{?[A-Za-z_][A-Za-z0-9_]*\}?["']?\s*$)(\S.*)$/;
const LOGIN_IN_URL = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]*:)[^\s@]+@/gi;
const HASH = /\$(?:2[abxy]?|argon2[a-z]*|[156y]|scrypt)\$\S+/g;
const AUTHORIZATION = /\b(Bearer|Basic)\s+[^\s"']+/gi;

/** @param files every version of every env file: their secrets are hidden wherever they turn up */
export function maskFor(files: readonly EnvEntries[]): Mask {
  const known = new Set<string>();
  for (const file of files) {
    for (const [key, { literal, raw }] of file) {
      if (!isSecretKey(key)) continue;
      // A text is shown line by line, and a key or a certificate has several.
      for (const value of [literal, raw].flatMap(each => (each === null ? [] : [each, ...each.split(/\r?\n/)])))
        if (value.length >= SHORTEST && !SWITCH.test(value)) known.add(value);
    }
  }
  // The longest first, so that no end of one is left behind by another.
  const secrets = [...known].sort((one, other) => other.length - one.length);
  const holdsSecret = (text: string): boolean => secrets.some(secret => text.includes(secret)) || hidden(text) !== text;
  return {
    value(key, value) {
      if (value === null || isSecretKey(key) || holdsSecret(value)) return null;
      const line = value.replaceAll(/\s+/g, " ");
      if (line === "") return "empty";
      return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}...` : line;
    },
    line(text) {
      const known = secrets.reduce((result, secret) => result.replaceAll(secret, HIDDEN), text);
      const shown = settings(hidden(known.slice(0, 2 * LONGEST_LINE)));
      return shown.length > LONGEST_LINE ? `${shown.slice(0, LONGEST_LINE)}...` : shown;
    },
  };
}

const hidden = (text: string): string =>
  text
    .replaceAll(LOGIN_IN_URL, (_, before: string) => `${before}${HIDDEN}@`)
    .replaceAll(HASH, HIDDEN)
    .replaceAll(AUTHORIZATION, (_, scheme: string) => `${scheme} ${HIDDEN}`);

/** Every setting of the line is looked at, as `{ USER: me, PASSWORD: x }` has several. */
function settings(text: string): string {
  const found = SETTING.exec(text);
  if (!found) return text;
  const [, key = "", separator = ""] = found;
  const to = found.index + key.length + separator.length;
  return `${text.slice(0, to)}${isSecretKey(key) ? HIDDEN : settings(text.slice(to))}`;
}
