import { type EnvEntries, isSecretKey, literalsIn } from "./merge-keys.ts";
import type { Product } from "./product.ts";
import { newSecrets } from "./secrets.ts";

type Values = Readonly<Record<string, string | null>>;

export interface Followed {
  /** New values by key. */
  readonly values: Readonly<Record<string, string>>;
  /** Keys of URLs with a password that was the default of several secrets, which now differ: nobody can say which it is. */
  readonly unclear: readonly string[];
}

const URL = /^([a-z][a-z0-9+.-]*:\/\/)([^\s/:@]*)(:[^\s@]*@|@)([^\s/:?#]+)((?::\d+)?)((?:\/[^\s?#]*)?)(.*)$/i;
const PARTS = [
  ["user", /USER(?:NAME)?$/i],
  ["host", /HOST$/i],
  ["database", /(?:DB|NAME|DATABASE)$/i],
] as const;
const DATABASE_KEY = /^(?:POSTGRES(?:QL)?|PG|DB|DATABASE)_?[A-Z_]+$/i;

/**
 * What values become that repeat others: a URL with the database's password, user, host or name in it changes with them.
 *
 * @param shipped what the vendor ships together
 * @param now the same keys with what the administrator has; a value that differs from the shipped one stays as it is
 * @param held keys that the administrator's files have: a secret that is new repeats those, and casts no doubt on them
 */
export function follow(
  product: Pick<Product, "secrets">,
  { shipped, now, held }: { readonly shipped: EnvEntries; readonly now: EnvEntries; readonly held: ReadonlySet<string> },
): Followed {
  const [before, after] = [literalsIn(shipped), literalsIn(now)];
  const ambiguous = ambiguousSecrets(before, after, held);
  const known = Object.fromEntries(
    Object.entries(before).map(([key, value]) => [key, isSecretKey(key) && ambiguous.has(value ?? "") ? null : value]),
  );
  // Secrets of which nobody can say what they were are not looked for; what repeats them is not touched either.
  const passwords = newSecrets(product, { shipped: known, now: after }, null);
  const values: Record<string, string> = {};
  const unclear: string[] = [];
  for (const [key, value] of Object.entries(after)) {
    if (value === null || value !== before[key]) continue;
    const password = URL.exec(value)?.[3]?.slice(1, -1) ?? "";
    if (password !== "" && ambiguous.has(password)) unclear.push(key);
    const fresh = withParts(passwords[key] ?? value, { before, after });
    if (fresh !== value) values[key] = fresh;
  }
  return { values, unclear };
}

/** Defaults that several secrets share and that not all of them still have, or that became different things. */
function ambiguousSecrets(before: Values, after: Values, held: ReadonlySet<string>): ReadonlySet<string> {
  const became = new Map<string, Set<string>>();
  for (const [key, value] of Object.entries(before)) {
    if (!held.has(key) || !isSecretKey(key) || value === null || value === "") continue;
    const now = after[key];
    if (now !== null && now !== undefined) became.set(value, (became.get(value) ?? new Set()).add(now));
  }
  return new Set([...became].filter(([, values]) => values.size > 1).map(([value]) => value));
}

function withParts(value: string, { before, after }: { before: Values; after: Values }): string {
  const found = URL.exec(value);
  if (!found) return value;
  const [, scheme = "", user = "", login = "", host = "", port = "", path = "", rest = ""] = found;
  const parts = { user, host, database: path.slice(1) };
  for (const [part, pattern] of PARTS) {
    const fresh = Object.keys(before)
      .filter(key => DATABASE_KEY.test(key) && pattern.test(key) && before[key] === parts[part] && parts[part] !== "")
      .map(key => after[key]);
    const [one] = new Set(fresh);
    if (one !== undefined && one !== null && one !== "" && new Set(fresh).size === 1)
      parts[part] = part === "host" ? one : encodeURIComponent(one);
  }
  return `${scheme}${parts.user}${login}${parts.host}${port}${path === "" ? "" : `/${parts.database}`}${rest}`;
}
