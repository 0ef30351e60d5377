import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = { readonly dir: string; readonly pristine: string; readonly folders: readonly string[] };

async function filesBelow(context: Context, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await context.world.files.list(folder)) {
    const path = `${folder}/${name}`;
    if ((await context.world.files.list(path)).length > 0) found.push(...(await filesBelow(context, path)));
    else if ((await context.world.files.read(path)) !== null) found.push(path);
  }
  return found;
}

/** Data folders as the vendor ships them: empty but for the texts of the bundle. In staging, so undo has nothing to do. */
export const resetData = defineStep({
  kind: "data.reset",
  title: ({ folders }: Input) => `Start with empty ${folders.join(", ") || "data"}`,
  look: async () => null,
  async do({ dir, pristine, folders }, context: Context) {
    const { files } = context.world;
    for (const folder of folders) {
      await files.makeFolder(`${dir}/${folder}`);
      await files.changeMode(`${dir}/${folder}`, 0o755);
      for (const path of await filesBelow(context, `${pristine}/${folder}`)) {
        const to = `${dir}${path.slice(pristine.length)}`;
        await files.write(to, (await files.read(path)) ?? "", 0o644);
      }
    }
  },
  async isDone({ dir, pristine, folders }, context) {
    const { files } = context.world;
    for (const folder of folders) {
      if ((await files.mode(`${dir}/${folder}`)) !== 0o755) return false;
      for (const path of await filesBelow(context, `${pristine}/${folder}`)) {
        if ((await files.read(`${dir}${path.slice(pristine.length)}`)) !== (await files.read(path))) return false;
      }
    }
    return true;
  },
  undo: null,
});
