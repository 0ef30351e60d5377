import type { BundledImage } from "../domain/bundle.ts";
import { isSameImage } from "../domain/image.ts";
import { IMAGE_SET_FORMAT, type ImageList, isTag, type SetImage } from "../domain/image-set.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import { familiarName } from "./images.ts";

type Engine = Awaited<ReturnType<World["engine"]["about"]>>;

/** What an export's plan is made of. */
export interface ExportFacts {
  readonly home: string;
  readonly engine: Engine;
  /** What the images are of, for people. */
  readonly of: string;
  readonly images: readonly SetImage[];
  readonly sizeBytes: number;
  readonly to: { readonly path: string; readonly exists: boolean; readonly freeBytes: number };
}

/** Everything that this machine's engine has, for those who export to it. */
export async function surveyHave({ engine }: Pick<World, "engine">): Promise<ImageList> {
  const [{ architecture, imageStore }, images] = await Promise.all([engine.about(), engine.allImages()]);
  return {
    schema: IMAGE_SET_FORMAT,
    architecture,
    imageStore,
    images: images.map(({ id, layers }) => ({ id, layers: [...layers] })),
  };
}

interface Wanted {
  /** Asked for in this order. */
  readonly references: readonly string[];
  readonly tags: readonly string[];
  readonly service: string;
}

/** The images of an instance by the ids that it launches, called as the vendor calls them. @throws OperatorError IMAGE_MISSING */
export function imagesOfInstance(record: InstanceRecord): readonly Wanted[] {
  return Object.entries(record.images).map(([service, { id, reference }]) => ({
    references: [id],
    tags: [familiarName(reference)].filter(isTag),
    service,
  }));
}

/** Those of a bundle that the engine has, which is where they are written from. */
export const imagesOfBundle = (images: readonly BundledImage[]): readonly (Wanted & { readonly same: BundledImage })[] =>
  images.map(image => ({
    references: [image.config, ...image.tags],
    tags: image.tags.filter(isTag),
    service: image.tags[0] ?? image.config.slice(0, 19),
    same: image,
  }));

/** @param to absolute */
export async function surveyExport(
  world: Pick<World, "engine" | "files" | "room">,
  home: string,
  of: string,
  wanted: readonly (Wanted & { readonly same?: BundledImage })[],
  to: string,
): Promise<ExportFacts> {
  const engine = await world.engine.about();
  const images = new Map<string, { tags: string[]; layers: readonly string[]; sizeBytes: number }>();
  for (const { references, tags, service, same } of wanted) {
    const infos = await world.engine.images(references);
    const info = infos.find(each => each !== null && (same === undefined || isSameImage(each, same, engine.imageStore)));
    if (!info)
      throw new OperatorError("IMAGE_MISSING", `The engine here does not have the image of ${service}.`, {
        hint:
          same === undefined
            ? "graph-mgr status   (an instance whose images are gone needs them first)"
            : "load the bundle's images first: `docker load -i containers.tar`, or `graph-mgr update BUNDLE --prepare`",
      });
    const known = images.get(info.id) ?? { tags: [], layers: info.layers, sizeBytes: info.sizeBytes };
    images.set(info.id, { ...known, tags: [...new Set([...known.tags, ...tags])] });
  }
  return {
    home,
    engine,
    of,
    images: [...images].map(([id, { tags, layers }]) => ({ id, tags, layers: [...layers] })),
    sizeBytes: [...images.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    to: { path: to, exists: await world.files.exists(to), freeBytes: await world.room.freeBytes(to) },
  };
}

type Checked = Awaited<ReturnType<World["imageSets"]["check"]>>;

/** What an import's plan is made of. */
export interface ImportFacts {
  readonly home: string;
  readonly engine: Engine;
  readonly set: Checked;
  /** Ids of those that the engine has already. */
  readonly present: readonly string[];
  /** Names that belong to other images here, and keep doing so. */
  readonly taken: readonly { readonly tag: string; readonly id: string }[];
}

export async function surveyImport(world: Pick<World, "engine">, home: string, set: Checked): Promise<ImportFacts> {
  const { images } = set.manifest;
  const infos = await world.engine.images(images.map(({ id }) => id));
  const taken: { tag: string; id: string }[] = [];
  for (const { id, tags } of images) {
    const named = await world.engine.images(tags);
    for (const [index, tag] of tags.entries()) {
      const other = named[index]?.id;
      if (other !== undefined && other !== id) taken.push({ tag, id: other });
    }
  }
  return {
    home,
    engine: await world.engine.about(),
    set,
    present: images.filter((_, index) => infos[index]).map(({ id }) => id),
    taken,
  };
}
