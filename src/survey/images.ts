import type { BundledImage } from "../domain/bundle.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { type ImageStore, isSameImage } from "../domain/image.ts";
import type { World } from "../host/world.ts";

/** The image of one service, and where it comes from. */
export interface ServiceImage {
  readonly service: string;
  readonly reference: string;
  readonly from: "bundle" | "engine" | "build";
  /** Configuration digest, or the engine's id; null until it is built. */
  readonly config: string | null;
  readonly layers: readonly string[];
}

export interface ImageFacts {
  readonly images: readonly ServiceImage[];
  /** Everything that the bundle's archive brings: a load moves the tags of all of them. */
  readonly archive: readonly BundledImage[];
  /** Of those, what is needed and the engine lacks. */
  readonly toLoad: readonly BundledImage[];
  /** Services whose image is nowhere, as `service (reference)`. */
  readonly missing: readonly { readonly service: string; readonly reference: string }[];
  /** Tags that loading will move away from another image. */
  readonly movedTags: readonly string[];
}

/** `docker.io/library/postgres` and `postgres` are one name to Docker, and no tag means `latest`. */
export function familiarName(reference: string): string {
  const short = reference.replace(/^(index\.)?docker\.io\//, "").replace(/^library\//, "");
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`;
}

/** A service's image is the bundle's, else the engine's, else built from the bundle's sources. */
export async function surveyImages(
  world: Pick<World, "engine">,
  model: ComposeModel,
  archive: readonly BundledImage[],
  store: ImageStore,
): Promise<ImageFacts> {
  const images: ServiceImage[] = [];
  const missing: { service: string; reference: string }[] = [];
  for (const [service, { image, build }] of Object.entries(model.services)) {
    // What Compose calls an image that it builds without a name.
    const reference = image ?? `${model.name}-${service}:latest`;
    const own = archive.find(
      ({ tags, config }) => tags.some(tag => familiarName(tag) === familiarName(reference)) || config === reference,
    );
    const [info] = own || image === undefined ? [] : await world.engine.images([reference]);
    if (own) images.push({ service, reference, from: "bundle", config: own.config, layers: own.layers });
    else if (info) images.push({ service, reference, from: "engine", config: info.id, layers: info.layers });
    else if (build !== undefined) images.push({ service, reference, from: "build", config: null, layers: [] });
    else missing.push({ service, reference });
  }
  const toLoad: BundledImage[] = [];
  const movedTags: string[] = [];
  for (const image of archive) {
    const infos = await world.engine.images([...image.tags, image.config]);
    movedTags.push(...image.tags.filter((_, index) => infos[index] && !isSameImage(infos[index], image, store)));
    const isNeeded = images.some(({ from, config }) => from === "bundle" && config === image.config);
    // A manifest digest says too little to leave a load out.
    if (isNeeded && (store === "containerd" || !infos.some(info => info !== null && isSameImage(info, image, store))))
      toLoad.push(image);
  }
  return { images, archive, toLoad, missing, movedTags: toLoad.length > 0 ? movedTags : [] };
}
