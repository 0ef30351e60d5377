import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = { readonly from: string; readonly to: string; readonly paths: readonly string[]; readonly release: string };

/** The vendor's own texts of this cut of the release: the base of later merges and of the check that only names were changed. */
export const keepPristine = defineStep({
  kind: "pristine.keep",
  title: ({ release }: Input) => `Keep the vendor's own files of ${release}`,
  look: async ({ to }, { world }: Context) => ({ existed: await world.files.exists(to) }),
  async do({ from, to, paths }, { world }) {
    await world.trees.remove(`${to}.part`, null);
    for (const path of paths)
      await world.files.write(`${to}.part/${path}`, (await world.files.read(`${from}/${path}`)) ?? "", 0o600);
    await world.files.rename(`${to}.part`, to);
  },
  isDone: ({ to }, { world }) => world.files.exists(to),
  async undo({ to }, { world }, { existed }) {
    await world.trees.remove(`${to}.part`, null);
    if (!existed) await world.trees.remove(to, null);
  },
});

/** The same of the merged configuration, before graph-mgr's own edits: what the check of these compares with. Holds secrets. */
export const keepMerged = defineStep({
  ...keepPristine,
  kind: "configuration.keep",
  title: (_: Input) => "Keep the merged configuration, to compare with",
});
