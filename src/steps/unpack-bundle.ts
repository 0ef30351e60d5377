import { dirname } from "node:path";
import type { BundleSource } from "../domain/bundle.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = { readonly bundle: BundleSource & { readonly [key: string]: string | number | null }; readonly to: string };

/** The bundle's files, without its images, into a staging folder that appears whole. */
export const unpackBundle = defineStep({
  kind: "bundle.unpack",
  title: ({ bundle }: Input) => `Unpack ${bundle.path}`,
  look: async () => null,
  async do({ bundle, to }, { world, progress }: Context) {
    // In a home that is new the folder above is new as well, and must outlive a power cut with what is in it.
    await world.files.makeFolder(dirname(to));
    await world.bundles.unpack(bundle, to, progress);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  // The staging folder is named for the operation, so whatever is in it is ours.
  async undo({ to }, { world }) {
    await world.trees.remove(`${to}.part`, null);
    await world.trees.remove(to, null);
  },
});
