import { dirname } from "node:path";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  readonly from: string;
  readonly to: string;
  /** Where what the vendor ships at that place is kept, in the operation's folder. */
  readonly aside: string;
  readonly helperImage: string | null;
  /** Nothing is carried where there is nothing: only the hop before could tell. */
  readonly mayLack?: boolean;
};
type Before = {
  readonly ships: boolean;
  /** Journals of older versions do not say it. */
  readonly lacks?: boolean;
};

const built = ({ to }: Input): string => `${to}.carried`;

/**
 * A tree that the product or the administrator writes moves on to the new release: owners, modes and links as they are, proven by digest. Files that
 * only the new release has at that place are added. The old tree is only read; whoever writes into it was stopped before.
 */
export const carryTree = defineStep({
  kind: "tree.carry",
  title: ({ from }: Input) => `Carry ${from}`,
  look: async ({ from, to, mayLack = false }, { world }: Context): Promise<Before> => ({
    ships: await world.files.exists(to),
    lacks: mayLack && !(await world.files.exists(from)),
  }),
  async do(input, { world, progress }, { ships, lacks }) {
    if (lacks) return;
    const { from, to, aside, helperImage } = input;
    const { trees, files } = world;
    const isAside = ships && (await files.exists(aside));
    if (!isAside) {
      await trees.remove(built(input), helperImage);
      // What the administrator added may lie in a folder that the vendor does not have.
      if (!(await files.exists(dirname(to)))) await files.makeFolder(dirname(to));
      await trees.copy(from, built(input), [], helperImage, progress);
      const [was, is] = [await trees.digest(from, helperImage), await trees.digest(built(input), helperImage)];
      if (was !== is)
        throw new OperatorError("NOT_EQUAL", `The copy of ${from} differs from it.`, {
          hint: "see that nothing writes into it, then graph-mgr resume",
        });
      if (ships) {
        await trees.fill(to, built(input), helperImage);
        await files.makeFolder(aside.slice(0, aside.lastIndexOf("/")));
        await files.rename(to, aside);
      }
    }
    if (await files.exists(built(input))) await files.rename(built(input), to);
  },
  isDone: async (input, { world }, { ships, lacks }) =>
    lacks ||
    ((await world.files.exists(input.to)) &&
      !(await world.files.exists(built(input))) &&
      (!ships || (await world.files.exists(input.aside)))),
  async undo(input, { world }, { ships, lacks }) {
    if (lacks) return;
    const { to, aside, helperImage } = input;
    const { trees, files } = world;
    await trees.remove(`${built(input)}.part`, helperImage);
    await trees.remove(built(input), helperImage);
    if (ships && !(await files.exists(aside))) return;
    await trees.remove(to, helperImage);
    if (ships) await files.rename(aside, to);
  },
});
