import { OperatorError } from "../errors.ts";
import type { ContainerDetail } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context, ProjectInput } from "./context.ts";
import { keepingLastWords } from "./last-words.ts";
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
export const isUp = ({ state }: Pick<ContainerDetail, "state">): boolean =>
  state === "running" || state === "restarting" || state === "paused";

export async function containersOf({ world }: Context, project: string): Promise<readonly ContainerDetail[]> {
  const all = await world.engine.containers();
  const own = all.filter(each => each.project === project && each.labels["com.docker.compose.oneoff"] !== "True");
  return await world.engine.inspect(own.map(({ id }) => id));
}

const ownVolumes = async ({ world }: Context, project: ProjectInput): Promise<ReadonlySet<string>> =>
  new Set(
    Object.values((await world.compose.resolve(project)).volumes ?? {})
      .filter(({ external }) => external !== true)
      .map(volume => volume.name),
  );

/**
 * For what ran before: where a volume is gone since, Compose would make an empty one, and the product would start as if it were new.
 * @throws OperatorError NO_VOLUME
 */
export async function refuseGoneVolumes(context: Context, project: ProjectInput): Promise<void> {
  const there = new Set((await context.world.engine.volumes()).map(volume => volume.name));
  const gone = [...(await ownVolumes(context, project))].filter(volume => !there.has(volume));
  if (gone.length === 0) return;
  throw new OperatorError(
    "NO_VOLUME",
    `${gone.join(", ")} of ${project.name} ${gone.length === 1 ? "is" : "are"} gone; it would start with empty ones.`,
    { hint: "bring the data back first, or make it anew empty, knowingly: docker volume create NAME" },
  );
}

/**
 * Two Postgres servers on one volume both start, both look healthy, and destroy it. So before anything starts, every
 * container of another project that mounts a volume of ours, in whatever state, is an error.
 */
async function refuseSharedVolumes(context: Context, project: ProjectInput): Promise<void> {
  const { world } = context;
  const { name, dir } = project;
  const all = await world.engine.inspect((await world.engine.containers()).map(({ id }) => id));
  const own = await ownVolumes(context, project);
  for (const container of all) {
    if (container.project === name && container.workingDir === dir) continue;
    const shared = container.mounts.find(mount => mount.type === "volume" && mount.name !== null && own.has(mount.name));
    if (shared) {
      throw new OperatorError(
        "VOLUME_SHARED",
        `The container ${container.name} (${container.state}) mounts the volume ${shared.name}, which belongs to ${name}.`,
        {
          hint: `docker rm ${container.name}   (after looking at what it is)`,
        },
      );
    }
    if (container.project === name) {
      throw new OperatorError(
        "PROJECT_TAKEN",
        `The project ${name} has containers that run from ${container.workingDir ?? "elsewhere"}, not from ${dir}.`,
        {
          hint: "stop and remove them where they belong, or choose another --name",
        },
      );
    }
  }
}

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
