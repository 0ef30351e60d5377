import { Interrupted, OperatorError } from "../errors.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context, ProjectInput } from "./context.ts";
import { launch } from "./launch.ts";
import { refuseFailed } from "./refuse-failed.ts";

/** Where visitors come in; null for a product that nobody visits. */
type Probe = { readonly port: number; readonly tls: boolean; readonly path: string; readonly address?: string } | null;
type Probes = {
  readonly probe: Probe;
  /** Plans of older versions have none. */
  readonly otherProbe?: Probe;
};

type Open = {
  readonly project: ProjectInput;
  readonly instance: string;
  readonly services: readonly string[];
  readonly wayBack?: string;
} & Probes;

/** Plans of older versions do not name it. */
const WAY_BACK = "graph-mgr rollback";

const LOOK_EVERY_MS = 250;

/** The port at which the product itself answers; a proxy whose product is not there yet says 502, and the maintenance page 503. */
async function answeringPort({ probe, otherProbe = null }: Probes, { world }: Context): Promise<number | null> {
  for (const each of [probe, otherProbe]) {
    const answer = each === null ? null : await world.ports.ask(each);
    if (each !== null && answer !== null && answer.status < 500) return each.port;
  }
  return null;
}

/** Whether visitors are answered; what nobody visits is taken for answering. */
const answers = async (probes: Probes, context: Context): Promise<boolean> =>
  probes.probe === null || (await answeringPort(probes, context)) !== null;

/** From here on visitors come in. What they wrote would be lost on the way back, so there is none once an answer was seen. */
export const openFront = defineStep({
  kind: "front.open",
  title: ({ instance }: Open) => `Let visitors in to ${instance}`,
  look: async ({ project, instance, services }, context: Context) =>
    await launch.look({ project, instance, services, all: true }, context),
  do: ({ project, instance, services }, context, before) =>
    launch.do({ project, instance, services, all: true }, context, before),
  isDone: ({ project, instance, services }, context, before) =>
    launch.isDone({ project, instance, services, all: true }, context, before),
  fleeting: {
    subject: ({ project }) => `containers of ${project.name}`,
    holds: async ({ project, instance, services }, context, before) =>
      (await launch.fleeting?.holds({ project, instance, services, all: true }, context, before)) ?? true,
  },
  async pastReturn({ project, probe, otherProbe = null, wayBack = WAY_BACK }, context) {
    const port = await answeringPort({ probe, otherProbe }, context);
    if (port === null) return null;
    // Else it is somebody who took the port meanwhile.
    const fronts = (await context.world.engine.containers()).filter(each => each.project === project.name);
    if (!fronts.some(({ ports }) => ports.some(({ host }) => host === port))) return null;
    return `visitors are answered on port ${port} already, and what they wrote would be lost; after \`graph-mgr resume\` the way back is \`${wayBack}\``;
  },
  async undo({ project, instance, services }, context, before) {
    if (typeof launch.undo === "function") await launch.undo({ project, instance, services, all: true }, context, before);
  },
});

type Seen = {
  readonly instance: string;
  readonly timeoutSeconds: number;
  /** Whose containers answer: one that has ended for good ends the wait. */
  readonly project?: string;
  readonly services?: readonly string[];
} & Probes;

/** Only waits. */
export const awaitAnswer = defineStep({
  kind: "front.answers",
  title: ({ instance, probe }: Seen) => `See ${instance} answer${probe === null ? "" : ` on port ${probe.port}`}`,
  look: async () => null,
  async do({ instance, probe, otherProbe = null, timeoutSeconds, project, services = [] }, context: Context) {
    const { world, signal } = context;
    const begun = world.elapsedMs();
    while (!(await answers({ probe, otherProbe }, context))) {
      if (signal.aborted) throw new Interrupted("stopped while waiting for an answer");
      if (world.elapsedMs() - begun > timeoutSeconds * 1000) {
        throw new OperatorError(
          "NO_ANSWER",
          `${instance} did not answer on port ${[probe, otherProbe].flatMap(each => each?.port ?? []).join(" or ")} within ${timeoutSeconds} s.`,
          {
            hint: `graph-mgr logs ${instance}`,
          },
        );
      }
      if (project !== undefined) refuseFailed(instance, services, await containersOf(context, project));
      await world.pause(LOOK_EVERY_MS, signal);
    }
  },
  isDone: (probes, context) => answers(probes, context),
  undo: null,
});

type Committed = { readonly instance: string; readonly wayBack?: string };

/** Changes nothing: from here on visitors may have written, and undo must not throw that away. */
export const commit = defineStep({
  kind: "update.commit",
  title: ({ instance, wayBack = WAY_BACK }: Committed) => `${instance} serves: from here on the way back is \`${wayBack}\``,
  look: async () => null,
  do: async (_, _context: Context) => {},
  isDone: async () => true,
  // Said beside the title, which names the way back.
  undo: { never: "visitors may have used it; `graph-mgr resume` finishes" },
});
