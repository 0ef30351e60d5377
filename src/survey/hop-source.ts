import { editCompose } from "../domain/compose-edit.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import { Home } from "../domain/home.ts";
import type { ImageStore } from "../domain/image.ts";
import { type InstanceRecord, ownTag, RECORD_SCHEMA } from "../domain/instance.ts";
import type { ComposeSource } from "../domain/isolation.ts";
import type { MergeInput, Texts } from "../domain/merge-input.ts";
import type { Product } from "../domain/product.ts";
import { literalsOf } from "../domain/secrets.ts";
import { isolationNames, ownVolumes } from "../domain/shared-resources.ts";
import type { World } from "../host/world.ts";
import type { HomeFacts } from "./home.ts";
import type { ImageFacts } from "./images.ts";
import { type InstanceFacts, isUp, surveyInstance } from "./instance.ts";
import { helperImageOf } from "./instance-details.ts";
import { comingDatabase, type DatabaseMove, surveyMove } from "./move.ts";
import { type PageFacts, surveyPage } from "./page.ts";
import type { SurveyedUpdate, UpdateAsk } from "./update.ts";

/** What a hop of an update leaves: an instance that is there, or one that the hop before will have made. */
export interface HopSource {
  readonly instance: InstanceFacts;
  /** The vendor's files, the same with graph-mgr's own edits, and as they stand. */
  readonly texts: Pick<MergeInput, "base" | "own" | "mine">;
  /** What Compose makes of them, with secrets in it. */
  readonly model: () => Promise<ComposeModel>;
  /** Whether its database answers when the hop begins. */
  readonly databaseRuns: boolean;
  readonly page: PageFacts | null;
  /** @returns null where only the hop before will tell */
  readonly hasTree: (path: string) => Promise<boolean | null>;
  /** @param next the new Postgres's image; null while it is not loaded */
  readonly move: (next: string | null) => Promise<DatabaseMove | null>;
  /** @param trees those that are there, relative to the instance's folder */
  readonly sizes: (trees: readonly string[]) => Promise<HopSizes>;
}

/** What is moved, and what is free; bytes. */
export interface HopSizes {
  readonly treeBytes: number;
  readonly volumeBytes: number;
  readonly databaseBytes: number;
  readonly homeFreeBytes: number;
  readonly engineFreeBytes: number;
  readonly isOneDisk: boolean;
}

/** Two looks at one file system differ by what is written between them. */
const SAME_DISK_BYTES = 64 * 1024 * 1024;

export async function installedSource(world: World, ask: UpdateAsk, { current }: HomeFacts): Promise<HopSource> {
  const { source: record, home } = ask;
  const instance = await surveyInstance(world, record, home, current);
  const base = await textsBelow(world, record.pristine);
  return {
    instance,
    texts: { base, own: await ownTexts(world, record, base), mine: await textsOf(world, record, Object.keys(base)) },
    model: () => world.compose.resolve({ name: record.project, dir: record.dir, envFiles: record.envFiles }),
    databaseRuns: instance.containers.some(each => each.service === record.product.postgres?.service && isUp(each)),
    page: await surveyPage(world, record, ask.templates),
    hasTree: path => world.files.exists(`${record.dir}/${path}`),
    move: next => surveyMove(world, instance, next),
    sizes: trees => sizesOf(world, record, home, trees),
  };
}

/** Nobody writes into it but its own migrations, so its configuration is what the merge made. */
export function comingSource(world: World, { facts, texts, shipped, model, sizes }: SurveyedUpdate): HopSource {
  const { product, inner, images, engine } = facts;
  const instance = comingInstance(facts);
  const all = { ...shipped, ...texts };
  const paths = new Set([...Object.keys(shipped), ".env", ...instance.record.envFiles]);
  return {
    instance,
    texts: { base: shipped, own: shipped, mine: Object.fromEntries(Object.entries(all).filter(([path]) => paths.has(path))) },
    model: async () => model,
    databaseRuns: product.postgres !== null && inner.includes(product.postgres.service),
    page: null,
    hasTree: async () => null,
    move: next => comingDatabase(world, facts, imageOfPostgres(product, images, engine.imageStore), next),
    sizes: async () => sizes,
  };
}

/** As the step that records it will have it. */
function comingInstance(facts: SurveyedUpdate["facts"]): InstanceFacts {
  const { instance, product, layout, names, ports, active } = facts;
  const home = new Home(facts.home.home.path);
  return {
    record: {
      schema: RECORD_SCHEMA,
      name: instance.name,
      release: instance.release,
      suffix: instance.suffix,
      product,
      layout: layout.layout,
      project: instance.slug,
      dir: home.instanceDir(instance.name),
      envFiles: [...layout.envFiles],
      engine: facts.engine.id,
      pristine: home.pristine(instance.release, facts.bundle.digest),
      services: [...active],
      ports: ports.map(port => ({ ...port })),
      volumes: ownVolumes(facts.model).map(({ key, name }) => ({ key, name: names.volumes[name] ?? name })),
      networks: [],
      images: Object.fromEntries(
        facts.images.images.map(({ service, reference }) => [service, { id: ownTag(instance.slug, service), reference }]),
      ),
      origin: { how: "update", from: facts.source.record.name, operation: "" },
      createdAt: "",
      stoppedPolicies: null,
    },
    recordPath: home.record(instance.name),
    home: home.path,
    isCurrent: facts.source.isCurrent,
    containers: [],
    active,
    takenPorts: [],
    outsiders: [],
    missingVolumes: [],
    anonymous: [],
  };
}

/** A release's Postgres, as the engine knows it; null while it is not loaded. */
export function imageOfPostgres({ postgres }: Product, { images, toLoad }: ImageFacts, store: ImageStore): string | null {
  const image = images.find(({ service }) => service === postgres?.service);
  if (image?.config == null || toLoad.some(({ config }) => config === image.config)) return null;
  // Another release may have taken the name meanwhile; containerd knows no image by its configuration.
  return image.from === "engine" || store === "classic" ? image.config : image.reference;
}

async function sizesOf(world: World, record: InstanceRecord, home: string, trees: readonly string[]): Promise<HopSizes> {
  const helper = helperImageOf(record) ?? null;
  const names = [...new Set(record.volumes.map(({ name }) => name))];
  const volumes = helper === null ? {} : await world.engine.volumeSizeBytes(names, helper);
  const carried = await Promise.all(trees.map(path => world.room.treeBytes(`${record.dir}/${path}`, helper)));
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  const homeFreeBytes = await world.room.freeBytes(home);
  const engineFreeBytes = helper === null ? homeFreeBytes : await world.room.engineFreeBytes(helper);
  return {
    treeBytes: sum(carried),
    volumeBytes: sum(Object.values(volumes)),
    databaseBytes: volumes[record.volumes.find(({ key }) => key === record.product.postgres?.volume)?.name ?? ""] ?? 0,
    homeFreeBytes,
    engineFreeBytes,
    isOneDisk: Math.abs(homeFreeBytes - engineFreeBytes) < SAME_DISK_BYTES,
  };
}

/** The compose files among some texts. */
export async function composeOf(texts: Texts): Promise<readonly ComposeSource[]> {
  const composeFile = literalsOf(EnvFile.parse(texts[".env"] ?? ""))["COMPOSE_FILE"] ?? null;
  return await composeSources(async path => texts[path] ?? null, { composeFile });
}

/** The vendor's files as graph-mgr laid them out, so that its own edits are not taken for the administrator's. */
async function ownTexts(world: World, record: InstanceRecord, base: Texts): Promise<Texts> {
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

async function textsBelow({ files }: Pick<World, "files">, dir: string, prefix = ""): Promise<Texts> {
  const texts: Record<string, string> = {};
  for (const name of await files.list(`${dir}/${prefix}`.replace(/\/$/, ""))) {
    const path = `${prefix}${name}`;
    if (await files.isFolder(`${dir}/${path}`)) Object.assign(texts, await textsBelow({ files }, dir, `${path}/`));
    else texts[path] = (await files.read(`${dir}/${path}`)) ?? "";
  }
  return texts;
}

/** The same files as they stand in the instance; one that is gone is left out. */
async function textsOf({ files }: World, { dir, envFiles }: InstanceRecord, paths: readonly string[]): Promise<Texts> {
  const all = [...new Set([...paths, ".env", ...envFiles])];
  const texts = await Promise.all(all.map(async path => [path, await files.read(`${dir}/${path}`)] as const));
  return Object.fromEntries(texts.flatMap(([path, text]) => (text === null ? [] : [[path, text] as const])));
}
