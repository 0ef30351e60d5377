import { type EnvFile, literalValue } from "./env-file.ts";
import { looksSecret, type Product } from "./product.ts";

type Values = Readonly<Record<string, string | null>>;

/** Keys whose value still is what the vendor ships to everybody. */
export function defaultSecrets(product: Pick<Product, "secrets">, values: Values): readonly string[] {
  return product.secrets.filter(({ key, defaults }) => defaults.includes(values[key] ?? "")).map(({ key }) => key);
}

/** What the vendor shipped, and what stands there now. */
interface Settings {
  readonly shipped: Values;
  readonly now: Values;
}

/**
 * New values for the vendor's default secrets, and for what repeats a secret that changed, be it generated or set by the
 * operator: other secrets with the same shipped value that nobody named, and URLs that carry one as their password
 * (`postgres://user:password@host/db`).
 *
 * @param random makes one secret of URL-safe characters, so that it can stand in a URL as it is; null generates none
 */
export function newSecrets(
  product: Pick<Product, "secrets">,
  { shipped, now }: Settings,
  random: (() => string) | null,
): Readonly<Record<string, string>> {
  const made: Record<string, string> = {};
  const groups = new Map<string, string>();
  for (const { key, defaults, group } of random === null ? [] : product.secrets) {
    if (random === null || !defaults.includes(now[key] ?? "")) continue;
    const value = (group === undefined ? undefined : groups.get(group)) ?? random();
    if (group !== undefined) groups.set(group, value);
    made[key] = value;
  }
  const named = new Set(product.secrets.map(({ key }) => key));
  const replaced = new Map<string, string>();
  for (const key of Object.keys(shipped).filter(each => named.has(each) || looksSecret(each))) {
    const [old, fresh] = [shipped[key] ?? "", made[key] ?? now[key] ?? ""];
    if (old !== "" && fresh !== "" && old !== fresh && !replaced.has(old)) replaced.set(old, fresh);
  }
  for (const [key, value] of Object.entries(now)) {
    // What the operator set stays as it was set.
    if (value === null || named.has(key) || value !== shipped[key]) continue;
    for (const [old, fresh] of replaced) {
      if (value === old && looksSecret(key)) made[key] = fresh;
      else if (hasPassword(value, old)) made[key] = value.replace(`:${old}@`, `:${encodeURIComponent(fresh)}@`);
    }
  }
  return made;
}

const hasPassword = (value: string, password: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && value.includes(`:${password}@`);

/** Every key of an env file with its value where it is written out; null where Compose would have to interpolate. */
export function literalsOf(file: EnvFile): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    file.keys().map(key => {
      const raw = file.raw(key);
      return [key, raw === null ? null : literalValue(raw)];
    }),
  );
}
