import type { ComposeSource } from "../domain/isolation.ts";
import type { World } from "../host/world.ts";
import type { StepContext } from "../plan/step.ts";

export type Context = StepContext<World>;

/** A Compose project as plans name it. */
export type ProjectInput = { readonly name: string; readonly dir: string; readonly envFiles: readonly string[] };

/** Reads files of an instance by their relative path. */
export const readerOf =
  ({ world }: Context, dir: string) =>
  (relative: string): Promise<string | null> =>
    world.files.read(`${dir}/${relative}`);

/** Writes the sources whose text changed. */
export async function writeSources(
  { world }: Context,
  dir: string,
  old: readonly ComposeSource[],
  edited: readonly ComposeSource[],
): Promise<void> {
  for (const source of edited) {
    if (old.find(({ path }) => path === source.path)?.text !== source.text)
      await world.files.write(`${dir}/${source.path}`, source.text);
  }
}
