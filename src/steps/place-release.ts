import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = { readonly from: string; readonly to: string };

/** The finished folder appears under its name in one rename; nobody ever sees half of it. */
export const placeRelease = defineStep({
  kind: "release.place",
  title: ({ to }: Input) => `Put the release at ${to}`,
  look: async ({ to }, { world }: Context) => ({ existed: await world.files.exists(to) }),
  do: ({ from, to }, { world }) => world.files.rename(from, to),
  isDone: async ({ from, to }, { world }, { existed }) =>
    !existed && (await world.files.exists(to)) && !(await world.files.exists(from)),
  async undo({ from, to }, { world }, { existed }) {
    if (!existed && (await world.files.exists(to)) && !(await world.files.exists(from))) await world.files.rename(to, from);
  },
});
