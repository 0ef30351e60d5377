import { basename } from "node:path";
import { isUp } from "../domain/health.ts";
import { type InstanceRecord, isMoved, LABELS } from "../domain/instance.ts";
import type { Unused } from "../domain/unused.ts";
import type { World } from "../host/world.ts";
import type { Stock } from "./unused.ts";

/** Instances that do not run and are neither current nor the way back, those that `remove` moved aside, and volumes that nobody has. */
export async function surveyUnusedInstances(world: World, stock: Stock, wayBack: string | null): Promise<readonly Unused[]> {
  const { home, records, removed, containers, volumes, current } = stock;
  const runs = ({ project }: InstanceRecord) => containers.some(each => each.project === project && isUp(each));
  const old = records.filter(each => each !== current && each.name !== wayBack && !runs(each));
  const kept = [...records, ...removed.map(({ record }) => record)].flatMap(record => record.volumes.map(({ name }) => name));
  const stray = volumes.filter(({ name, labels }) => labels[LABELS.home] === home.path && !kept.includes(name));
  const sizes = await volumeBytes(world, stock, [
    ...[...old, ...removed.map(({ record }) => record)].flatMap(record => record.volumes.map(({ name }) => name)),
    ...stray.map(({ name }) => name),
  ]);
  const found: Unused[] = [];
  for (const record of old) {
    const why = isMoved(record) ? `it has moved to ${record.movedTo}` : "it does not run, and is not current";
    found.push({
      what: "instance",
      name: record.name,
      sizeBytes: await wholeBytes(world, stock, record, record.dir, sizes),
      why,
      paths: [record.dir],
    });
  }
  for (const { record, folder } of removed) {
    const sizeBytes = await wholeBytes(world, stock, record, folder, sizes);
    const why = `removed; \`graph-mgr install --attach ${folder}\` brings it back`;
    found.push({ what: "removed", name: basename(folder), sizeBytes, why, paths: [folder, `${folder}.json`] });
  }
  for (const { name } of stray)
    found.push({ what: "volume", name, sizeBytes: sizes?.[name] ?? null, why: "no instance has it", paths: [] });
  return found;
}

type Sizes = Readonly<Record<string, number>> | null;

async function volumeBytes({ engine }: World, { volumes, helperImage }: Stock, names: readonly string[]): Promise<Sizes> {
  const there = [...new Set(names)].filter(name => volumes.some(each => each.name === name));
  if (helperImage === null) return there.length === 0 ? {} : null;
  return there.length === 0 ? {} : await engine.volumeSizeBytes(there, helperImage);
}

/** Folder and volumes together. */
async function wholeBytes(
  world: World,
  { helperImage }: Stock,
  record: InstanceRecord,
  folder: string,
  sizes: Sizes,
): Promise<number | null> {
  if (sizes === null) return null;
  const own = (await world.files.exists(folder)) ? await world.room.treeBytes(folder, helperImage) : 0;
  return record.volumes.reduce((sum, { name }) => sum + (sizes[name] ?? 0), own);
}
