import { LABELS } from "../domain/instance.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";

const USER_TYPED_IT = "the operator asked for it by name, and what is gone is gone";

type Containers = {
  readonly project: string;
  readonly dir: string;
  readonly instance: string;
  /** With the volumes that Docker made for one container alone; for an instance that nobody will launch again. */
  readonly anonymousVolumes?: boolean;
};

/** Stopped containers and the networks that Compose made for them; never a volume. `launch` makes them again. */
export const removeContainers = defineStep({
  kind: "containers.remove",
  title: ({ instance }: Containers) => `Remove the stopped containers and networks of ${instance}`,
  look: async () => null,
  async do({ project, dir, anonymousVolumes = false }, context: Context) {
    const { engine } = context.world;
    for (const { id, workingDir } of await containersOf(context, project))
      if (workingDir === dir) await engine.removeContainer(id, anonymousVolumes);
    for (const { id, labels } of await engine.networks())
      if (labels["com.docker.compose.project"] === project) await engine.removeNetwork(id);
  },
  async isDone({ project, dir }, context) {
    const left = (await containersOf(context, project)).some(({ workingDir }) => workingDir === dir);
    return (
      !left && !(await context.world.engine.networks()).some(({ labels }) => labels["com.docker.compose.project"] === project)
    );
  },
  // Containers hold nothing that the files and volumes do not hold; the next launch makes them again.
  undo: null,
});

type Move = { readonly from: string; readonly to: string; readonly what: string };

/** Out of the way and back, in one rename. */
export const moveAside = defineStep({
  kind: "path.move",
  title: ({ what, to }: Move) => `Move ${what} to ${to}`,
  look: async () => null,
  async do({ from, to }, { world }: Context) {
    if (await world.files.exists(from)) await world.files.rename(from, to);
  },
  isDone: async ({ from, to }, { world }) => (await world.files.exists(to)) && !(await world.files.exists(from)),
  async undo({ from, to }, { world }) {
    if ((await world.files.exists(to)) && !(await world.files.exists(from))) await world.files.rename(to, from);
  },
});

type Tree = { readonly path: string; readonly helperImage: string | null };

export const removeTree = defineStep({
  kind: "tree.remove",
  title: ({ path }: Tree) => `Delete the folder ${path}`,
  look: async () => null,
  do: ({ path, helperImage }, { world }: Context) => world.trees.remove(path, helperImage),
  isDone: async ({ path }, { world }) => !(await world.files.exists(path)),
  undo: { never: USER_TYPED_IT },
});

type Volume = {
  readonly name: string;
  /** Only if this operation made it; then nobody needs to have asked for it. */
  readonly isOwn?: boolean;
};

async function isToGo({ name, isOwn = false }: Volume, { world, operation }: Context): Promise<boolean> {
  const volume = await world.engine.volume(name);
  return volume !== null && (!isOwn || volume.labels[LABELS.operation] === operation.id);
}

export const removeVolume = defineStep({
  kind: "volume.remove",
  title: ({ name }: Volume) => `Delete the volume ${name}`,
  look: async () => null,
  async do(input, context: Context) {
    if (await isToGo(input, context)) await context.world.engine.removeVolume(input.name);
  },
  isDone: async (input, context) => !(await isToGo(input, context)),
  undo: { never: USER_TYPED_IT },
});

type Images = { readonly slug: string; readonly tags: readonly string[]; readonly ids: readonly string[] };

/** Of an instance's images those that nobody uses or keeps any more, and of its names those that can go. */
async function unused({ ids, tags }: Images, { world }: Context) {
  const { engine } = world;
  const used = new Set((await engine.inspect((await engine.containers()).map(({ id }) => id))).map(({ image }) => image));
  const named = await engine.images(tags);
  const left = new Map(named.flatMap(image => (image === null ? [] : [[image.id, image.tags.length] as const])));
  // Docker keeps the last name of an image while a container uses it; that of a stranger must not hold up a removal.
  const names = tags.filter((_, index) => {
    const image = named[index];
    if (!image) return false;
    // Two services may have one image, and then it is the last of their names.
    const count = left.get(image.id) ?? 0;
    if (used.has(image.id) && count === 1) return false;
    left.set(image.id, count - 1);
    return true;
  });
  const images = (await engine.images(ids)).filter(image => image !== null);
  return { names, images: images.filter(({ id }) => !used.has(id)) };
}

const isKept = ({ tags }: { readonly tags: readonly string[] }): boolean => tags.some(tag => tag.startsWith("graph-mgr/"));

/** Images of a run of this step that Docker keeps, because others are made from them. */
const needed = new WeakMap<Context, ReadonlySet<string>>();

/** Our own names of the images, and the images that then nobody uses. */
export const removeImages = defineStep({
  kind: "images.remove",
  title: ({ slug, ids }: Images) =>
    `Remove ${slug}'s names of its images${ids.length > 0 ? `, and ${ids.length} images that no instance uses` : ""}`,
  look: async () => null,
  async do(input, context: Context) {
    const { engine } = context.world;
    for (const tag of (await unused(input, context)).names) await engine.untag(tag);
    for (const image of (await unused(input, context)).images) {
      if (isKept(image)) continue;
      for (const tag of image.tags) await engine.untag(tag);
      if ((await engine.images([image.id]))[0]) await engine.removeImage(image.id);
      if ((await engine.images([image.id]))[0]) needed.set(context, new Set([...(needed.get(context) ?? []), image.id]));
    }
  },
  async isDone(input, context) {
    const { names, images } = await unused(input, context);
    return names.length === 0 && images.every(image => isKept(image) || needed.get(context)?.has(image.id));
  },
  undo: { never: "the images may be gone; a bundle brings them back" },
});
