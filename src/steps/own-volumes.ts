import { noVolume } from "../domain/no-volume.ts";
import { OperatorError } from "../errors.ts";
import type { Context, ProjectInput } from "./context.ts";

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
  throw noVolume(gone, project.name, "it would start with empty ones");
}

/**
 * Two Postgres servers on one volume both start, both look healthy, and destroy it. So before anything starts, every
 * container of another project that mounts a volume of ours, in whatever state, is an error.
 */
export async function refuseSharedVolumes(context: Context, project: ProjectInput): Promise<void> {
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
