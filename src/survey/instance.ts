import { type ComposeModel, startedServices } from "../domain/compose-model.ts";
import { isUp } from "../domain/health.ts";
import { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { type LinkedFolder, linkedFolders } from "../domain/linked-folders.ts";
import { maintenanceName } from "../domain/maintenance.ts";
import { type PublishedPort, publishedPorts } from "../domain/shared-resources.ts";
import { OperatorError } from "../errors.ts";
import type { ContainerDetail, Project, World } from "../host/world.ts";
import { type LeftPage, portsOfPages, surveyLeftPage } from "./left-page.ts";
import { takenBy } from "./ports.ts";

/** One instance as it is now. */
export interface InstanceFacts {
  readonly record: InstanceRecord;
  readonly recordPath: string;
  readonly home: string;
  readonly isCurrent: boolean;
  /** False where somebody took its folder away; then nothing is known of its compose files. */
  readonly hasFolder: boolean;
  readonly containers: readonly ContainerDetail[];
  /** Services of the compose files that a plain `up` starts, as the files are now. */
  readonly active: readonly string[];
  /** Every port of these files. */
  readonly published: readonly PublishedPort[];
  /** Services that Compose would give a new container, because their settings are others than those that they run with; null where nobody knows. */
  readonly replaced: readonly string[] | null;
  /** Ports that somebody else listens on, of those that it would publish by its files as they are now. */
  readonly takenPorts: readonly {
    readonly service: string;
    readonly container: number;
    readonly protocol: "tcp" | "udp";
    readonly host: number;
    readonly by: string | null;
  }[];
  /** Containers, in any state, that are not its own and yet have its volumes, its folder or its project's name. */
  readonly outsiders: readonly Outsider[];
  /** What of it are links out of it, and is written to. */
  readonly linked: readonly (LinkedFolder & { readonly isFolder: boolean })[];
  /** Of its recorded volumes, those that are gone. */
  readonly missingVolumes: readonly string[];
  /** Images of an install that was taken over whose names, which its files use, lead to another one by now, or to none. */
  readonly movedImages: readonly MovedImage[];
  /** Volumes that Docker made for one container because its image, or the compose file, names a path and no volume. */
  readonly anonymous: readonly AnonymousVolume[];
  /** What a finished move put up in its place; it counts neither as an outsider nor for the ports. */
  readonly leftPages: readonly LeftPage[];
}

export interface MovedImage {
  readonly service: string;
  readonly reference: string;
  /** That it was taken over with. */
  readonly id: string;
}

export interface AnonymousVolume {
  readonly service: string;
  readonly target: string;
  readonly name: string;
}

export interface Outsider {
  readonly container: string;
  readonly state: string;
  readonly project: string | null;
  /** The volume of the instance that it mounts. */
  readonly volume: string | null;
  readonly workingDir: string | null;
}

/** @throws OperatorError FOLDER_GONE */
export async function refuseFolderGone({ files }: Pick<World, "files">, { name, dir }: InstanceRecord): Promise<void> {
  if (await files.exists(dir)) return;
  throw new OperatorError("FOLDER_GONE", `The folder of ${name}, ${dir}, is not there.`, {
    hint: `bring the folder back, or give the instance up: graph-mgr remove ${name}`,
  });
}

interface SurveyOptions {
  /** For what needs the engine's labels alone, so that an instance whose folder is gone is no dead end. */
  readonly mayLackFolder?: boolean;
  /** Pages of other instances that are taken down for it. */
  readonly givingWay?: readonly LeftPage[];
  /** Whether it matters which services Compose would give a new container, which it takes its time to tell. True unless told. */
  readonly asksReplaced?: boolean;
}

/**
 * @throws OperatorError FOLDER_GONE, OTHER_ENGINE
 */
export async function surveyInstance(
  world: World,
  record: InstanceRecord,
  home: string,
  current: string | null,
  { mayLackFolder = false, givingWay = [], asksReplaced = true }: SurveyOptions = {},
): Promise<InstanceFacts> {
  if (!mayLackFolder) await refuseFolderGone(world, record);
  const hasFolder = await world.files.exists(record.dir);
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  // At once, for each of them waits for a program.
  const [{ id }, all, volumes, said] = await Promise.all([
    world.engine.about(),
    world.engine.containers().then(found => world.engine.inspect(found.map(container => container.id))),
    world.engine.volumes().then(found => new Set(found.map(({ name }) => name))),
    hasFolder ? asFilesSay(world, project, asksReplaced) : null,
  ]);
  if (id !== record.engine) {
    throw new OperatorError("OTHER_ENGINE", `${record.name} lives on another Docker Engine than the one that answers now.`, {
      hint: "see DOCKER_HOST and `docker context ls`",
    });
  }
  const containers = all.filter(
    ({ project, labels }) => project === record.project && labels["com.docker.compose.oneoff"] !== "True",
  );
  const own = await surveyLeftPage(world, home, record.project, all);
  const leftPages = [...(own === null ? [] : [own]), ...givingWay];
  const others = own === null ? all : all.filter(({ name }) => name !== maintenanceName(record.project));
  const pagePorts = portsOfPages(leftPages);
  const { active, published, linked } = said ?? { active: record.services, published: [], linked: [] };
  const held = new Set(containers.filter(isUp).flatMap(({ ports }) => ports.map(({ host, protocol }) => `${host}/${protocol}`)));
  const wanted = published.flatMap(({ host, ...port }) =>
    host === null || !active.includes(port.service) || held.has(`${host}/${port.protocol}`) ? [] : [{ ...port, host }],
  );
  const taken = await takenBy(world, wanted);
  return {
    record,
    recordPath: new Home(home).record(record.name),
    home,
    isCurrent: current === record.name,
    hasFolder,
    containers,
    active,
    published,
    linked,
    replaced: said === null ? [] : replacedServices(said.hashes, containers),
    takenPorts: wanted.flatMap(({ service, container, protocol, host }) => {
      if (!taken.has(host) || pagePorts.has(host)) return [];
      const holder = all.find(each => each.ports.some(port => port.host === host));
      return [{ service, container, protocol, host, by: holder ? (holder.project ?? holder.name) : null }];
    }),
    outsiders: outsidersOf(record, others),
    movedImages: said === null ? [] : await movedImages(world, record, said.images),
    anonymous: anonymousOf(record, containers),
    leftPages,
    missingVolumes: [...new Set(record.volumes.map(({ name }) => name))].filter(name => !volumes.has(name)),
  };
}

async function linkedOf(files: World["files"], model: ComposeModel, dir: string): Promise<InstanceFacts["linked"]> {
  const linked = await linkedFolders(path => files.readLink(path), model, dir);
  return await Promise.all(linked.map(async each => ({ ...each, isFolder: await files.isFolder(each.target) })));
}

async function asFilesSay({ compose, files }: Pick<World, "compose" | "files">, project: Project, asksHashes: boolean) {
  const [model, named, hashes] = await Promise.all([
    compose.resolve(project),
    compose.activeServices(project),
    asksHashes ? compose.hashes(project) : null,
  ]);
  const images = Object.fromEntries(Object.entries(model.services).map(([service, { image }]) => [service, image]));
  return {
    active: startedServices(model, named),
    published: publishedPorts(model),
    linked: await linkedOf(files, model, project.dir),
    hashes,
    images,
  };
}

/** What graph-mgr laid out names its images by id. */
async function movedImages(
  { engine }: Pick<World, "engine">,
  { origin, images }: InstanceRecord,
  said: Readonly<Record<string, string | undefined>>,
): Promise<readonly MovedImage[]> {
  if (origin.how !== "adopt") return [];
  const named = Object.entries(images).flatMap(([service, { id, reference }]) =>
    said[service] === reference ? [{ service, reference, id }] : [],
  );
  const now = await engine.images(named.map(({ reference }) => reference));
  return named.filter(({ id }, index) => now[index]?.id !== id);
}

/** Null where Compose tells no hashes. */
function replacedServices(
  hashes: Readonly<Record<string, string>> | null,
  containers: readonly ContainerDetail[],
): readonly string[] | null {
  if (containers.length === 0) return [];
  if (hashes === null) return null;
  const isOther = ({ service, labels }: ContainerDetail): boolean => {
    const [made, now] = [labels["com.docker.compose.config-hash"], hashes[service ?? ""]];
    return made !== undefined && now !== undefined && made !== now;
  };
  return [...new Set(containers.filter(isOther).flatMap(({ service }) => service ?? []))].sort();
}

function outsidersOf({ project, dir, volumes }: InstanceRecord, all: readonly ContainerDetail[]): readonly Outsider[] {
  const own = new Set(volumes.map(({ name }) => name));
  return all.flatMap(each => {
    if (each.project === project && (each.workingDir === null || each.workingDir === dir)) return [];
    const volume = each.mounts.find(({ name }) => name !== null && own.has(name))?.name ?? null;
    if (volume === null && each.project !== project && each.workingDir !== dir) return [];
    return [{ container: each.name, state: each.state, project: each.project, volume, workingDir: each.workingDir }];
  });
}

/** The names that Docker gives where nobody gave one. */
const NO_NAME = /^[0-9a-f]{64}$/;

function anonymousOf({ volumes }: InstanceRecord, containers: readonly ContainerDetail[]): readonly AnonymousVolume[] {
  return containers.flatMap(({ service, name: container, mounts }) =>
    mounts.flatMap(({ type, name, target }) =>
      type === "volume" && name !== null && NO_NAME.test(name) && !volumes.some(own => own.name === name)
        ? [{ service: service ?? container, target, name }]
        : [],
    ),
  );
}
