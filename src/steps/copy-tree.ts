import { dirname } from "node:path";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  readonly from: string;
  readonly to: string;
  /** Relative paths that stay behind. */
  readonly leaveOut: readonly string[];
  /** An image for the helper, for trees that this user may not read alone. */
  readonly helperImage: string | null;
};

/** A whole folder: owners, modes, links as they are. It appears whole under its name. */
export const copyTree = defineStep({
  kind: "tree.copy",
  title: ({ from, leaveOut }: Input) =>
    `Copy the files of ${from}${leaveOut.length > 0 ? ` without ${leaveOut.join(", ")}` : ""}`,
  look: async () => null,
  async do({ from, to, leaveOut, helperImage }, { world, progress }: Context) {
    await world.files.makeFolder(dirname(to));
    await world.trees.copy(from, to, leaveOut, helperImage, progress);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  async undo({ to, helperImage }, { world }) {
    await world.trees.remove(`${to}.part`, helperImage);
    await world.trees.remove(to, helperImage);
  },
});
