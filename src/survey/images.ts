import type { BundledImage } from "../domain/bundle.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { type ImageStore, isSameImage } from "../domain/image.ts";
import type { World } from "../host/world.ts";

/** The image of one service, and where it comes from. */
export interface ServiceImage {
  readonly service: string;
  readonly reference: string;
  readonly from: "bundle" | "engine";
  /** Configuration digest, or the engine's id. */
  readonly config: string;
  readonly layers: readonly string[];
}

export interface ImageFacts {
  readonly images: readonly ServiceImage[];
  /**
   * What loading the bundle's archive puts into the engine: all of its images, because Docker knows no less; none when the
   * engine has every one that a service needs.
   */
  readonly toLoad: readonly BundledImage[];
  /** Services whose image is nowhere: `service (reference)`; `build` without an image counts too. */
  readonly missing: readonly { readonly service: string; readonly reference: string | null }[];
  /** Tags that loading will move away from another image. */
  readonly movedTags: readonly string[];
}

/** `docker.io/library/postgres` and `postgres` are one name to Docker, and no tag means `latest`. */
export function familiarName(reference: string): string {
  const short = reference.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`;
}

export async function surveyImages(
  world: Pick<World, "engine">,
  model: ComposeModel,
  bundled: readonly BundledImage[],
  store: ImageStore,
): Promise<ImageFacts> {
  const images: ServiceImage[] = [];
  const missing: { service: string; reference: string | null }[] = [];
  const needed = new Set<BundledImage>();
  for (const [service, { image: reference }] of Object.entries(model.services)) {
    if (reference === undefined) {
      missing.push({ service, reference: null });
      continue;
    }
    const own = bundled.find(
      ({ tags, config }) => tags.some(tag => familiarName(tag) === familiarName(reference)) || config === reference,
    );
    if (own) {
      needed.add(own);
      images.push({ service, reference, from: "bundle", config: own.config, layers: own.layers });
      continue;
    }
    const [info] = await world.engine.images([reference]);
    if (info) images.push({ service, reference, from: "engine", config: info.id, layers: info.layers });
    else missing.push({ service, reference });
  }
  let lacksOne = false;
  const movedTags: string[] = [];
  for (const image of bundled) {
    const infos = await world.engine.images([...image.tags, image.config]);
    // A manifest digest says too little to leave a load out.
    const isThere = store === "classic" && infos.some(info => info !== null && isSameImage(info, image, store));
    if (needed.has(image) && !isThere) lacksOne = true;
    movedTags.push(...image.tags.filter((_, index) => infos[index] && !isSameImage(infos[index], image, store)));
  }
  return { images, toLoad: lacksOne ? bundled : [], missing, movedTags: lacksOne ? movedTags : [] };
}
