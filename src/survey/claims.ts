import { Home } from "../domain/home.ts";
import { LABELS } from "../domain/instance.ts";
import type { InstanceName } from "../domain/names.ts";
import type { ContainerSummary, NetworkInfo, VolumeInfo, World } from "../host/world.ts";
import { surveyHome } from "./home.ts";

/** What is on the engine, read once for one command. */
export interface EngineState {
  readonly containers: readonly ContainerSummary[];
  readonly volumes: readonly VolumeInfo[];
  readonly networks: readonly NetworkInfo[];
}

export async function surveyEngine({ engine }: Pick<World, "engine">): Promise<EngineState> {
  const [containers, volumes, networks] = await Promise.all([engine.containers(), engine.volumes(), engine.networks()]);
  return { containers, volumes, networks };
}

/** Other homes that left traces on this engine, by the labels of volumes and the working folders of containers. */
export function otherHomes(state: EngineState, own: string): readonly string[] {
  const byLabel = state.volumes.map(({ labels }) => labels[LABELS.home]);
  const byFolder = state.containers.map(({ workingDir }) => /^(.+)\/releases\/[^/]+$/.exec(workingDir ?? "")?.[1]);
  return [...new Set([...byLabel, ...byFolder].filter(home => home !== undefined))].filter(home => home !== own).sort();
}

export interface WantedNames {
  readonly instance: InstanceName;
  readonly home: string;
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  readonly containers: readonly string[];
}

/** Who already has what a new instance wants, as lines for people; empty when all names are free. */
export async function claimsOn(world: World, state: EngineState, wanted: WantedNames): Promise<readonly string[]> {
  const { slug, name } = wanted.instance;
  const home = new Home(wanted.home);
  const claims: string[] = [];
  if (await world.files.exists(home.instanceDir(name))) claims.push(`the folder ${home.instanceDir(name)} is there`);
  if (await world.files.exists(home.record(name))) claims.push(`the home has an instance ${name}`);
  for (const record of (await surveyHome(world, wanted.home)).records) {
    if (record.name !== name && record.project === slug) claims.push(`the instance ${record.name} has the project ${slug}`);
  }
  for (const other of otherHomes(state, wanted.home)) {
    for (const record of await recordsOf(world, other))
      if (record.project === slug) claims.push(`the home ${other} has the instance ${record.name} (project ${slug})`);
  }
  const foreign = state.containers.find(({ project }) => project === slug);
  if (foreign)
    claims.push(`the container ${foreign.name} belongs to the project ${slug} (in ${foreign.workingDir ?? "an unknown folder"})`);
  const named = state.containers.find(each => wanted.containers.includes(each.name));
  if (named) claims.push(`there is a container ${named.name}`);
  for (const volume of state.volumes) {
    if (wanted.volumes.includes(volume.name) || volume.labels["com.docker.compose.project"] === slug)
      claims.push(`there is a volume ${volume.name}`);
  }
  for (const network of state.networks) {
    if (wanted.networks.includes(network.name) || network.labels["com.docker.compose.project"] === slug)
      claims.push(`there is a network ${network.name}`);
  }
  const tags = await world.engine.tagsUnder(`graph-mgr/${slug}`);
  if (tags.length > 0) claims.push(`images are kept for ${slug} (${tags[0]})`);
  return claims;
}

/** A home that cannot be read must not stop work on this one. */
export async function recordsOf(world: Pick<World, "files">, home: string) {
  try {
    return (await surveyHome(world, home)).records;
  } catch {
    return [];
  }
}
