import type { BundledImage, BundleSource } from "../domain/bundle.ts";
import { type ImageStore, isSameImage } from "../domain/image.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  readonly bundle: BundleSource & { readonly [key: string]: string | number | null };
  /** Everything in the archive. */
  readonly images: readonly { readonly tags: readonly string[]; readonly config: string; readonly layers: readonly string[] }[];
  /** What is missing, by name, for the title. */
  readonly missing: readonly string[];
  readonly store: ImageStore;
  /**
   * Where it is noted what was there before, for an operation that comes later and rests on this one: going back on that takes
   * away what this one brought. Null where nothing comes later; older plans do not say it.
   */
  readonly remember: string | null;
};
type Before = {
  /** Where each tag pointed; null where there was none. */
  readonly tags: { readonly [tag: string]: string | null };
  /** Configuration digests of images that were there already. */
  readonly present: readonly string[];
};

/** A tag first, because on the containerd store an image cannot be asked for by its configuration. */
async function found({ world }: Context, image: BundledImage, store: ImageStore) {
  const [byTag, byConfig] = [await world.engine.images(image.tags), await world.engine.images([image.config])];
  return [...byTag, ...byConfig].find(info => info !== null && isSameImage(info, image, store)) ?? null;
}

/** Puts the bundle's images into the engine. Which tags it moved is known before, so that going back gives them back. */
export const loadImages = defineStep({
  kind: "images.load",
  title: ({ missing }: Input) =>
    missing.length === 0
      ? "See that the images are loaded"
      : `Load ${missing.length} image${missing.length === 1 ? "" : "s"}: ${missing.join(", ")}`,
  async look({ images, store, remember }, context: Context): Promise<Before> {
    const noted = remember ? await context.world.files.read(remember) : null;
    if (noted !== null) return JSON.parse(noted) as Before;
    const tags: Record<string, string | null> = {};
    const present: string[] = [];
    for (const image of images) {
      const infos = await context.world.engine.images(image.tags);
      for (const [index, tag] of image.tags.entries()) tags[tag] = infos[index]?.id ?? null;
      if ((await found(context, image, store)) !== null) present.push(image.config);
    }
    return { tags, present };
  },
  async do({ bundle, remember }, { world, progress }, before) {
    if (remember) await world.files.write(remember, `${JSON.stringify(before)}\n`, 0o600);
    await world.bundles.loadImages(bundle, progress);
  },
  // With every tag: a load that was cut off may have brought an image and not its name.
  async isDone({ images, store }, context) {
    for (const image of images) {
      const infos = await context.world.engine.images(image.tags);
      if (!infos.every(info => info !== null && isSameImage(info, image, store))) return false;
      if ((await found(context, image, store)) === null) return false;
    }
    return true;
  },
  async undo({ images, store, remember }, context, { tags, present }) {
    const { engine } = context.world;
    for (const image of images) {
      const ours = present.includes(image.config) ? null : await found(context, image, store);
      for (const tag of image.tags) {
        const before = tags[tag] ?? null;
        const [now] = await engine.images([tag]);
        if (now === null || now === undefined || now.id === before) continue;
        if (before !== null) await engine.tag(before, tag);
        else if (isSameImage(now, image, store)) await engine.untag(tag);
      }
      // An image that somebody uses or named meanwhile is theirs now.
      const [left] = ours === null ? [null] : await engine.images([ours.id]);
      if (left && left.tags.length === 0) await engine.removeImage(left.id);
    }
    if (remember) await context.world.files.remove(remember);
  },
});

/** Takes away again what an earlier operation loaded and noted, and gives tags back. What is used or was named meanwhile stays. */
export const unloadImages = defineStep({
  kind: "images.unload",
  title: ({ images }: Input) => `Take away the ${images.length} image${images.length === 1 ? "" : "s"} that were loaded ahead`,
  look: (input, context: Context) => loadImages.look(input, context),
  async do(input, context, before) {
    if (typeof loadImages.undo === "function") await loadImages.undo(input, context, before);
  },
  isDone: async ({ remember }, { world }) => !remember || !(await world.files.exists(remember)),
  undo: { never: "the next update loads them again; `graph-mgr resume` finishes" },
});
