import { isUp } from "../domain/health.ts";
import type { ContainerDetail } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import { containersOf } from "./containers.ts";
import type { Context, ProjectInput } from "./context.ts";
import { keepingLastWords } from "./last-words.ts";
import { refuseSharedVolumes } from "./own-volumes.ts";
import { refuseFailed } from "./refuse-failed.ts";

type Input = {
  readonly project: ProjectInput;
  readonly instance: string;
  /** Services that shall run afterwards; `all` also asks Compose for whatever else belongs to it. */
  readonly services: readonly string[];
  readonly all: boolean;
};
type Before = {
  readonly containers: readonly {
    readonly id: string;
    readonly service: string;
    readonly running: boolean;
    readonly startedAt: string;
    readonly policy: string;
  }[];
  readonly networks: readonly string[];
};

const STOP_GRACE_SECONDS = 60;

/** Whether Compose has taken away a container of the service, because its settings are others now: of it nobody can make the old one again. */
const isReplaced = ({ service }: ContainerDetail, { containers: before }: Before, now: readonly ContainerDetail[]): boolean =>
  before.some(old => old.service === service && !now.some(({ id }) => id === old.id));

const didRun = ({ service }: ContainerDetail, { containers }: Before): boolean =>
  containers.some(old => old.service === service && old.running);

/** Creates and starts. Nothing is pulled, built or asked; health is waited for by the next step. */
export const launch = defineStep({
  kind: "instance.launch",
  title: ({ instance, services, all }: Input) =>
    all
      ? `Launch ${instance} (${services.length} service${services.length === 1 ? "" : "s"})`
      : `Start ${services.join(", ")} of ${instance}`,
  async look({ project }, context: Context): Promise<Before> {
    const containers = await containersOf(context, project.name);
    return {
      containers: containers.map(each => ({
        id: each.id,
        service: each.service ?? "",
        running: isUp(each),
        startedAt: each.startedAt,
        policy: each.restartPolicy,
      })),
      networks: (await context.world.engine.networks()).map(({ id }) => id),
    };
  },
  async do({ project, instance, services, all }, context) {
    await refuseSharedVolumes(context, project);
    await context.world.compose.up(project, all ? [] : services);
    await keepingLastWords(context, { project: project.name, services }, async () =>
      refuseFailed(instance, services, await containersOf(context, project.name)),
    );
  },
  async isDone({ project, services }, context, before) {
    const containers = await containersOf(context, project.name);
    return services.every(service =>
      containers.some(each => {
        // Of a project that somebody else started under this name nothing counts.
        if (each.service !== service || each.workingDir !== project.dir) return false;
        const old = before.containers.find(({ id }) => id === each.id);
        // A one-shot may have ended already; then it was started since. Any other end may be that of the whole machine.
        return isUp(each) || (each.state === "exited" && each.exitCode === 0 && old?.startedAt !== each.startedAt);
      }),
    );
  },
  // A power cut ends what no restart policy wakes, e.g. while an instance that was stopped is being launched again.
  fleeting: {
    subject: ({ project }) => `containers of ${project.name}`,
    async holds({ project, services }, context) {
      const containers = await containersOf(context, project.name);
      const isWell = (each: ContainerDetail) => isUp(each) || (each.state === "exited" && each.exitCode === 0);
      return services.every(service => containers.some(each => each.service === service && isWell(each)));
    },
  },
  async undo({ project, instance }, context, before) {
    const { engine } = context.world;
    const containers = (await containersOf(context, project.name)).filter(({ workingDir }) => workingDir === project.dir);
    const made = containers.filter(({ id }) => !before.containers.some(old => old.id === id));
    const replaced = made.filter(each => isReplaced(each, before, containers));
    const created = made.filter(each => !replaced.includes(each));
    const started = containers.filter(each => isUp(each) && before.containers.some(old => old.id === each.id && !old.running));
    await engine.stop(
      [...created.filter(isUp), ...started, ...replaced.filter(each => isUp(each) && !didRun(each, before))].map(({ id }) => id),
      STOP_GRACE_SECONDS,
    );
    for (const { id } of created) await engine.removeContainer(id, true);
    if (replaced.length > 0) {
      const services = [...new Set(replaced.map(({ service }) => service))].join(", ");
      context.remark(
        `But ${services} of ${instance} got a new container, made of what the files say now, and Compose has taken the old one away.`,
      );
    }
    for (const network of await engine.networks()) {
      if (network.labels["com.docker.compose.project"] === project.name && !before.networks.includes(network.id))
        await engine.removeNetwork(network.id);
    }
  },
});
