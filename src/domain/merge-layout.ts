import { posix } from "node:path";
import { OperatorError } from "../errors.ts";
import type { Layout, LayoutMove, Product } from "./product.ts";

/** Env files in the order in which they count; without a list it is Compose's own default. */
export const envOrder = (layout: Layout): readonly string[] => (layout.envFiles.length > 0 ? layout.envFiles : [".env"]);

/** Whether a file is merged by key. */
export const isEnvFile = (path: string, layout: Layout): boolean =>
  posix.basename(path).endsWith(".env") || path === layout.settings || envOrder(layout).includes(path);

/** Of relative paths. */
export const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

/** Whether a file of the configuration is merged as a text: env files, and what the layout names. */
export const isMergedText = (path: string, layout: Layout): boolean =>
  isEnvFile(path, layout) || layout.texts.some(each => isWithin(path, each));

/** What is carried as it is. */
export const treesOf = (layout: Layout): readonly string[] => [
  ...layout.configuration.filter(path => !isMergedText(path, layout)),
  ...layout.data,
];

/** Whether a file is carried with a tree, and so is none of the merge's. */
export const isInTree = (path: string, layout: Layout): boolean => treesOf(layout).some(tree => isWithin(path, tree));

/**
 * What an update from one layout to another moves; null when both are the same.
 * @throws OperatorError NO_LAYOUT_MOVE
 */
export function moveBetween(product: Pick<Product, "product">, from: Layout, to: Layout): LayoutMove | null {
  if (from.layout === to.layout) return null;
  const move = to.from[from.layout];
  if (move) return move;
  throw new OperatorError(
    "NO_LAYOUT_MOVE",
    `Nobody described how the ${from.layout} layout of ${product.product} becomes the ${to.layout} one.`,
    { hint: `describe it in a product description: from: { ${from.layout}: ... } in the layout ${to.layout}` },
  );
}

/** Where a text lies in the new layout. */
export const movedText = (path: string, move: LayoutMove | null): string => move?.files[path] ?? path;

/** A text with the places that moved, by its path in the new layout. */
export const rewritten = (text: string, path: string, move: LayoutMove | null): string =>
  (move?.rewrite ?? [])
    .filter(({ file }) => file === path)
    .reduce((result, { from, to }) => result.replaceAll(from, () => to), text);

export interface Tree {
  /** Relative to the old instance. */
  readonly from: string;
  /** Relative to the new one. */
  readonly to: string;
}

/**
 * What is carried as it is, with owners, modes and links: configuration that is not merged as a text, and data. An entry may be a
 * file, and need not be there. A tree that goes into another comes after it, so that carrying them in order is right.
 *
 * @param others what the administrator added, by its path in the old instance
 * @throws OperatorError NO_LAYOUT_MOVE
 */
export function treesToCarry(
  product: Pick<Product, "product">,
  from: Layout,
  to: Layout,
  others: readonly string[] = [],
): readonly Tree[] {
  const move = moveBetween(product, from, to);
  const trees = [...new Set([...treesOf(from), ...others])].map(path => ({
    from: path,
    to: move?.trees[path] ?? movedText(path, move),
  }));
  return trees.sort((one, other) => (one.to < other.to ? -1 : one.to > other.to ? 1 : 0));
}
