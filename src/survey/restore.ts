import { basename, join } from "node:path";
import type { BundleContents } from "../domain/bundle.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { startedServices } from "../domain/compose-model.ts";
import { composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import { Home } from "../domain/home.ts";
import { type ImageStore, isSameImage } from "../domain/image.ts";
import { type InstanceName, instanceName } from "../domain/names.ts";
import { areOneDisk, type RoomFacts } from "../domain/room.ts";
import { literalsOf } from "../domain/secrets.ts";
import { externalVolumes, isInside, isolationNames, outsideBinds, sharedDevices } from "../domain/shared-resources.ts";
import { OperatorError } from "../errors.ts";
import type { CheckedBackup, World } from "../host/world.ts";
import { answering } from "./answering.ts";
import { claimsOn, type EngineState, surveyEngine } from "./claims.ts";
import { type HomeFacts, surveyHome } from "./home.ts";
import { type PortRequest, portWishes, reservedPorts, withoutEnvironment } from "./install.ts";
import { choosePorts, type PortChoice } from "./ports.ts";

/** The image of one service, and where it comes from. */
export interface RestoredImage {
  readonly service: string;
  readonly reference: string;
  readonly id: string;
  readonly layers: readonly string[];
  readonly from: "engine" | "backup" | "bundle" | null;
}

/** What a restore's plan is made of. No secrets. */
export interface RestoreFacts {
  readonly home: HomeFacts;
  readonly engine: Awaited<ReturnType<World["engine"]["about"]>>;
  readonly backup: Omit<CheckedBackup, "texts">;
  readonly instance: InstanceName;
  readonly isNamed: boolean;
  readonly model: ComposeModel;
  readonly active: readonly string[];
  readonly names: ReturnType<typeof isolationNames>;
  readonly ports: readonly PortChoice[];
  readonly portsAsked: PortRequest;
  readonly claims: readonly string[];
  readonly images: readonly RestoredImage[];
  readonly bundle: BundleContents["source"] | null;
  /** Everything that the bundle's archive brings. */
  readonly bundleImages: BundleContents["images"];
  readonly outsideBinds: ReturnType<typeof outsideBinds>;
  readonly sharedDevices: ReturnType<typeof sharedDevices>;
  readonly externalVolumes: readonly string[];
  readonly outside: readonly { readonly key: string; readonly what: string }[];
  /** Where the vendor's own files are kept, and whether they are already. */
  readonly pristine: { readonly path: string; readonly isKept: boolean };
  readonly room: RoomFacts;
}

export interface RestoreRequest {
  readonly home: string;
  readonly checked: CheckedBackup;
  /** What tells it from others of its release; null: as it was called, or the next free name. */
  readonly name: string | null;
  readonly ports: PortRequest;
  readonly bundle: BundleContents | null;
  /** Ports that somebody has now, and gives back before it is launched. */
  readonly comingFree?: ReadonlySet<number>;
}

export async function surveyRestore(world: World, request: RestoreRequest): Promise<RestoreFacts> {
  const { checked, ports, comingFree = new Set<number>() } = request;
  const { record, texts, ...backup } = checked;
  const [home, engine, state] = await Promise.all([surveyHome(world, request.home), world.engine.about(), surveyEngine(world)]);
  refuseEnvFiles(checked);
  // Our own strict reader first: Compose expands a billion aliases, or fetches what an include names, without a limit.
  const values = Object.assign(
    {},
    ...[".env", ...record.envFiles].map(path => literalsOf(EnvFile.parse(texts[path] ?? ""))),
  ) as Record<string, string | null>;
  await composeSources(async path => texts[path] ?? null, { composeFile: values["COMPOSE_FILE"] ?? null });
  const { instance, found, names, claims } = await freeName(world, request, state);
  const { model } = found;
  const pristine = pristineOf(checked, new Home(request.home));
  const images = await imagesFor(world, request, engine.imageStore);
  return {
    home,
    engine,
    backup: { ...backup, record },
    instance,
    isNamed: request.name !== null,
    model: withoutEnvironment(model),
    active: startedServices(model, found.active),
    names,
    ports: await choosePorts(portsBut(world, comingFree), portWishes(model, record.product, ports), reservedPorts(home, state)),
    portsAsked: ports,
    claims,
    images,
    bundle: request.bundle?.source ?? null,
    bundleImages: request.bundle?.images ?? [],
    outsideBinds: outsideBinds(model, found.dir),
    sharedDevices: sharedDevices(model),
    externalVolumes: externalVolumes(model).map(({ name }) => name),
    outside: record.product.outside.filter(({ key }) => (values[key] ?? "") !== ""),
    pristine: { path: pristine, isKept: await world.files.exists(pristine) },
    room: await roomFor(world, request, images),
  };
}

const portsBut = ({ ports }: Pick<World, "ports">, comingFree: ReadonlySet<number>): Pick<World, "ports"> => ({
  ports: answering(ports, {
    taken: async (...asked) => new Set([...(await ports.taken(...asked))].filter(port => !comingFree.has(port))),
  }),
});

/** Of one cut of a release all instances share the vendor's files; a name that is none is not taken over. */
function pristineOf({ record, source }: CheckedBackup, home: Home): string {
  const name = basename(record.pristine);
  const isCut = name.startsWith(`${record.release}-`) && /^v[0-9][A-Za-z0-9.+-]*-[0-9a-f]{12}$/.test(name);
  return isCut ? join(home.own(), "pristine", name) : home.pristine(record.release, source.digest);
}

/** A record comes out of an archive, and these are paths. */
function refuseEnvFiles({ record, source }: CheckedBackup): void {
  const odd = record.envFiles.find(path => path.startsWith("/") || !isInside(`/instance/${path}`, "/instance"));
  if (odd === undefined) return;
  throw new OperatorError(
    "BACKUP_HOSTILE",
    `The backup ${source.path} is not safe to restore: its record names an env file outside of the instance.`,
    {
      hint: "ask where it comes from; nothing was changed",
      facts: { part: "instance.json" },
    },
  );
}

/** As it was called, or under the next free name: nothing that is there is ever overwritten. */
async function freeName(world: World, { home, checked: { record, texts }, name }: RestoreRequest, state: EngineState) {
  for (let number = 1; ; number++) {
    const suffix =
      name ??
      (number === 1 ? record.suffix : record.suffix === null ? String(number) : `${record.suffix.slice(0, 28)}-${number}`);
    const instance = instanceName(record.release, suffix);
    const found = await world.compose.resolveTexts(instance.slug, record.envFiles, texts);
    const names = isolationNames(found.model, instance.slug, record.project);
    const claims = await claimsOn(world, state, {
      instance,
      home,
      volumes: Object.values(names.volumes),
      networks: Object.values(names.networks),
      containers: Object.values(names.containers),
    });
    if (claims.length === 0 || name !== null || number > MOST_NAMES) return { instance, found, names, claims };
  }
}

const MOST_NAMES = 50;

async function imagesFor(
  world: World,
  { checked: { manifest }, bundle }: RestoreRequest,
  store: ImageStore,
): Promise<readonly RestoredImage[]> {
  const infos = await world.engine.images(manifest.images.map(({ id }) => id));
  const isInBackup = manifest.streams.some(({ name }) => name === "images");
  return manifest.images.map(({ service, reference, id, layers }, index) => {
    const isInBundle = bundle?.images.some(image => isSameImage({ id, layers }, image, store)) === true;
    const from = infos[index] ? "engine" : isInBackup ? "backup" : isInBundle ? "bundle" : null;
    return { service, reference, id, layers, from };
  });
}

/** An empty cluster with its first log. */
const CLUSTER_BYTES = 64 * 1024 ** 2;
/** So much log a server keeps by itself while it is filled (`max_wal_size`). */
const MOST_LOG_BYTES = 1024 ** 3;

/** The folder and the dump lie in the home, and on the engine's disk what goes into volumes and images. */
async function roomFor(
  { room }: World,
  { home, checked: { manifest }, bundle }: RestoreRequest,
  images: readonly RestoredImage[],
): Promise<RoomFacts> {
  const sum = (sizes: readonly { readonly sizeBytes: number }[]): number =>
    sizes.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const isOfHome = (name: string): boolean => name === "folder" || name === "pristine";
  const isNeeded = (name: string): boolean => name !== "images" || images.some(({ from }) => from === "backup");
  const { sizeBytes } = manifest.postgres ?? { sizeBytes: null };
  const database = sizeBytes === null ? 0 : CLUSTER_BYTES + sizeBytes + Math.min(sizeBytes, MOST_LOG_BYTES);
  const ofBundle = images.some(({ from }) => from === "bundle") ? (bundle?.source.sizeBytes ?? 0) : 0;
  const helper = images.find(({ from }) => from === "engine")?.id;
  const homeFreeBytes = await room.freeBytes(home);
  const engineFreeBytes = helper === undefined ? homeFreeBytes : await room.engineFreeBytes(helper);
  return {
    home: {
      path: home,
      neededBytes:
        sum(manifest.streams.filter(({ name }) => isOfHome(name))) +
        sum(manifest.members.filter(({ name }) => name.startsWith("database/"))),
      freeBytes: homeFreeBytes,
    },
    engine: {
      neededBytes: sum(manifest.streams.filter(({ name }) => !isOfHome(name) && isNeeded(name))) + ofBundle + database,
      freeBytes: engineFreeBytes,
    },
    isOne: areOneDisk(homeFreeBytes, engineFreeBytes),
    freeMemoryBytes: manifest.postgres === null ? null : await room.freeMemoryBytes(),
  };
}
