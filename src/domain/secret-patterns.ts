import { isSecretKey } from "./merge-keys.ts";

/** What stands in the place of a secret. */
export const HIDDEN = "***";

/** What is set to a key, to the end of the line: a secret may hold anything. A reference to a variable is none. */
const SETTING = /(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]+)(["']?\s*[:=]\s*)(?!\$\{?[A-Za-z_][A-Za-z0-9_]*\}?["']?\s*$)(\S.*)$/;
const LOGIN_IN_URL = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]*:)[^\s@]+@/gi;
const HASH = /\$(?:2[abxy]?|argon2[a-z]*|[156y]|scrypt)\$\S+/g;
const AUTHORIZATION = /\b(Bearer|Basic)\s+[^\s"']+/gi;

/** What is a secret by its form, wherever it stands. */
export const withoutPatterns = (text: string): string =>
  text
    .replaceAll(LOGIN_IN_URL, (_, before: string) => `${before}${HIDDEN}@`)
    .replaceAll(HASH, HIDDEN)
    .replaceAll(AUTHORIZATION, (_, scheme: string) => `${scheme} ${HIDDEN}`);

/** A line without what it sets keys to whose names are those of secrets. Every setting of it is looked at, as `{ USER: me, PASSWORD: x }` has several. */
export function withoutSettings(line: string): string {
  const found = SETTING.exec(line);
  if (!found) return line;
  const [, key = "", separator = ""] = found;
  const to = found.index + key.length + separator.length;
  return `${line.slice(0, to)}${isSecretKey(key) ? HIDDEN : withoutSettings(line.slice(to))}`;
}
