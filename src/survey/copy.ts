import { movedPath } from "../domain/compose-edit-binds.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { EnvFile } from "../domain/env-file.ts";
import { isUp } from "../domain/health.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { BindMoves } from "../domain/isolation.ts";
import { type InstanceName, instanceName } from "../domain/names.ts";
import { literalsOf } from "../domain/secrets.ts";
import { externalVolumes, isolationNames, outsideBinds, ownVolumes, sharedDevices } from "../domain/shared-resources.ts";
import type { World } from "../host/world.ts";
import { claimsOn, surveyEngine } from "./claims.ts";
import { type HomeFacts, surveyHome } from "./home.ts";
import { type PortRequest, portWishes, reservedPorts, withoutEnvironment } from "./install.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";
import { choosePorts, type PortChoice } from "./ports.ts";

export interface SourceVolume {
  readonly key: string;
  readonly name: string;
  readonly exists: boolean;
  /** Running services that mount it writable. */
  readonly writers: readonly string[];
}

/** A folder outside of the source, and what takes its place for the copy. */
export interface FolderMove {
  readonly from: string;
  readonly to: string;
  readonly isUsed: boolean;
  /** Names in it; null when it is no folder. */
  readonly entries: readonly string[] | null;
  /** Whether something is at `to` already. */
  readonly isTaken: boolean;
}

/** What a copy's plan is made of. No secrets. */
export interface CopyFacts {
  readonly home: HomeFacts;
  readonly engine: Awaited<ReturnType<World["engine"]["about"]>>;
  readonly source: InstanceFacts;
  readonly instance: InstanceName;
  readonly model: ComposeModel;
  readonly names: ReturnType<typeof isolationNames>;
  readonly ports: readonly PortChoice[];
  readonly portsAsked: PortRequest;
  readonly claims: readonly string[];
  readonly volumes: readonly SourceVolume[];
  /** `pg_controldata`'s word on the source's cluster while it is stopped; null when there is none or it runs. */
  readonly clusterState: string | null;
  readonly outsideBinds: ReturnType<typeof outsideBinds>;
  readonly moves: readonly FolderMove[];
  readonly sharedDevices: ReturnType<typeof sharedDevices>;
  /** Volumes that the compose files call somebody else's. */
  readonly externalVolumes: readonly string[];
  readonly outside: readonly { readonly key: string; readonly what: string }[];
  /** `containers.tar[.gz]` that lie in the source's folder. */
  readonly imageArchives: readonly string[];
  readonly layersOf: Readonly<Record<string, readonly string[]>>;
}

export async function surveyCopy(
  world: World,
  request: {
    readonly home: string;
    readonly source: InstanceRecord;
    readonly name: string;
    readonly ports: PortRequest;
    readonly binds: BindMoves;
  },
): Promise<CopyFacts> {
  const { source: record } = request;
  const instance = instanceName(record.release, request.name);
  const home = await surveyHome(world, request.home);
  const source = await surveyInstance(world, record, request.home, home.current);
  const [engine, state] = await Promise.all([world.engine.about(), surveyEngine(world)]);
  // Under the new name at once, so that what Compose names itself is not in the way.
  const model = await world.compose.resolve({ name: instance.slug, dir: record.dir, envFiles: record.envFiles });
  const names = isolationNames(model, instance.slug, record.project);
  const there = new Set(state.volumes.map(({ name }) => name));
  const recorded = new Map(record.volumes.map(({ key, name }) => [key, name]));
  const volumes = ownVolumes(model).map(({ key, name }) => {
    const own = recorded.get(key) ?? name;
    const writers = source.containers.filter(
      each => isUp(each) && each.mounts.some(mount => mount.name === own && mount.writable),
    );
    return {
      key,
      name: own,
      exists: there.has(own),
      writers: writers.map(({ service, name: container }) => service ?? container),
    };
  });
  const database = record.product.postgres;
  const cluster = volumes.find(({ key }) => key === database?.volume);
  const helper = database === null ? undefined : record.images[database.service]?.id;
  const isIdle = cluster?.exists === true && cluster.writers.length === 0;
  const values = await settingsOf(world, record);
  const ids = Object.entries(record.images);
  const infos = await world.engine.images(ids.map(([, { id }]) => id));
  return {
    home,
    engine,
    source,
    instance,
    model: withoutEnvironment(model),
    names,
    ports: await choosePorts(world, portWishes(model, record.product, request.ports), reservedPorts(home, state)),
    portsAsked: request.ports,
    claims: await claimsOn(world, state, {
      instance,
      home: request.home,
      volumes: Object.values(names.volumes),
      networks: Object.values(names.networks),
      containers: Object.values(names.containers),
    }),
    volumes,
    clusterState:
      isIdle && helper !== undefined ? ((await world.postgres.clusterState(cluster.name, helper))?.state ?? null) : null,
    outsideBinds: outsideBinds(model, record.dir),
    moves: await folderMoves(world, request.binds, outsideBinds(model, record.dir)),
    sharedDevices: sharedDevices(model),
    externalVolumes: externalVolumes(model).map(({ name: own }) => own),
    outside: record.product.outside.filter(({ key }) => (values[key] ?? "") !== ""),
    imageArchives: (await world.files.list(record.dir)).filter(name => /^containers\.tar(\.gz)?$/.test(name)),
    layersOf: Object.fromEntries(ids.map(([service], index) => [service, infos[index]?.layers ?? []])),
  };
}

async function folderMoves(
  { files }: World,
  binds: BindMoves,
  outside: CopyFacts["outsideBinds"],
): Promise<readonly FolderMove[]> {
  return await Promise.all(
    Object.entries(binds).map(async ([from, to]) => ({
      from,
      to,
      isUsed: outside.some(({ source }) => movedPath(source, { [from]: to }) !== null),
      entries: (await files.isFolder(from)) ? await files.list(from) : null,
      isTaken: await files.exists(to),
    })),
  );
}

async function settingsOf(world: World, record: InstanceRecord): Promise<Readonly<Record<string, string | null>>> {
  const files = [".env", ...record.envFiles];
  const texts = await Promise.all(files.map(path => world.files.read(`${record.dir}/${path}`)));
  return Object.assign({}, ...texts.map(text => literalsOf(EnvFile.parse(text ?? "")))) as Record<string, string | null>;
}
