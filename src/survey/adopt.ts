import { posix } from "node:path";
import { adoptedEdits } from "../domain/adopted-edits.ts";
import type { BundleContents, BundleSource } from "../domain/bundle.ts";
import { type ComposeModel, startedServices } from "../domain/compose-model.ts";
import { isUp } from "../domain/health.ts";
import { type InstanceRecord, RECORD_SCHEMA } from "../domain/instance.ts";
import type { Instruction } from "../domain/instructions.ts";
import type { Texts } from "../domain/merge-input.ts";
import { isEnvFile } from "../domain/merge-layout.ts";
import { type InstanceName, instanceName } from "../domain/names.ts";
import { layoutFor } from "../domain/product.ts";
import { isInside, ownVolumes } from "../domain/shared-resources.ts";
import type { ContainerDetail, World } from "../host/world.ts";
import { type AdoptFolder, productOf, surveyFolder } from "./adopt-folder.ts";
import {
  imagesOf,
  type OtherVolume,
  otherFiles,
  otherVolumes,
  portsOf,
  type SharedNetwork,
  sharedNetworks,
} from "./adopt-found.ts";
import { type ChosenProject, chooseProject, containersFrom } from "./adopt-project.ts";
import { otherHomes, recordsOf, surveyEngine } from "./claims.ts";
import { type HomeFacts, surveyHome } from "./home.ts";
import { withoutEnvironment } from "./install.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";
import { helperImageOf } from "./instance-details.ts";
import { releaseOf } from "./product.ts";
import { realFolder } from "./real-folder.ts";
import { surveyRemoved } from "./removed.ts";
import { surveyRevivers } from "./revivers.ts";

export interface AdoptAsk {
  readonly home: string;
  /** Real path. */
  readonly folder: string;
  readonly project: string | undefined;
  readonly release: string | undefined;
  /** What tells it from another instance of the release. */
  readonly name: string | undefined;
  /** The vendor's bundle of the same release. */
  readonly bundle: BundleContents | null;
}

/** What an adoption's plan is made of. No secrets. */
export interface AdoptFacts {
  readonly home: HomeFacts;
  readonly engine: Awaited<ReturnType<World["engine"]["about"]>>;
  readonly instance: InstanceName;
  readonly project: ChosenProject;
  /** As if it were recorded already. */
  readonly found: InstanceFacts;
  readonly model: ComposeModel;
  readonly isRunning: boolean;
  readonly bundle: { readonly source: BundleSource; readonly release: string; readonly textPaths: readonly string[] } | null;
  /** What the administrator made of the vendor's files; null where the bundle is not there to compare with. */
  readonly edits: readonly string[] | null;
  /** Images of services by service, with their layers. */
  readonly layers: Readonly<Record<string, readonly string[]>>;
  /** Services whose name for their image leads to another image now than the one that they run. */
  readonly movedTags: readonly { readonly service: string; readonly reference: string }[];
  /** Ways that its containers were made by and that may be switched. */
  readonly links: readonly string[];
  /** Compose files and env files that its containers were made of and plain `docker compose` would not read. */
  readonly otherFiles: readonly string[];
  /** Volumes that its containers have where its files name another. */
  readonly otherVolumes: readonly OtherVolume[];
  /** Containers of other projects, or networks that other projects made, by the network that both would be in. */
  readonly sharedNetworks: readonly SharedNetwork[];
  /** Ports that its files publish otherwise than its containers do. */
  readonly otherPorts: readonly {
    readonly service: string;
    readonly container: number;
    readonly has: number;
    readonly says: number | null;
  }[];
  /** `pg_controldata`'s word on a database that does not run; null where it runs or there is none. */
  readonly clusterState: string | null;
  readonly revivers: readonly Instruction[];
  /** Instances, of this home or another, that are this very install, or have its project. */
  readonly adoptedBy: readonly Holder[];
  /** Folders that are not there any more, of containers that have its volumes or its project. */
  readonly goneFolders: readonly { readonly project: string; readonly folder: string }[];
  /** The bundle that was given is the folder itself. */
  readonly isOwnBundle: boolean;
  /** The home would lie in it. */
  readonly isHomeInside: boolean;
  /** Names of images under which another home keeps those of this project. */
  readonly keptFor: readonly string[];
}

/** An instance with the folder or the project of what is to be taken over. */
export interface Holder {
  readonly instance: string;
  readonly dir: string;
  /** Whether it is this very folder. */
  readonly isSame: boolean;
}

/**
 * What there is of an install made by hand: the engine says what runs, the folder what would. Nothing is changed.
 * @throws OperatorError NO_FOLDER, NO_COMPOSE_FILE, NO_RELEASE, UNKNOWN_LAYOUT and what Compose says of its files
 */
export async function surveyAdopt(world: World, ask: AdoptAsk, described: Readonly<Record<string, string>>): Promise<AdoptFacts> {
  const folder = await surveyFolder(world.files, ask.folder);
  const [home, engine, state] = await Promise.all([surveyHome(world, ask.home), world.engine.about(), surveyEngine(world)]);
  const all = await world.engine.inspect(state.containers.map(({ id }) => id));
  const from = await containersFrom(world, folder.path, all);
  const project = await chooseProject(world, folder, ask.project, { ...from, all, volumes: state.volumes });
  const release = releaseOf(folder.texts, ask.release);
  const instance = instanceName(release, ask.name ?? suffixOf(folder.path, release));
  const first = await world.compose.resolve({ name: project.name, dir: folder.path, envFiles: [] });
  const product = productOf(folder, first, described);
  const layout = layoutFor(product, release);
  const place = { name: project.name, dir: folder.path, envFiles: layout.envFiles };
  const model = layout.envFiles.length === 0 ? first : await world.compose.resolve(place);
  const own = from.containers.filter(each => each.project === project.name);
  const images = await imagesOf(world, model, own);
  const active = startedServices(model, await world.compose.activeServices(place));
  const record: InstanceRecord = {
    schema: RECORD_SCHEMA,
    name: instance.name,
    release,
    suffix: instance.suffix,
    product,
    layout: layout.layout,
    project: project.name,
    dir: folder.path,
    envFiles: layout.envFiles,
    engine: engine.id,
    pristine: "",
    services: [...active],
    ports: portsOf(model, own).map(({ says: _, ...port }) => port),
    volumes: ownVolumes(model).map(({ key, name }) => ({ key, name })),
    networks: ownNetworks(model),
    images: Object.fromEntries(images.map(({ service, reference, id }) => [service, { id, reference, shipped: false }])),
    origin: { how: "adopt", from: folder.path, operation: "" },
    createdAt: "",
    stoppedPolicies: stoppedPolicies(model, own),
  };
  const found = await surveyInstance(world, record, ask.home, home.current);
  const isRunning = found.containers.some(isUp);
  return {
    home,
    engine,
    instance,
    project,
    found,
    model: withoutEnvironment(model),
    isRunning,
    bundle:
      ask.bundle === null
        ? null
        : {
            source: ask.bundle.source,
            release: releaseOf(ask.bundle.texts, ask.release),
            textPaths: Object.keys(ask.bundle.texts).sort(),
          },
    edits:
      ask.bundle === null
        ? null
        : adoptedEdits(ask.bundle.texts, await textsLike(world, folder, ask.bundle.texts), path => isEnvFile(path, layout)),
    layers: Object.fromEntries(images.map(({ service, layers }) => [service, layers])),
    movedTags: images.filter(({ isMoved }) => isMoved).map(({ service, reference }) => ({ service, reference })),
    links: from.links,
    otherFiles: otherFiles(folder, layout, own),
    otherVolumes: otherVolumes(model, own),
    sharedNetworks: sharedNetworks(record, all, state.networks),
    otherPorts: portsOf(model, own).flatMap(({ service, container, host, says }) =>
      host !== null && host !== says ? [{ service, container, has: host, says }] : [],
    ),
    clusterState: await clusterState(world, record, found),
    revivers: await surveyRevivers(world.files, record, state.containers),
    adoptedBy: await adoptedBy(world, home, otherHomes(state, ask.home), record),
    keptFor: await keptFor(world, ask.home, record.project),
    goneFolders: await goneFolders(world, found),
    isOwnBundle: ask.bundle !== null && (await realFolder(world.files, ask.bundle.source.path)) === folder.path,
    isHomeInside: isInside(await realFolder(world.files, ask.home), folder.path),
  };
}

/**
 * Names under which graph-mgr keeps the images of a project, though this home knows nothing of it: then another one has it, which what was taken over
 * says nowhere else on the engine.
 */
async function keptFor(world: World, home: string, project: string): Promise<readonly string[]> {
  const isRemoved = (await surveyRemoved(world, home)).some(({ record }) => record.project === project);
  return isRemoved ? [] : await world.engine.tagsUnder(`graph-mgr/${project}`);
}

async function goneFolders({ files }: World, { outsiders }: InstanceFacts): Promise<AdoptFacts["goneFolders"]> {
  const folders = new Map(outsiders.flatMap(({ project, workingDir }) => (project && workingDir ? [[workingDir, project]] : [])));
  const gone: { project: string; folder: string }[] = [];
  for (const [folder, project] of folders) if (!(await files.exists(folder))) gone.push({ project, folder });
  return gone;
}

/** Of a folder `v2.22.2-training` the name's second half. */
function suffixOf(folder: string, release: string): string | null {
  const base = posix.basename(folder);
  return base.startsWith(`${release}-`) ? base.slice(release.length + 1) : null;
}

const ownNetworks = ({ networks = {} }: ComposeModel): InstanceRecord["networks"] =>
  Object.entries(networks).flatMap(([key, { name, external }]) => (external === true ? [] : [{ key, name }]));

/** Of what graph-mgr itself stopped once, and gave back since, nothing wakes anything: what the files say counts again from its next launch on. */
function stoppedPolicies({ services }: ComposeModel, own: readonly ContainerDetail[]): InstanceRecord["stoppedPolicies"] {
  if (own.some(isUp)) return null;
  const taken = own.flatMap(({ service, restartPolicy }) => {
    const says = services[service ?? ""]?.restart ?? "no";
    return service === null || restartPolicy !== "no" || says === "no" ? [] : [[service, says] as const];
  });
  return taken.length === 0 ? null : Object.fromEntries(taken);
}

async function clusterState(
  world: World,
  record: InstanceRecord,
  { containers, outsiders }: InstanceFacts,
): Promise<string | null> {
  const database = record.product.postgres;
  const helper = helperImageOf(record);
  const volume = record.volumes.find(({ key }) => key === database?.volume)?.name;
  const runs = containers.some(each => each.service === database?.service && isUp(each));
  // Whoever else is at work in it stands against it, and while it is written to it says nothing.
  const isUsed = outsiders.some(each => each.volume === volume && isUp(each));
  if (database === null || helper === undefined || volume === undefined || runs || isUsed) return null;
  if ((await world.engine.volume(volume)) === null) return null;
  return (await world.postgres.clusterState(volume, helper))?.state ?? null;
}

/** The administrator's texts, of the paths that the vendor's bundle has. */
async function textsLike({ files }: World, { path }: AdoptFolder, vendors: Texts): Promise<Texts> {
  const texts = await Promise.all(Object.keys(vendors).map(async name => [name, await files.read(`${path}/${name}`)] as const));
  return Object.fromEntries(texts.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])));
}

async function adoptedBy(
  world: World,
  own: HomeFacts,
  others: readonly string[],
  { dir, project }: InstanceRecord,
): Promise<readonly Holder[]> {
  const found: Holder[] = [];
  for (const [whose, records] of [
    ["this home", own.records] as const,
    ...(await Promise.all(others.map(async home => [home, await recordsOf(world, home)] as const))),
  ])
    for (const record of records)
      if (record.dir === dir || record.project === project)
        found.push({ instance: `${record.name} of ${whose}`, dir: record.dir, isSame: record.dir === dir });
  // Its own folder says more than a project's name, which may be a guess.
  return found.sort((one, other) => Number(other.isSame) - Number(one.isSame));
}
