import { type BundleContents, type BundleSource, UPGRADING_FILE } from "../domain/bundle.ts";
import { type ComposeModel, startedServices } from "../domain/compose-model.ts";
import { Home, isOtherCut } from "../domain/home.ts";
import { type InstanceRecord, LABELS, ownTag } from "../domain/instance.ts";
import { type Instruction, instructionsFor } from "../domain/instructions.ts";
import type { PortSetting } from "../domain/isolation.ts";
import type { MaintenanceTemplates } from "../domain/maintenance.ts";
import { type Merged, mergeConfiguration } from "../domain/merge.ts";
import { mergeViolations } from "../domain/merge-check.ts";
import type { Texts } from "../domain/merge-input.ts";
import { treesToCarry } from "../domain/merge-layout.ts";
import type { Resolutions } from "../domain/merge-result.ts";
import { type InstanceName, instanceName } from "../domain/names.ts";
import { type Layout, layoutFor, type Product } from "../domain/product.ts";
import type { RoomFacts } from "../domain/room.ts";
import {
  externalVolumes,
  isolationNames,
  outsideBinds,
  ownVolumes,
  publishedPorts,
  sharedDevices,
} from "../domain/shared-resources.ts";
import { textDigest } from "../domain/text-digest.ts";
import type { UpgradeRequest } from "../domain/upgrade-path.ts";
import { innerServices } from "../domain/window.ts";
import type { World } from "../host/world.ts";
import { claimsOn, type EngineState, surveyEngine } from "./claims.ts";
import { comingSource, imageOfPostgres } from "./coming-source.ts";
import { type HomeFacts, surveyHome } from "./home.ts";
import type { HopSizes } from "./hop-source.ts";
import { type ImageFacts, surveyImages } from "./images.ts";
import { withoutEnvironment } from "./install.ts";
import { installedSource } from "./installed-source.ts";
import type { InstanceFacts } from "./instance.ts";
import { mergeInput } from "./merge-input.ts";
import type { DatabaseMove } from "./move.ts";
import type { PageFacts } from "./page.ts";
import { requiresOf } from "./path.ts";
import { type Probes, probesOf } from "./probe.ts";
import { releaseOf, surveyProduct } from "./product.ts";
import { surveyRevivers } from "./revivers.ts";
import { portsOf } from "./update-ports.ts";

/** What an update's plan is made of. No secrets: merged texts stay in the survey, and the step that writes them merges again. */
export interface UpdateFacts extends Probes {
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
    /** Digests of the administrator's files that it was made of, and of env files that were not there; none where the hop before makes them. */
    readonly seen: Readonly<Record<string, string>>;
  };
  /** Of what the administrator put beside the vendor's files: folders that are carried, by their path in the new instance, and what is not. */
  readonly beside: { readonly folders: readonly string[]; readonly behind: readonly string[] };
  readonly trees: readonly {
    readonly from: string;
    readonly to: string;
    /** Null where only the hop before will tell. */
    readonly exists: boolean | null;
  }[];
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
  /** Whether the vendor's own files of this cut are kept for somebody else, or in case that somebody comes back. */
  readonly isPristineKept: boolean;
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
}

/** The facts, and what no plan may hold: the merged files, by relative path. */
export interface SurveyedUpdate {
  readonly facts: UpdateFacts;
  readonly texts: Texts;
  /** What an editor begins with, by the name of a conflict. */
  readonly drafts: Texts;
  /** The vendor's. */
  readonly shipped: Texts;
  /** With its environment. */
  readonly model: ComposeModel;
  readonly sizes: HopSizes;
}

export interface UpdateAsk {
  readonly home: string;
  readonly source: InstanceRecord;
  readonly contents: BundleContents;
  readonly release: string | undefined;
  readonly resolve: Resolutions;
  readonly templates: MaintenanceTemplates;
  /** The hop before, where what is left is the instance that it will have made. */
  readonly after?: SurveyedUpdate;
}

/** One hop of an update: from an instance that is there, or that will be, to the release of a bundle. Nothing is changed. */
export async function surveyUpdate(
  world: World,
  ask: UpdateAsk,
  described: Readonly<Record<string, string>>,
): Promise<SurveyedUpdate> {
  const { contents } = ask;
  const home = await surveyHome(world, ask.home);
  const [engine, state] = await Promise.all([world.engine.about(), surveyEngine(world)]);
  const from = ask.after === undefined ? await installedSource(world, ask, home) : comingSource(world, ask.after);
  const { instance: source } = from;
  const { record } = source;
  const release = releaseOf(contents.texts, ask.release);
  const instance = await freeName(world, release, record.suffix, ask.home, state);
  const shipped = await surveyProduct(world, contents, described, instance.slug, release);
  const beside = await from.beside(layoutFor(shipped.product, record.release), contents.texts);
  const input = await mergeInput(from, beside.texts, contents.texts, shipped, ask.resolve);
  const merged = mergeConfiguration(input);
  const mergedContents = { ...contents, texts: { ...contents.texts, ...merged.texts } };
  const found = await surveyProduct(world, mergedContents, described, instance.slug, release);
  const { model, product, layout } = found;
  const violations = mergeViolations(await from.model(), model, merged.settled);
  const active = startedServices(model, found.active);
  const names = isolationNames(model, instance.slug);
  const there = new Set(state.volumes.map(({ name }) => name));
  const own = ownVolumes(model);
  const ports = await portsOf(world, model, product, [ask.source.ports, record.ports], home, state);
  const trees = await Promise.all(
    treesToCarry(product, layoutFor(product, record.release), layout, beside.folders).map(async tree => ({
      ...tree,
      exists: await from.hasTree(tree.from),
    })),
  );
  const images = await surveyImages(world, model, contents.images, engine.imageStore);
  const pristine = new Home(ask.home).pristine(release, contents.source.digest);
  const sizes = await from.sizes(trees.flatMap(tree => (tree.exists === true ? [tree.from] : [])));
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
    instructions: [
      ...(ask.after === undefined ? await surveyRevivers(world.files, record, state.containers) : []),
      ...instructionsFor([{ release, upgrading: contents.texts[UPGRADING_FILE] ?? null }], product.instructions),
    ],
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
      seen: ask.after === undefined ? seenOf(input.mine, record) : {},
    },
    beside: {
      folders: trees.flatMap(tree => (beside.folders.includes(tree.from) ? [tree.to] : [])),
      behind: beside.behind,
    },
    trees,
    volumes: from.volumes.map(({ key, name }) => {
      const next = own.find(each => each.key === key);
      return {
        key,
        from: name,
        to: next === undefined ? null : (names.volumes[next.name] ?? next.name),
        exists: ask.after !== undefined || there.has(name),
      };
    }),
    outsideBinds: outsideBinds(model, found.dir),
    sharedDevices: sharedDevices(model),
    externalVolumes: externalVolumes(model).map(({ name }) => name),
    helperImage: ownTag(instance.slug, product.postgres?.service ?? active[0] ?? ""),
    isPristineKept: await world.files.exists(pristine),
    databaseRuns: from.databaseRuns,
    ...probesOf(product, ports, publishedPorts(model)),
    page: from.page,
    database: await from.move(imageOfPostgres(product, images, engine.imageStore)),
    databaseVolumeBytes: sizes.databaseBytes,
    room: roomFor(ask, sizes),
    treeBytes: sizes.treeBytes + sizes.volumeBytes - sizes.databaseBytes,
  };
  return { facts, texts: merged.texts, drafts: merged.drafts, shipped: contents.texts, model, sizes };
}

/** What will lie in the home and on the engine beside what is there. */
const roomFor = ({ home, contents }: UpdateAsk, sizes: HopSizes): RoomFacts => ({
  // A dump is smaller than its database; how much, nobody knows before.
  home: {
    path: home,
    neededBytes: contents.unpackedBytes + sizes.treeBytes + sizes.databaseBytes,
    freeBytes: sizes.homeFreeBytes,
  },
  engine: { neededBytes: sizes.volumeBytes + contents.source.sizeBytes, freeBytes: sizes.engineFreeBytes },
  isOne: sizes.isOneDisk,
  freeMemoryBytes: sizes.freeMemoryBytes,
});

/** The release's own name, or the next one that is free: after a return to an older release, or where `remove` kept volumes under it. */
async function freeName(
  world: World,
  release: string,
  suffix: string | null,
  home: string,
  { volumes }: Pick<EngineState, "volumes">,
): Promise<InstanceName> {
  const { records } = await surveyHome(world, home);
  const kept = new Set(volumes.filter(({ labels }) => labels[LABELS.home] === home).map(({ labels }) => labels[LABELS.instance]));
  for (let count = 1; ; count += 1) {
    const more = count === 1 ? suffix : [suffix, count].filter(part => part !== null).join("-");
    const name = instanceName(release, more);
    const isTaken = records.some(each => each.name === name.name || each.project === name.slug) || kept.has(name.slug);
    if (!isTaken) return name;
  }
}

/** Also env files that are missing: Compose would read them as soon as somebody puts them there. */
const seenOf = (mine: Texts, { envFiles }: InstanceRecord): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...new Set([...Object.keys(mine), ".env", ...envFiles])].map(path => [path, textDigest(mine[path] ?? null)] as const),
  );
