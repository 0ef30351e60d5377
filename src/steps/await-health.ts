import { Interrupted, OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context } from "./context.ts";
import { keepingLastWords } from "./last-words.ts";
import { refuseFailed } from "./refuse-failed.ts";

type Input = {
  readonly project: string;
  readonly instance: string;
  readonly services: readonly string[];
  readonly timeoutSeconds: number;
  /** How long all must stay healthy, without a restart, before it counts. */
  readonly windowSeconds: number;
  /** Visitors are answered already: what is not healthy is told, and nothing fails of it. */
  readonly onlyTells?: boolean;
};

const LOOK_EVERY_MS = 500;

/** @throws OperatorError NOT_HEALTHY when a service has ended for good */
async function look({ project, instance, services }: Input, context: Context) {
  const containers = await containersOf(context, project);
  return {
    health: refuseFailed(instance, services, containers),
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
  };
}

const waitingFor = (health: Awaited<ReturnType<typeof look>>["health"]): string =>
  health
    .filter(({ verdict }) => verdict !== "healthy")
    .map(({ service, why }) => `${service}: ${why}`)
    .join("; ");

/** Runs of this step that saw all of the window. */
const watched = new WeakSet<Context>();

/** Healthy means that the product's own checks pass, for a while and not for a moment. Only waits, so it may be interrupted. */
export const awaitHealth = defineStep({
  kind: "instance.healthy",
  title: ({ instance, services }: Input) =>
    `Wait until ${services.length === 1 ? `${services[0]} of ` : ""}${instance} is healthy`,
  look: async () => null,
  async do(input, context: Context) {
    try {
      if (input.onlyTells === true) await healthy(input, context);
      else await keepingLastWords(context, input, () => healthy(input, context));
    } catch (error) {
      if (input.onlyTells !== true || !(error instanceof OperatorError) || error.code !== "NOT_HEALTHY") throw error;
      context.remark(error.message);
    }
    watched.add(context);
  },
  // Asked before `do` as well: healthy for a moment is not enough, so only a window that this run has watched counts.
  isDone: async (_, context) => watched.has(context),
  undo: null,
});

/** @throws OperatorError NOT_HEALTHY; Interrupted */
async function healthy(input: Input, context: Context): Promise<void> {
  const { world, progress, signal } = context;
  const begun = world.elapsedMs();
  let steadySince: { readonly at: number; readonly restarts: number } | null = null;
  let said = "";
  for (;;) {
    if (signal.aborted) throw new Interrupted("stopped while waiting for health");
    const { health, restarts } = await look(input, context);
    const missing = waitingFor(health);
    const now = world.elapsedMs();
    if (missing !== "") steadySince = null;
    else if (steadySince === null || steadySince.restarts !== restarts) steadySince = { at: now, restarts };
    if (steadySince !== null && now - steadySince.at >= input.windowSeconds * 1000) {
      return;
    }
    if (now - begun > input.timeoutSeconds * 1000) {
      throw new OperatorError(
        "NOT_HEALTHY",
        `${input.instance} did not become healthy within ${input.timeoutSeconds} s; last seen: ${missing || "restarting services"}.`,
        {
          hint: `graph-mgr logs ${input.instance}`,
        },
      );
    }
    if (missing !== said && missing !== "") progress(`waiting for ${missing}`);
    said = missing;
    await world.pause(LOOK_EVERY_MS, signal);
  }
}
