import { isUp } from "../domain/health.ts";
import type { ContainerDetail } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context, ProjectInput } from "./context.ts";
import { keepingLastWords } from "./last-words.ts";
import { refuseSharedVolumes } from "./own-volumes.ts";
import { refuseFailed } from "./refuse-failed.ts";
import { remarkEnded } from "./still-up.ts";

type Input = { readonly project: ProjectInput; readonly instance: string; readonly services: readonly string[] };
type Before = { readonly containers: readonly { readonly id: string; readonly running: boolean }[] };

const ofServices = async ({ project, services }: Input, context: Context): Promise<readonly ContainerDetail[]> =>
  (await containersOf(context, project.name)).filter(
    ({ service, workingDir }) => services.includes(service ?? "") && workingDir === project.dir,
  );

const look = async (input: Input, context: Context): Promise<Before> => ({
  containers: (await ofServices(input, context)).map(each => ({ id: each.id, running: isUp(each) })),
});

const isWell = (each: ContainerDetail): boolean => isUp(each) || (each.state === "exited" && each.exitCode === 0);

/**
 * New containers of what the files say now. Compose makes none by itself where only a file changed that is mounted: the container goes on
 * seeing the old one (RULES 23).
 */
export const recreate = defineStep({
  kind: "instance.recreate",
  title: ({ instance, services }: Input) => `Make new containers for ${services.join(", ")} of ${instance}`,
  look,
  async do({ project, instance, services }, context: Context) {
    await refuseSharedVolumes(context, project);
    await context.world.compose.up(project, services, { recreate: true });
    await keepingLastWords(context, { project: project.name, services }, async () =>
      refuseFailed(instance, services, await containersOf(context, project.name)),
    );
  },
  async isDone(input, context, { containers: before }) {
    const now = await ofServices(input, context);
    return input.services.every(service =>
      now.some(each => each.service === service && isWell(each) && !before.some(({ id }) => id === each.id)),
    );
  },
  // What no restart policy wakes is down after a power cut.
  fleeting: {
    subject: ({ project }) => `containers of ${project.name}`,
    async holds(input, context) {
      const now = await ofServices(input, context);
      return input.services.every(service => now.some(each => each.service === service && isWell(each)));
    },
  },
  // Only once the files are as they were: `recreateBack`, which stands before them in the plan.
  undo: null,
});

/** Does nothing, but on the way back, when the files are what they were: then it makes the containers of these again. */
export const recreateBack = defineStep({
  kind: "instance.recreate-back",
  title: ({ instance, services }: Input) => `Remember the containers of ${services.join(", ")} of ${instance}`,
  look,
  do: async () => undefined,
  isDone: async () => true,
  undoTitle: ({ instance, services }: Input) =>
    `Give ${services.join(", ")} of ${instance} containers of the former configuration`,
  async undo(input, context: Context, { containers: before }) {
    const now = await ofServices(input, context);
    const isSame = now.length === before.length && now.every(({ id }) => before.some(old => old.id === id));
    const down = now.filter(each => !isUp(each) && before.some(old => old.id === each.id && old.running));
    if (isSame) await context.world.engine.start(down.map(({ id }) => id));
    else await context.world.compose.up(input.project, input.services, { recreate: true });
    if (!isSame || down.length > 0)
      await remarkEnded(context, { project: input.project.name, instance: input.instance, services: input.services });
  },
});
