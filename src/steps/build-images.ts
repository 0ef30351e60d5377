import { defineStep } from "../plan/step.ts";
import type { Context, ProjectInput } from "./context.ts";

type Input = {
  readonly project: ProjectInput;
  readonly images: readonly { readonly service: string; readonly reference: string }[];
};
type Before = { readonly [reference: string]: string | null };

/** Builds what a bundle ships as sources. Only services whose image is nowhere, so no tag is taken from anybody. */
export const buildImages = defineStep({
  kind: "images.build",
  title: ({ images }: Input) => `Build ${images.map(({ reference }) => reference).join(", ")}`,
  async look({ images }, { world }: Context): Promise<Before> {
    const infos = await world.engine.images(images.map(({ reference }) => reference));
    return Object.fromEntries(images.map(({ reference }, index) => [reference, infos[index]?.id ?? null]));
  },
  do: ({ project, images }, { world, progress }) =>
    world.compose.build(
      project,
      images.map(({ service }) => service),
      progress,
    ),
  async isDone({ images }, { world }) {
    return (await world.engine.images(images.map(({ reference }) => reference))).every(info => info !== null);
  },
  async undo({ images }, { world }, before) {
    for (const { reference } of images) {
      const old = before[reference] ?? null;
      if (old === null) await world.engine.untag(reference);
      else await world.engine.tag(old, reference);
    }
  },
});
