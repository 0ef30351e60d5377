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
