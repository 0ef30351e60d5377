import { bytes } from "../domain/units.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  /** In words, with how many. */
  readonly what: string;
  readonly sizeBytes: number;
  readonly paths: readonly string[];
  readonly helperImage: string | null;
};

/** Files and folders that nothing refers to, all of one sort at once: of two hundred old operations nobody wants to read two hundred lines. */
export const removeUnused = defineStep({
  kind: "unused.remove",
  title: ({ what, sizeBytes }: Input) => `Delete ${what}${sizeBytes > 0 ? ` (${bytes(sizeBytes)})` : ""}`,
  look: async () => null,
  async do({ paths, helperImage }, { world }: Context) {
    for (const path of paths) if (await world.files.exists(path)) await world.trees.remove(path, helperImage);
  },
  async isDone({ paths }, { world }) {
    for (const path of paths) if (await world.files.exists(path)) return false;
    return true;
  },
  undo: { never: "nothing refers to what is deleted; `graph-mgr resume` finishes" },
});
