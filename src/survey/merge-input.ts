import { isBaseKnown, type MergeInput, type Texts } from "../domain/merge-input.ts";
import type { Resolutions } from "../domain/merge-result.ts";
import { layoutFor } from "../domain/product.ts";
import type { HopSource } from "./hop-source.ts";
import { composeOf } from "./installed-source.ts";
import type { surveyProduct } from "./product.ts";

type Shipped = Awaited<ReturnType<typeof surveyProduct>>;

/** What the merge works on: the vendor's old files, those with graph-mgr's own edits, the administrator's, and the vendor's new ones. */
export async function mergeInput(
  { instance: { record }, texts }: HopSource,
  beside: Texts,
  theirs: Texts,
  { product, layout, release }: Pick<Shipped, "product" | "layout" | "release">,
  resolve: Resolutions,
): Promise<MergeInput> {
  const mine = { ...texts.mine, ...beside };
  const sides = await Promise.all([...(isBaseKnown(texts.base) ? [texts.base] : []), mine, theirs].map(composeOf));
  const compose = sides.flat().map(({ path }) => path);
  return {
    ...texts,
    mine,
    theirs,
    from: layoutFor(product, record.release),
    to: layout,
    releases: { from: record.release, to: release },
    product,
    compose: [...new Set(compose)],
    resolve,
  };
}
