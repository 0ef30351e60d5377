import { hash } from "node:crypto";
import { type BundleContents, type BundleSource, RELEASE_FILE, UPGRADING_FILE } from "../domain/bundle.ts";
import { editCompose } from "../domain/compose-edit.ts";
import { type ComposeModel, startedServices } from "../domain/compose-model.ts";
import { composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import { isOtherCut } from "../domain/home.ts";
import { type InstanceRecord, ownTag } from "../domain/instance.ts";
import { type Instruction, instructionsFor } from "../domain/instructions.ts";
import type { ComposeSource, PortSetting } from "../domain/isolation.ts";
import type { MaintenanceTemplates } from "../domain/maintenance.ts";
import { type Merged, mergeConfiguration } from "../domain/merge.ts";
import { mergeViolations } from "../domain/merge-check.ts";
import type { MergeInput } from "../domain/merge-input.ts";
import { treesToCarry } from "../domain/merge-layout.ts";
import type { Resolutions } from "../domain/merge-result.ts";
import { type InstanceName, instanceName } from "../domain/names.ts";
import { type Layout, layoutFor, type Product } from "../domain/product.ts";
import { parseReleaseFile } from "../domain/release-file.ts";
import type { RoomFacts } from "../domain/room.ts";
import { literalsOf } from "../domain/secrets.ts";
import { externalVolumes, isolationNames, outsideBinds, ownVolumes, sharedDevices } from "../domain/shared-resources.ts";
import type { UpgradeRequest } from "../domain/upgrade-path.ts";
import { innerServices } from "../domain/window.ts";
import type { World } from "../host/world.ts";
import { claimsOn, surveyEngine } from "./claims.ts";
import { type HomeFacts, surveyHome } from "./home.ts";
import { type ImageFacts, surveyImages } from "./images.ts";
import { portWishes, reservedPorts, withoutEnvironment } from "./install.ts";
import { type InstanceFacts, isUp, surveyInstance } from "./instance.ts";
import { helperImageOf } from "./instance-details.ts";
import { type DatabaseMove, surveyMove } from "./move.ts";
import { type PageFacts, surveyPage } from "./page.ts";
import { choosePorts } from "./ports.ts";
import { releaseOf, surveyProduct } from "./product.ts";

/** What an update's plan is made of. No secrets: merged texts stay in the survey, and the step that writes them merges again. */
export interface UpdateFacts {
  readonly home: HomeFacts;
  readonly engine: Awaited<ReturnType<World["engine"]["about"]>>;
  readonly source: InstanceFacts;
  readonly instance: InstanceName;
  readonly bundle: BundleSource;
  /** The way from the installed release to this one, and the bundles that it goes through. */
  readonly path: UpgradeRequest;
  /** What has to be read first. */
  readonly instructions: readonly Instruction[];
  /** The vendor's texts. */
  readonly shippedPaths: readonly string[];
  /** The same, and those that the merge adds. */
  readonly textPaths: readonly string[];
  readonly product: Product;
  readonly layout: Layout;
  /** Of the merged files, under the new project's name. */
  readonly model: ComposeModel;
  readonly active: readonly string[];
  /** Services that run before anybody from outside can reach the new release. */
  readonly inner: readonly string[];
  readonly images: ImageFacts;
  readonly names: ReturnType<typeof isolationNames>;
  readonly ports: readonly PortSetting[];
  readonly claims: readonly string[];
  readonly merge: Pick<Merged, "decisions" | "conflicts"> & {
    /** Settings of the administrator's that Compose would make something else of than before; values masked. */
    readonly violations: readonly string[];
    /** Settings that the vendor no longer gives to a service. */
    readonly dropped: readonly string[];
    /** Files that it changes, by relative path. */
    readonly paths: readonly string[];
    /** Digests of the administrator's files that it was made of. */
    readonly seen: Readonly<Record<string, string>>;
  };
  readonly trees: readonly { readonly from: string; readonly to: string; readonly exists: boolean }[];
  readonly volumes: readonly {
    readonly key: string;
    readonly from: string;
    /** Null where the new release has no such volume. */
    readonly to: string | null;
    readonly exists: boolean;
  }[];
  readonly outsideBinds: ReturnType<typeof outsideBinds>;
  readonly sharedDevices: ReturnType<typeof sharedDevices>;
  readonly externalVolumes: readonly string[];
  /** For helper containers: an image of the new release that has Postgres's programs, where it has a database. */
  readonly helperImage: string;
  /** Whether the old database answers now. */
  readonly databaseRuns: boolean;
  readonly page: PageFacts | null;
  readonly database: DatabaseMove | null;
  readonly databaseVolumeBytes: number;
  /** Of folders and other volumes that are copied whatever the method. */
  readonly treeBytes: number;
  readonly room: RoomFacts;
  /** Where visitors come in. */
  readonly probe: { readonly port: number; readonly tls: boolean; readonly path: string } | null;
}

/** The facts, and what no plan may hold: the merged files, by relative path. */
export interface SurveyedUpdate {
  readonly facts: UpdateFacts;
  readonly texts: Readonly<Record<string, string>>;
  /** What an editor begins with, by the name of a conflict. */
  readonly drafts: Readonly<Record<string, string>>;
}

/** Two looks at one file system differ by what is written between them. */
const SAME_DISK_BYTES = 64 * 1024 * 1024;

export interface UpdateAsk {
  readonly home: string;
  readonly source: InstanceRecord;
  readonly contents: BundleContents;
  readonly release: string | undefined;
  readonly resolve: Resolutions;
  readonly templates: MaintenanceTemplates;
}

export async function surveyUpdate(
  world: World,
  ask: UpdateAsk,
  described: Readonly<Record<string, string>>,
): Promise<SurveyedUpdate> {
  const { source: record, contents } = ask;
  const home = await surveyHome(world, ask.home);
  const [source, engine, state] = await Promise.all([
    surveyInstance(world, record, ask.home, home.current),
    world.engine.about(),
    surveyEngine(world),
  ]);
  const release = releaseOf(contents.texts, ask.release);
  const instance = await freeName(world, release, record.suffix, ask.home);
  const shipped = await surveyProduct(world, contents, described, instance.slug, release);
  const input = await mergeInput(world, record, contents.texts, shipped, ask.resolve);
  const merged = mergeConfiguration(input);
  const mergedContents = { ...contents, texts: { ...contents.texts, ...merged.texts } };
  const found = await surveyProduct(world, mergedContents, described, instance.slug, release);
  const { model, product, layout } = found;
  const before = await world.compose.resolve({ name: record.project, dir: record.dir, envFiles: record.envFiles });
  const violations = mergeViolations(before, model, merged.settled);
  const active = startedServices(model, found.active);
  const names = isolationNames(model, instance.slug);
  const there = new Set(state.volumes.map(({ name }) => name));
  const own = ownVolumes(model);
  const ports = await portsOf(world, model, product, source, home, state);
  const trees = await Promise.all(
    treesToCarry(product, layoutFor(product, record.release), layout).map(async tree => ({
      ...tree,
      exists: await world.files.exists(`${record.dir}/${tree.from}`),
    })),
  );
  const images = await surveyImages(world, model, contents.images, engine.imageStore);
  const helper = helperImageOf(record);
  const volumeNames = [...new Set(record.volumes.map(({ name }) => name))];
  const sizes = helper === undefined ? {} : await world.engine.volumeSizeBytes(volumeNames, helper);
  const facts: UpdateFacts = {
    home,
    engine,
    source,
    instance,
    bundle: contents.source,
    path: {
      from: record.release,
      to: release,
      available: [{ release, requires: requiresOf(contents) }],
      rules: product.requires,
      isOtherCut: isOtherCut(record, contents.source.digest),
    },
    instructions: instructionsFor([{ release, upgrading: contents.texts[UPGRADING_FILE] ?? null }], product.instructions),
    shippedPaths: Object.keys(contents.texts).sort(),
    textPaths: [...new Set([...Object.keys(contents.texts), ...Object.keys(merged.texts)])].sort(),
    product,
    layout,
    model: withoutEnvironment(model),
    active,
    inner: innerServices(model, active),
    images,
    names,
    ports,
    claims: await claimsOn(world, state, {
      instance,
      home: ask.home,
      volumes: Object.values(names.volumes),
      networks: Object.values(names.networks),
      containers: Object.values(names.containers),
    }),
    merge: {
      decisions: merged.decisions,
      conflicts: merged.conflicts,
      violations: violations.filter(({ isDropped }) => !isDropped).map(({ say }) => say),
      dropped: violations.filter(({ isDropped }) => isDropped).map(({ say }) => say),
      paths: Object.keys(merged.texts).sort(),
      seen: Object.fromEntries(Object.entries(input.mine).map(([path, text]) => [path, hash("sha256", text)])),
    },
    trees,
    volumes: record.volumes.map(({ key, name }) => {
      const next = own.find(each => each.key === key);
      return {
        key,
        from: name,
        to: next === undefined ? null : (names.volumes[next.name] ?? next.name),
        exists: there.has(name),
      };
    }),
    outsideBinds: outsideBinds(model, found.dir),
    sharedDevices: sharedDevices(model),
    externalVolumes: externalVolumes(model).map(({ name }) => name),
    helperImage: ownTag(instance.slug, product.postgres?.service ?? active[0] ?? ""),
    databaseRuns: source.containers.some(each => each.service === record.product.postgres?.service && isUp(each)),
    probe: probeOf(product, ports),
    page: await surveyPage(world, record, ask.templates),
    database: await surveyMove(world, source, newImage(product, images)),
    databaseVolumeBytes: sizes[source.record.volumes.find(({ key }) => key === record.product.postgres?.volume)?.name ?? ""] ?? 0,
    ...(await roomFor(world, ask, trees, sizes)),
  };
  return { facts, texts: merged.texts, drafts: merged.drafts };
}

/** The new release's Postgres, as the engine knows it; null while it is not loaded. */
function newImage({ postgres }: Product, { images, toLoad }: ImageFacts): string | null {
  const image = images.find(({ service }) => service === postgres?.service);
  if (image?.config == null || toLoad.some(({ config }) => config === image.config)) return null;
  return image.from === "engine" ? image.config : image.reference;
}

/** Where visitors come in; null for a product that has no such port. */
export function probeOf({ ports: { http, https } }: Product, ports: readonly PortSetting[]): UpdateFacts["probe"] {
  const at = (wanted: typeof http) =>
    ports.find(({ service, container }) => service === wanted?.service && container === wanted.container)?.host;
  const [plain, tls] = [at(http), at(https)];
  if (plain !== undefined) return { port: plain, tls: false, path: "/" };
  return tls === undefined ? null : { port: tls, tls: true, path: "/" };
}

const requiresOf = ({ texts, source }: BundleContents): string | null =>
  parseReleaseFile(texts[RELEASE_FILE] ?? null, source.path).requires;

/** What will lie in the home and on the engine beside what is there, and what of it is copied. */
async function roomFor(
  world: World,
  { home, source, contents }: UpdateAsk,
  trees: UpdateFacts["trees"],
  sizes: Readonly<Record<string, number>>,
): Promise<{ readonly room: RoomFacts; readonly treeBytes: number }> {
  const helper = helperImageOf(source) ?? null;
  const carried = await Promise.all(
    trees.filter(({ exists }) => exists).map(({ from }) => world.room.treeBytes(`${source.dir}/${from}`, helper)),
  );
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const database = sizes[source.volumes.find(({ key }) => key === source.product.postgres?.volume)?.name ?? ""] ?? 0;
  const freeBytes = await world.room.freeBytes(home);
  const engineFree = helper === null ? freeBytes : await world.room.engineFreeBytes(helper);
  const volumes = sum(Object.values(sizes));
  return {
    room: {
      // A dump is smaller than its database; how much, nobody knows before.
      home: { path: home, neededBytes: contents.unpackedBytes + sum(carried) + database, freeBytes },
      engine: { neededBytes: volumes + contents.source.sizeBytes, freeBytes: engineFree },
      isOne: Math.abs(freeBytes - engineFree) < SAME_DISK_BYTES,
    },
    treeBytes: sum(carried) + volumes - database,
  };
}

/** The release's own name, or after a return to an older release the next one that is free. */
async function freeName(world: World, release: string, suffix: string | null, home: string): Promise<InstanceName> {
  const { records } = await surveyHome(world, home);
  for (let count = 1; ; count += 1) {
    const more = count === 1 ? suffix : [suffix, count].filter(part => part !== null).join("-");
    const name = instanceName(release, more);
    if (!records.some(each => each.name === name.name || each.project === name.slug)) return name;
  }
}

/** The ports of the instance that is left, and for what it did not publish a free one. */
async function portsOf(
  world: World,
  model: ComposeModel,
  product: Product,
  { record }: InstanceFacts,
  home: HomeFacts,
  state: Awaited<ReturnType<typeof surveyEngine>>,
): Promise<readonly PortSetting[]> {
  const wishes = portWishes(model, product, { http: undefined, https: undefined, ports: [] });
  const kept = new Map(record.ports.map(port => [keyOf(port), port.host] as const));
  const fresh = await choosePorts(
    world,
    wishes.filter(wish => !kept.has(keyOf(wish))),
    reservedPorts(home, state),
  );
  return wishes.map(wish => {
    const { service, container, protocol } = wish;
    const host = kept.get(keyOf(wish)) ?? fresh.find(port => keyOf(port) === keyOf(wish))?.host ?? wish.host;
    return { service, container, protocol, host };
  });
}

const keyOf = ({ service, container, protocol }: Pick<PortSetting, "service" | "container" | "protocol">): string =>
  `${service}:${container}/${protocol}`;

type Shipped = Awaited<ReturnType<typeof surveyProduct>>;

/** What the merge works on: the vendor's old files, those with graph-mgr's own edits, the administrator's, and the vendor's new ones. */
async function mergeInput(
  world: World,
  record: InstanceRecord,
  theirs: Readonly<Record<string, string>>,
  { product, layout, release }: Pick<Shipped, "product" | "layout" | "release">,
  resolve: Resolutions,
): Promise<MergeInput> {
  const base = await textsBelow(world, record.pristine);
  const compose = [...(await composeOf(base)), ...(await composeOf(theirs))].map(({ path }) => path);
  return {
    base,
    own: await ownTexts(world, record, base),
    mine: await textsOf(world, record.dir, Object.keys(base), record),
    theirs,
    from: layoutFor(product, record.release),
    to: layout,
    releases: { from: record.release, to: release },
    product,
    compose: [...new Set(compose)],
    resolve,
  };
}

async function composeOf(texts: Readonly<Record<string, string>>): Promise<readonly ComposeSource[]> {
  const composeFile = literalsOf(EnvFile.parse(texts[".env"] ?? ""))["COMPOSE_FILE"] ?? null;
  return await composeSources(async path => texts[path] ?? null, { composeFile });
}

/** The vendor's files as graph-mgr laid them out, so that its own edits are not taken for the administrator's. */
async function ownTexts(world: World, record: InstanceRecord, base: Readonly<Record<string, string>>) {
  const project = { name: record.project, dir: record.pristine, envFiles: record.envFiles };
  const model = await world.compose.resolve(project);
  const sources = await composeOf(base);
  const ports = record.ports.flatMap(port => (port.host === null ? [] : [{ ...port, host: port.host }]));
  const edited = editCompose(sources, model, {
    project: record.project,
    ...isolationNames(model, record.project),
    ports,
    binds: {},
    images: Object.fromEntries(Object.entries(record.images).map(([service, { id }]) => [service, id])),
  });
  const env = Object.entries(edited.env).reduce(
    (file, [key, value]) => file.with(key, value),
    EnvFile.parse(base[".env"] ?? "").with("COMPOSE_PROJECT_NAME", record.project),
  );
  return { ...base, ...Object.fromEntries(edited.sources.map(({ path, text }) => [path, text])), ".env": env.text };
}

async function textsBelow({ files }: World, dir: string, prefix = ""): Promise<Readonly<Record<string, string>>> {
  const texts: Record<string, string> = {};
  for (const name of await files.list(`${dir}/${prefix}`.replace(/\/$/, ""))) {
    const path = `${prefix}${name}`;
    if (await files.isFolder(`${dir}/${path}`)) Object.assign(texts, await textsBelow({ files } as World, dir, `${path}/`));
    else texts[path] = (await files.read(`${dir}/${path}`)) ?? "";
  }
  return texts;
}

/** The same files as they stand in the instance; one that is gone is left out. */
async function textsOf({ files }: World, dir: string, paths: readonly string[], { envFiles }: InstanceRecord) {
  const all = [...new Set([...paths, ".env", ...envFiles])];
  const texts = await Promise.all(all.map(async path => [path, await files.read(`${dir}/${path}`)] as const));
  return Object.fromEntries(texts.flatMap(([path, text]) => (text === null ? [] : [[path, text] as const])));
}
