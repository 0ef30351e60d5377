import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = { readonly link: string; readonly target: string | null };

/** Null takes the link away. The link is for people; graph-mgr itself uses real paths. */
export const setCurrent = defineStep({
  kind: "current.set",
  title: ({ target }: Input) => (target === null ? "Let current point at nothing" : `Point current at ${target}`),
  look: async ({ link }, { world }: Context) => ({ target: await world.files.readLink(link) }),
  do: ({ link, target }, { world }) => world.files.replaceLink(link, target),
  isDone: async ({ link, target }, { world }) => (await world.files.readLink(link)) === target,
  undo: ({ link }, { world }, { target }) => world.files.replaceLink(link, target),
});
