import { literalValue } from "./env-file.ts";
import { readAssignments } from "./env-syntax.ts";
import { looksSecret, type Product } from "./product.ts";

/** A key of an env file as its file has it. */
export interface EnvEntry {
  /** The value with its quotes; null for a key without `=`, which takes the shell's value. */
  readonly raw: string | null;
  /** What it says where nothing has to be interpolated; else null. */
  readonly literal: string | null;
  /** From `export` or the key to the value's end. */
  readonly statement: string;
  /** Where the statement stands in the text. */
  readonly from: number;
  readonly to: number;
}

export type EnvEntries = ReadonlyMap<string, EnvEntry>;

/** Every key with the assignment that counts: of duplicates the last. @throws OperatorError ENV_FILE_UNREADABLE */
export function entriesOf(text: string, path: string): EnvEntries {
  const entries = new Map<string, EnvEntry>();
  for (const { key, from, valueFrom, valueTo, bare } of readAssignments(text, path)) {
    if (bare && entries.has(key)) continue;
    const raw = bare ? null : text.slice(valueFrom, valueTo);
    const literal = raw === null ? null : literalValue(raw);
    entries.set(key, { raw, literal, statement: text.slice(from, valueTo), from, to: valueTo });
  }
  return entries;
}

/** Several env files in Compose's order as one: what a later one says counts. */
export const layered = (files: readonly EnvEntries[]): EnvEntries => new Map(files.flatMap(file => [...file]));

/** Whether two entries say the same, however they are quoted. */
export function sameEntry(one: EnvEntry | undefined, other: EnvEntry | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.raw === other.raw) return true;
  return one.literal !== null && one.literal === other.literal;
}

/** The values of env entries, for what knows values only. */
export const literalsIn = (entries: EnvEntries): Readonly<Record<string, string | null>> =>
  Object.fromEntries([...entries].map(([key, { literal }]) => [key, literal]));

const SECRET = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|SALT|CREDENTIAL|KEY/i;
const DATABASE = /^(?:POSTGRES(?:QL)?|PG|DB|DATABASE|MYSQL|MARIADB)_?(?:USER(?:NAME)?|DB|NAME|DATABASE(?:_NAME)?)$/i;

/** Whoever knows these is let in, may write there, or has what was paid for. */
const LETS_IN = /(?:^|_)(?:DSN|PAT|PIN|LICEN[CS]E|SESSION|COOKIES?|(?:BASIC_?)?AUTH|HTPASSWD|WEBHOOKS?(?:_URLS?)?)$/i;

const isSecret = (key: string): boolean => looksSecret(key) || SECRET.test(key);

/** Whether a value may not be shown. Wider than what is generated: to hide too much does no harm. */
export const isSecretKey = (key: string): boolean => isSecret(key) || LETS_IN.test(key);

/** Whether data rests on the value: it stays what it is, even where it is the vendor's old default (RULES 31). */
export const holdsData = (key: string, product: Pick<Product, "secrets">): boolean =>
  isSecret(key) || DATABASE.test(key) || product.secrets.some(secret => secret.key === key);

export interface Releases {
  readonly from: string;
  readonly to: string;
}

/** Keys that name images: in these texts, what Compose interpolates behind an `image:` (F38). */
export const imageKeys = (composeTexts: readonly string[]): ReadonlySet<string> =>
  new Set(
    composeTexts.flatMap(text =>
      [...text.matchAll(/^[^#\n]*\bimage["']?\s*:([^\n#]*)/gm)].flatMap(([, image = ""]) =>
        [...image.matchAll(/\$\{?([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, key = ""]) => key),
      ),
    ),
  );

export const isComposeKey = (key: string): boolean => key.startsWith("COMPOSE_");

/** Whether a value is the release's own number, on both sides: then it belongs to the release whatever the key is called. */
export function namesRelease(base: EnvEntry | undefined, theirs: EnvEntry | undefined, { from, to }: Releases): boolean {
  const plain = (text: string): string => text.replace(/^v/, "");
  const is = (entry: EnvEntry | undefined, release: string): boolean =>
    entry?.literal !== undefined && entry.literal !== null && plain(entry.literal) === plain(release);
  return from !== to && is(base, from) && is(theirs, to);
}
