import { isUp } from "../domain/health.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";

type Input = { readonly project: string; readonly instance: string; readonly services: readonly string[] };

const GRACE_SECONDS = 120;

/**
 * What ran ahead of the rest is stopped, because files that it may have open are about to be put in their place; the launch that follows starts it
 * again. On the way back it goes with the step that started it.
 */
export const rest = defineStep({
  kind: "instance.rest",
  title: ({ instance, services }: Input) => `Stop ${services.join(", ")} of ${instance} until its files are there`,
  look: async () => null,
  async do({ project }, context: Context) {
    const up = (await containersOf(context, project)).filter(isUp);
    await context.world.engine.stop(
      up.map(({ id }) => id),
      GRACE_SECONDS,
    );
  },
  isDone: async ({ project }, context) => !(await containersOf(context, project)).some(isUp),
  // A machine that starts again may have woken it.
  fleeting: {
    subject: ({ project }) => `containers of ${project}`,
    holds: async ({ project }, context) => !(await containersOf(context, project)).some(isUp),
  },
  undo: null,
});
