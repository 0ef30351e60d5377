import type { BundledImage } from "./bundle.ts";

export type ImageStore = "classic" | "containerd";

/**
 * Whether an image of the engine is the one that a bundle brings. On the classic store the id is the digest of the
 * configuration, which decides alone; on the containerd store it is a manifest's, and the layers are compared.
 */
export function isSameImage(
  info: { readonly id: string; readonly layers: readonly string[] },
  image: Pick<BundledImage, "config" | "layers">,
  store: ImageStore,
): boolean {
  if (info.id === image.config) return true;
  return (
    store === "containerd" &&
    info.layers.length === image.layers.length &&
    info.layers.every((layer, index) => layer === image.layers[index])
  );
}

/** Services of one image together, in one sentence. */
export function byReference<Each extends { readonly service: string; readonly reference: string }>(
  all: readonly Each[],
): readonly (Omit<Each, "service"> & { readonly run: string })[] {
  const references = [...new Set(all.map(({ reference }) => reference))];
  return references.flatMap(reference => {
    const [first, ...more] = all.filter(each => each.reference === reference);
    if (first === undefined) return [];
    const { service, ...rest } = first;
    return [
      { ...rest, run: more.length === 0 ? `${service} runs` : `${[first, ...more].map(each => each.service).join(" and ")} run` },
    ];
  });
}
