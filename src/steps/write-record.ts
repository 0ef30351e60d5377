import { type InstanceRecord, recordToText } from "../domain/instance.ts";
import type { Json } from "../domain/json.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  readonly path: string;
  readonly name: string;
  /** All of the record but the image ids, which are looked up by graph-mgr's own tags. */
  readonly record: { readonly [key: string]: Json };
  readonly images: readonly {
    readonly service: string;
    readonly own: string;
    readonly reference: string;
    readonly shipped: boolean;
  }[];
};

async function textOf({ record, images }: Input, { world }: Context): Promise<string> {
  const infos = await world.engine.images(images.map(({ own }) => own));
  const ids = images.map(
    ({ service, reference, shipped }, index) => [service, { id: infos[index]?.id ?? "", reference, shipped }] as const,
  );
  return recordToText({ ...(record as unknown as InstanceRecord), images: Object.fromEntries(ids) });
}

/** From here on the home knows the instance. */
export const writeRecord = defineStep({
  kind: "instance.record",
  title: ({ name }: Input) => `Record ${name} in the home`,
  look: async ({ path }, { world }: Context) => ({ text: await world.files.read(path) }),
  do: async (input, context) => context.world.files.write(input.path, await textOf(input, context), 0o600),
  isDone: async (input, context) => (await context.world.files.read(input.path)) === (await textOf(input, context)),
  async undo({ path }, { world }, { text }) {
    if (text === null) await world.files.remove(path);
    else await world.files.write(path, text, 0o600);
  },
});

/** The home no longer knows an instance that an update only went through. */
export const forgetRecord = defineStep({
  kind: "instance.forget",
  title: ({ name }: { readonly path: string; readonly name: string }) => `Forget ${name}`,
  look: async () => null,
  do: ({ path }, { world }: Context) => world.files.remove(path),
  isDone: async ({ path }, { world }) => !(await world.files.exists(path)),
  undo: { never: "it was only gone through; `graph-mgr resume` takes away what is left of it" },
});
