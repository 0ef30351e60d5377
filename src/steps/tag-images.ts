import { type ImageStore, isSameImage } from "../domain/image.ts";
import { OperatorError } from "../errors.ts";
import type { Engine, ImageInfo } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Tag = {
  readonly service: string;
  /** graph-mgr's own name for it. */
  readonly own: string;
  /** The vendor's name. */
  readonly reference: string;
  /** The id or configuration digest that it must have; null for what was just built under its reference. */
  readonly config: string | null;
  readonly layers: readonly string[];
};
type Input = { readonly slug: string; readonly tags: readonly Tag[]; readonly store: ImageStore };
type Before = { readonly [own: string]: string | null };

const isOf = (config: string, info: ImageInfo, { layers }: Tag, store: ImageStore): boolean =>
  isSameImage(info, { config, layers }, store);

async function imageOf(tag: Tag, store: ImageStore, engine: Engine): Promise<ImageInfo | null> {
  const { config, reference } = tag;
  if (config === null) return (await engine.images([reference]))[0] ?? null;
  return (await engine.images([reference, config])).find(info => info !== null && isOf(config, info, tag, store)) ?? null;
}

/** Names every service's image for this instance, so that no prune takes it and a stolen vendor's tag does not matter. */
export const tagImages = defineStep({
  kind: "images.tag",
  title: ({ slug, tags }: Input) => `Keep ${tags.length} image${tags.length === 1 ? "" : "s"} for ${slug} by id`,
  async look({ tags }, { world }: Context): Promise<Before> {
    const infos = await world.engine.images(tags.map(({ own }) => own));
    return Object.fromEntries(tags.map(({ own }, index) => [own, infos[index]?.id ?? null]));
  },
  async do({ tags, store }, { world }) {
    for (const tag of tags) {
      const image = await imageOf(tag, store, world.engine);
      if (!image) {
        throw new OperatorError(
          "IMAGE_MISSING",
          `The engine has no image ${tag.reference} ${tag.config === null ? "" : `(${tag.config.slice(7, 19)}) `}for the service ${tag.service}.`,
          {
            hint: "install from a bundle that brings its images, or `docker pull` it first",
          },
        );
      }
      await world.engine.tag(image.id, tag.own);
    }
  },
  async isDone({ tags, store }, { world }) {
    const infos = await world.engine.images(tags.map(({ own }) => own));
    for (const [index, tag] of tags.entries()) {
      const info = infos[index];
      const image = await imageOf(tag, store, world.engine);
      if (!info || (tag.config === null ? info.id !== image?.id : !isOf(tag.config, info, tag, store))) return false;
    }
    return true;
  },
  async undo({ tags }, { world }, before) {
    for (const { own } of tags) {
      const old = before[own] ?? null;
      if (old !== null) await world.engine.tag(old, own);
      else await world.engine.untag(own);
    }
  },
});
