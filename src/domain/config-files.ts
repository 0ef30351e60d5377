import { envOrder, isEnvFile, isWithin } from "./merge-layout.ts";
import type { Layout, Product } from "./product.ts";

/** The layout that an instance was laid out in. */
export const layoutNamed = (product: Product, name: string): Layout | null =>
  product.layouts.find(({ layout }) => layout === name) ?? null;

/** What decides which file a key belongs into. */
export interface KeyPlaces {
  /** Env files in the order in which they count. */
  readonly order: readonly string[];
  /** Where the administrator's own settings go. */
  readonly settings: string;
  /** Files of the order that say the key. */
  readonly saidIn: readonly string[];
  /** Files that only services name (`env_file:`) and that say it. */
  readonly namedIn: readonly string[];
  /** Whether a compose file puts its value in. */
  readonly isInterpolated: boolean;
}

/**
 * The files to try for a new value, best first. What Compose interpolates stays in `.env`, unless a later file says it and would win
 * (RULES 10); everything else goes where the administrator's settings are, unless a file that counts more says it.
 */
export function targetsFor({ order, settings, saidIn, namedIn, isInterpolated }: KeyPlaces): readonly string[] {
  const last = order.findLast(path => saidIn.includes(path));
  const own = order.includes(settings) ? settings : (order.at(-1) ?? settings);
  const isLater = last !== undefined && order.indexOf(last) > order.indexOf(own);
  const first = isInterpolated ? (last ?? order[0] ?? settings) : isLater ? last : own;
  // A key that nothing but one service's own file says is that service's.
  const onlyNamed = last === undefined ? namedIn : [];
  return [...new Set([...onlyNamed, first, ...[...saidIn].reverse(), ...namedIn])];
}

/** The file whose setting counts, which is the one to be taken out. */
export const sayerOf = ({ order, saidIn, namedIn }: KeyPlaces): string | null =>
  order.findLast(path => saidIn.includes(path)) ?? namedIn.at(-1) ?? null;

export interface ConfigurationOf {
  readonly layout: Layout | null;
  readonly envFiles: readonly string[];
  /** Compose files, and what services name with `env_file:`. */
  readonly others: readonly string[];
}

/** Whether a file, by its path in the instance, is configuration that a person edits. */
export function isConfiguration(path: string, { layout, envFiles, others }: ConfigurationOf): boolean {
  if ([".env", ...envFiles, ...others].includes(path)) return true;
  if (layout === null) return false;
  return (
    isEnvFile(path, layout) || [...envOrder(layout), ...layout.configuration, ...layout.texts].some(each => isWithin(path, each))
  );
}

/** Files and folders to choose from. */
export const configurationPlaces = ({ layout, envFiles, others }: ConfigurationOf): readonly string[] => [
  ...new Set([".env", ...envFiles, ...others, ...(layout?.texts ?? []), ...(layout?.configuration ?? [])]),
];

export const isCaddyfile = (path: string): boolean => /(?:^|\/)Caddyfile(?:\.[\w-]+)?$/.test(path) || path.endsWith(".caddyfile");
