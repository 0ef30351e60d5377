import { BROUGHT_FILE, parseBrought } from "../domain/brought.ts";
import { editCompose } from "../domain/compose-edit.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import { composeSources } from "../domain/compose-sources.ts";
import { EnvFile } from "../domain/env-file.ts";
import { isUp } from "../domain/health.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { ComposeSource, Isolation } from "../domain/isolation.ts";
import { isBaseKnown, type Texts } from "../domain/merge-input.ts";
import { areOneDisk } from "../domain/room.ts";
import { literalsOf } from "../domain/secrets.ts";
import { isolationNames, ownVolumes } from "../domain/shared-resources.ts";
import type { World } from "../host/world.ts";
import { type BesideAsk, surveyBeside } from "./beside.ts";
import type { HomeFacts } from "./home.ts";
import type { HopSizes, HopSource } from "./hop-source.ts";
import { surveyInstance } from "./instance.ts";
import { helperImageOf } from "./instance-details.ts";
import { surveyMove } from "./move.ts";
import { surveyPage } from "./page.ts";
import type { UpdateAsk } from "./update.ts";

/** What stands in the home and on the engine. */
export async function installedSource(world: World, ask: UpdateAsk, { current }: HomeFacts): Promise<HopSource> {
  const { source: record, home } = ask;
  const instance = await surveyInstance(world, record, home, current);
  const base = await textsBelow(world, record.pristine);
  const brought = parseBrought(await world.files.read(`${record.pristine}/${BROUGHT_FILE}`));
  const mine = await textsOf(world, record, Object.keys(base));
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const model = await world.compose.resolve(project);
  const vendor = await vendorsOf(world, record, base);
  const volumes = await volumesOf(world, record, model);
  return {
    instance,
    texts: { base, own: isBaseKnown(base) ? await ownTexts(record, base, vendor.model, model) : {}, mine },
    model: async () => model,
    volumes,
    beside: (layout, theirs) =>
      surveyBeside(world.files, { dir: record.dir, layout, base, brought, theirs, mine, model, vendor }),
    databaseRuns: instance.containers.some(each => each.service === record.product.postgres?.service && isUp(each)),
    page: await surveyPage(world, record, ask.templates),
    hasTree: path => world.files.exists(`${record.dir}/${path}`),
    move: next => surveyMove(world, instance, next),
    sizes: trees => sizesOf(world, { ...record, volumes }, home, trees),
  };
}

/** What Compose makes of the vendor's own files; nothing where nobody has them, so that nothing is taken for the vendor's. */
async function vendorsOf({ compose }: World, record: InstanceRecord, base: Texts): Promise<BesideAsk["vendor"]> {
  const dir = record.pristine;
  if (!isBaseKnown(base)) return { model: { name: record.project, services: {} }, dir };
  return { model: await compose.resolve({ name: record.project, dir, envFiles: record.envFiles }), dir };
}

/** The record knows those of when the instance was laid out; an administrator may have added some since. */
async function volumesOf(world: World, record: InstanceRecord, model: ComposeModel): Promise<InstanceRecord["volumes"]> {
  const there = new Set((await world.engine.volumes()).map(({ name }) => name));
  const known = new Set(record.volumes.map(({ key }) => key));
  const added = ownVolumes(model).filter(({ key, name }) => !known.has(key) && there.has(name));
  return [...record.volumes, ...added.map(({ key, name }) => ({ key, name }))];
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
    isOneDisk: areOneDisk(homeFreeBytes, engineFreeBytes),
    freeMemoryBytes: await world.room.freeMemoryBytes(),
  };
}

/** The compose files among some texts. */
export async function composeOf(texts: Texts): Promise<readonly ComposeSource[]> {
  const composeFile = literalsOf(EnvFile.parse(texts[".env"] ?? ""))["COMPOSE_FILE"] ?? null;
  return await composeSources(async path => texts[path] ?? null, { composeFile });
}

/**
 * The vendor's files as graph-mgr laid them out, so that its own edits are not taken for the administrator's. In a folder that was taken over
 * it has edited nothing; but ports, and names that all of the engine shares, are of that instance alone as well, whoever set them.
 */
export async function ownTexts(record: InstanceRecord, base: Texts, vendors: ComposeModel, now: ComposeModel): Promise<Texts> {
  const sources = await composeOf(base);
  const ports = record.ports.flatMap(port => (port.host === null ? [] : [{ ...port, host: port.host }]));
  const isAdopted = record.origin.how === "adopt";
  const edited = editCompose(sources, vendors, {
    project: record.project,
    ...(isAdopted ? foundNames(vendors, now) : isolationNames(vendors, record.project)),
    ports,
    binds: {},
    images: isAdopted ? {} : Object.fromEntries(Object.entries(record.images).map(([service, { id }]) => [service, id])),
  });
  const env = EnvFile.parse(base[".env"] ?? "");
  const withKeys = Object.entries(edited.env).reduce(
    (file, [key, value]) => file.with(key, value),
    isAdopted ? env : env.with("COMPOSE_PROJECT_NAME", record.project),
  );
  return { ...base, ...Object.fromEntries(edited.sources.map(({ path, text }) => [path, text])), ".env": withKeys.text };
}

/** What stands now where the vendor has another name. */
function foundNames(vendors: ComposeModel, now: ComposeModel): Pick<Isolation, "volumes" | "networks" | "containers"> {
  const byKey = (section: "volumes" | "networks"): Record<string, string> =>
    Object.fromEntries(
      Object.entries(vendors[section] ?? {}).flatMap(([key, { name, external }]) => {
        const own = now[section]?.[key]?.name;
        return external === true || own === undefined || own === name ? [] : [[name, own] as const];
      }),
    );
  const containers = Object.entries(vendors.services).flatMap(([service, { container_name: name }]) => {
    const own = now.services[service]?.container_name;
    return name === undefined || own === undefined || own === name ? [] : [[name, own] as const];
  });
  return { volumes: byKey("volumes"), networks: byKey("networks"), containers: Object.fromEntries(containers) };
}

export async function textsBelow({ files }: Pick<World, "files">, dir: string, prefix = ""): Promise<Texts> {
  const texts: Record<string, string> = {};
  for (const name of await files.list(`${dir}/${prefix}`.replace(/\/$/, ""))) {
    const path = `${prefix}${name}`;
    if (path === BROUGHT_FILE) continue;
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
