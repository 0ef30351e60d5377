import { isSecretKey } from "./merge-keys.ts";

/** Shorter ones are words that anybody writes. */
const SECRET_FROM = 5;
const HIDDEN = "[hidden]";

/** What stands before the `@` of an address: `postgres://user:secret@host/db`. */
const IN_ADDRESS = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+@/gi;

/**
 * What a container said, without the secrets that its environment holds, and without passwords in addresses.
 * @param environment of the container: `KEY=value`
 */
export function hideSecrets(text: string, environment: readonly string[]): string {
  const secrets = environment
    .map(each => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)] as const)
    .flatMap(([key, value]) => (isSecretKey(key) && value.length >= SECRET_FROM ? [value, ...value.split("\n")] : []))
    .filter(secret => secret.length >= SECRET_FROM)
    // One secret may be a part of another.
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text).replace(IN_ADDRESS, `$1${HIDDEN}@`);
}
