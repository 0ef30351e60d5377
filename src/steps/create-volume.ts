import { LABELS } from "../domain/instance.ts";
import { OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";

type Input = {
  readonly name: string;
  readonly key: string;
  readonly project: string;
  readonly driver: string;
  readonly options: { readonly [key: string]: string };
};

/**
 * An empty volume of our own making, so that going back can tell it from others. It carries Compose's labels too:
 * without them `up` would warn that it belongs to somebody else.
 */
export const createVolume = defineStep({
  kind: "volume.create",
  title: ({ name }: Input) => `Create the volume ${name}`,
  look: async ({ name }, { world }: Context) => ({ existed: (await world.engine.volume(name)) !== null }),
  async do({ name, key, project, driver, options }, { world, operation }, { existed }) {
    if (existed) {
      throw new OperatorError("VOLUME_EXISTS", `There is already a volume ${name}, and what is in it is not ours.`, {
        hint: "see with `graph-mgr volumes` whose it is; an installation or a copy can take another --name",
      });
    }
    const labels = {
      "com.docker.compose.project": project,
      "com.docker.compose.volume": key,
      [LABELS.home]: operation.home,
      [LABELS.instance]: project,
      [LABELS.operation]: operation.id,
    };
    await world.engine.createVolume({ name, driver, options, labels });
  },
  async isDone({ name }, { world, operation }) {
    return (await world.engine.volume(name))?.labels[LABELS.operation] === operation.id;
  },
  async undo({ name }, { world, operation }) {
    if ((await world.engine.volume(name))?.labels[LABELS.operation] === operation.id) await world.engine.removeVolume(name);
  },
});
