import { isSecretKey } from "./merge-keys.ts";

/** What stands in the place of a secret. */
export const HIDDEN = "***";

/** What is set to a key, to the end of the line: a secret may hold anything. A reference to a variable is none. */
const SETTING = /(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]+)(["']?\s*[:=]\s*)(?!\$\{?[A-Za-z_][A-Za-z0-9_]*\}?["']?\s*$)(\S.*)$/;
const LOGIN_IN_URL = /([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]*:)[^\s@]+@/gi;
/** A token in the place of a user's name. Elsewhere than on the web a name without a password is a name. */
const TOKEN_IN_URL = /(https?:\/\/)[^\s/:@]+@/gi;
/** Tokens that say whose they are by how they begin. */
const KNOWN_TOKEN = /\b(?:gh[opusr]_|github_pat_|glpat-|xox[a-z]-)[\w-]{6,}/g;
const SLACK_HOOK = /(hooks\.slack\.com\/[a-z]+\/)[\w/-]+/gi;
/** A header of a request as proxies are told it: `header_up X-Api-Key abc`. */
const KEY_HEADER = /\b(X-[\w-]*(?:Key|Token|Secret|Auth|Password)["']?[\s:=]+["']?)(?![\s:={])[^\s"']+/gi;
/** Also with the doubled signs of a compose file. */
const HASH = /\$\$?(?:2[abxy]?|apr1|argon2[a-z]*|[156y]|scrypt)\$\S+/g;
const AUTHORIZATION = /\b(Bearer|Basic)\s+[^\s"']+/gi;
export const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
export const AGE_KEY = /\bAGE-SECRET-KEY-1[0-9A-Z]{20,}/g;
const WEB_TOKEN = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g;
/** A bcrypt hash as Caddy took it before 2.8. */
const HASH_IN_BASE64 = /\bJDJ[hi45][\w+/=-]{40,}/g;
const OPTION_NAME = "--?[\\w-]*(?:password|passwd|secret|token|api-?key)[\\w-]*";
/** `--password=x`, `--token x`, and as the words of a list. */
const OPTION = new RegExp(`(?<![\\w-])(${OPTION_NAME})(["']?\\s*,\\s*|[= ]+)(?:"[^"]*"|'[^']*'|[^\\s"',]+)`, "gi");
/** `-u joe:x` of a program that asks the web. */
const LOGIN_OPTION = /(?<![\w-])((?:-u|--user)[= ]+["']?[A-Za-z][^\s:"'/]*:)[^\s"']+/g;

/** Whether a word is an option whose value, the next one, is a secret. */
export const isSecretOption = (word: string): boolean => new RegExp(`^${OPTION_NAME}$`, "i").test(word);

/** What is a secret by its form, wherever it stands. */
export const withoutPatterns = (text: string): string =>
  text
    .replaceAll(PRIVATE_KEY, HIDDEN)
    .replaceAll(AGE_KEY, HIDDEN)
    .replaceAll(WEB_TOKEN, HIDDEN)
    .replaceAll(HASH_IN_BASE64, HIDDEN)
    .replaceAll(OPTION, `$1$2${HIDDEN}`)
    .replaceAll(LOGIN_OPTION, `$1${HIDDEN}`)
    .replaceAll(LOGIN_IN_URL, (_, before: string) => `${before}${HIDDEN}@`)
    .replaceAll(TOKEN_IN_URL, (_, before: string) => `${before}${HIDDEN}@`)
    .replaceAll(KNOWN_TOKEN, HIDDEN)
    .replaceAll(SLACK_HOOK, (_, before: string) => `${before}${HIDDEN}`)
    .replaceAll(KEY_HEADER, (_, before: string) => `${before}${HIDDEN}`)
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
