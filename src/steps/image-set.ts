import { basename, dirname, join } from "node:path";
import type { ImageStore } from "../domain/image.ts";
import { holdTag, type ImageSetManifest, type ImageSetSource } from "../domain/image-set.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";
import { missingAbove, removeEmpty } from "./missing-folders.ts";

type Write = {
  /** The name that it will have. */
  readonly path: string;
  /** Written in the operation's folder once it was read back: whoever else makes a file of this name meanwhile is told from us by it. */
  readonly note: string;
  readonly manifest: Omit<ImageSetManifest, "streams" | "members">;
};

/** Hidden, so that nobody carries away a half. */
const writing = (path: string): string => join(dirname(path), `.${basename(path)}.writing`);
const count = (images: readonly unknown[]): string => `${images.length} image${images.length === 1 ? "" : "s"}`;

/** Streams images into a file, and reads it back from end to end before it has its name. */
export const writeImageSet = defineStep({
  kind: "images.export",
  title: ({ path, manifest }: Write) => `Write ${count(manifest.images)} into ${path}, and read it back`,
  look: async ({ path }, context: Context) => ({
    missing: await missingAbove(path, context),
    existed: await context.world.files.exists(path),
  }),
  async do({ path, note, manifest }, { world, progress }: Context) {
    const { files } = world;
    if (await files.exists(path))
      throw new OperatorError("EXISTS", `There is already a file ${path}.`, { hint: "give another name with --to" });
    await files.makeFolder(dirname(path));
    await world.trees.remove(writing(path), null);
    await world.imageSets.write(manifest, writing(path), progress);
    progress("reading it back");
    const { source } = await world.imageSets.check(writing(path));
    await files.write(note, `${JSON.stringify(source.digest)}\n`, 0o600);
    await files.rename(writing(path), path);
  },
  isDone: async ({ path, note }, { world }) => (await world.files.exists(note)) && (await world.files.exists(path)),
  async undo({ path, note }, context, { missing, existed }) {
    const { files, trees } = context.world;
    // It is ours once the hidden file has become it.
    const isOurs = !existed && (await files.exists(note)) && !(await files.exists(writing(path)));
    await trees.remove(writing(path), null);
    if (isOurs) await trees.remove(path, null);
    await files.remove(note);
    await removeEmpty(missing, context);
  },
});

type Import = {
  readonly set: ImageSetSource & { readonly [key: string]: string };
  readonly images: readonly { readonly id: string; readonly tags: readonly string[] }[];
  readonly store: ImageStore;
};
type Before = {
  /** Ids that were there already. */
  readonly present: readonly string[];
  /** What each name pointed to; null where it was free. */
  readonly tags: { readonly [tag: string]: string | null };
};

/** The names that an image gets: those that were free, and one of ours where all belong to others, so that no prune takes it. */
const namesFor = (
  { id, tags: own }: Import["images"][number],
  { tags, present }: Before,
  store: ImageStore,
): readonly string[] => {
  const free = own.filter(tag => (tags[tag] ?? null) === null);
  const isNamed = free.length > 0 || own.some(tag => tags[tag] === id) || present.includes(id);
  return isNamed ? free : [holdTag(id, store)];
};

/**
 * Puts exported images into the engine. The archive names none of them, so no load takes a name from another image; those names that
 * were free before are given afterwards.
 */
export const importImages = defineStep({
  kind: "images.import",
  title: ({ images }: Import) =>
    `Load ${count(images)}, and name ${images.length === 1 ? "it" : "them"} where the names are free`,
  async look({ images, store }, { world }: Context): Promise<Before> {
    const infos = await world.engine.images(images.map(({ id }) => id));
    const names = images.flatMap(({ id, tags }) => [...tags, holdTag(id, store)]);
    const named = await world.engine.images(names);
    return {
      present: images.filter((_, index) => infos[index]).map(({ id }) => id),
      tags: Object.fromEntries(names.map((name, index) => [name, named[index]?.id ?? null])),
    };
  },
  async do({ set, images, store }, { world }, before) {
    const infos = await world.engine.images(images.map(({ id }) => id));
    if (infos.includes(null)) await world.imageSets.load(set);
    for (const image of images)
      for (const name of namesFor(image, before, store)) {
        const [now] = await world.engine.images([name]);
        // Who took the name meanwhile keeps it.
        if (!now) await world.engine.tag(image.id, name);
      }
  },
  async isDone({ images, store }, { world }, before) {
    const infos = await world.engine.images(images.map(({ id }) => id));
    if (infos.includes(null)) return false;
    const named = await world.engine.images(images.flatMap(image => namesFor(image, before, store)));
    return !named.includes(null);
  },
  async undo({ images, store }, { world, remark }, before) {
    for (const image of images) {
      const names = namesFor(image, before, store);
      const isOld = before.present.includes(image.id);
      for (const name of names) {
        const [now] = await world.engine.images([name]);
        if (now?.id !== image.id) continue;
        // It was there without a name, and goes with its last one.
        if (isOld && now.tags.length === 1) remark(`The image ${image.id.slice(7, 19)} keeps the name ${name}.`);
        else await world.engine.untag(name);
      }
      const [info] = isOld ? [null] : await world.engine.images([image.id]);
      // What somebody named meanwhile is theirs now.
      if (info && info.tags.length === 0) await world.engine.removeImage(info.id);
    }
  },
});
