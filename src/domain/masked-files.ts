import { isScalar, parseDocument, visit } from "yaml";
import { EnvFile } from "./env-file.ts";
import { isSecretKey } from "./merge-keys.ts";
import type { Scrubber } from "./scrub.ts";
import { HIDDEN, isSecretOption } from "./secret-patterns.ts";

/**
 * An env file without values of secrets and without comments, in which anything may stand.
 * @throws OperatorError ENV_FILE_UNREADABLE
 */
export function maskedEnv(text: string, scrubber: Scrubber): string {
  const file = EnvFile.parse(text);
  const lines = file.keys().map(key => {
    const value = file.raw(key) ?? "";
    if (value === "") return `${key}=`;
    // One line a key, so that a value can be no other's.
    return `${key}=${isSecretKey(key) ? HIDDEN : scrubber.text(value).replaceAll(/\r?\n/g, " ")}`;
  });
  return lines.map(line => `${line}\n`).join("");
}

/** A compose file likewise; null for what is no YAML. */
export function maskedYaml(text: string, scrubber: Scrubber): string | null {
  const document = parseDocument(text, { logLevel: "silent" });
  if (document.errors.length > 0) return null;
  document.commentBefore = null;
  document.comment = null;
  // By itself: of two visitors that fit a node only the closer one is asked.
  visit(document, {
    Node(_, node) {
      node.comment = null;
      node.commentBefore = null;
    },
  });
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && isSecretKey(String(key.value)) && isScalar(value) && value.value !== null) {
        value.value = HIDDEN;
        value.type = "PLAIN";
      }
    },
    Seq(_, { items }) {
      items.forEach((item, index) => {
        const before = items[index - 1];
        if (!isScalar(before) || !isScalar(item) || !isSecretOption(String(before.value))) return;
        item.value = HIDDEN;
        item.type = "PLAIN";
      });
    },
    Scalar(key, node) {
      // Only what has no key of its own can be more than a word.
      if (typeof node.value === "string" && key !== "key") node.value = scrubber.text(node.value);
    },
  });
  return scrubber.known(document.toString({ lineWidth: 0 }));
}

/** What follows is a secret, whatever it looks like: names of users, hashes, tokens of those who run name servers. */
const CADDY_SECRET = /^(.*\b(?:(?:acme_)?dns\s+\S+|eab|mac_key|Authorization))\s+(?!\{\s*$)\S.*$/i;
const CADDY_LOGINS = /^\s*basic_?auth\b.*\{\s*$/;

/** A line of a Caddyfile, in a difference as well, without what follows such a word. */
export const withoutCaddySecret = (line: string): string => line.replace(CADDY_SECRET, `$1 ${HIDDEN}`);

/** A Caddyfile without comments, users' hashes and tokens. */
export function maskedCaddyfile(text: string, scrubber: Scrubber): string {
  let isLogins = false;
  const lines = text.split("\n").flatMap(line => {
    const plain = line.replace(/(^|\s)#.*$/, "$1").trimEnd();
    if (plain === "") return [];
    if (isLogins) {
      isLogins = plain.trim() !== "}";
      return [isLogins ? plain.replace(/^(\s*\S+)\s.*$/, `$1 ${HIDDEN}`) : plain];
    }
    isLogins = CADDY_LOGINS.test(plain);
    const [, name = "", said] = /^\s*(\S+)\s+(.*)$/.exec(plain) ?? [];
    if (said !== undefined && isSecretKey(name) && !/\{\s*$/.test(said)) return [plain.replace(said, HIDDEN)];
    return [withoutCaddySecret(plain)];
  });
  return scrubber.text(`${lines.join("\n")}\n`);
}
