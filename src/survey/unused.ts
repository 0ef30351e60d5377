import type { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { Unused } from "../domain/unused.ts";
import type { ContainerDetail, VolumeInfo, World } from "../host/world.ts";
import type { OperationEntry } from "../plan/operations.ts";
import { surveyHome } from "./home.ts";
import { helperImageOf } from "./instance-details.ts";
import { type Removed, surveyRemoved } from "./removed.ts";
import { surveyUnusedFiles } from "./unused-files.ts";
import { surveyUnusedImages } from "./unused-images.ts";
import { surveyUnusedInstances } from "./unused-instances.ts";
import { surveyUnusedOperations } from "./unused-operations.ts";

/** What stands about, read once for all that ask what of it is unused. */
export interface Stock {
  readonly home: Home;
  readonly records: readonly InstanceRecord[];
  readonly current: InstanceRecord | null;
  readonly removed: readonly Removed[];
  /** Oldest first. */
  readonly operations: readonly OperationEntry[];
  readonly containers: readonly ContainerDetail[];
  readonly volumes: readonly VolumeInfo[];
  /** For trees of other users, and for volumes; null where there is no image. */
  readonly helperImage: string | null;
}

export interface UnusedFacts extends Stock {
  readonly engine: string;
  readonly unused: readonly Unused[];
  /** Which instance `rollback` would go back to. */
  readonly wayBack: string | null;
}

/** @param keepOperations how many of the newest are kept whatever they are */
export async function surveyUnused(
  world: World,
  homePath: string,
  operations: readonly OperationEntry[],
  keepOperations: number,
): Promise<UnusedFacts> {
  const { home, records, current: name } = await surveyHome(world, homePath);
  const removed = await surveyRemoved(world, homePath);
  const containers = await world.engine.inspect((await world.engine.containers()).map(({ id }) => id));
  const current = records.find(each => each.name === name) ?? null;
  const stock: Stock = {
    home,
    records,
    current,
    removed,
    operations,
    containers,
    volumes: await world.engine.volumes(),
    helperImage: await helperAmong(world, [...records, ...removed.map(({ record }) => record)]),
  };
  const wayBack = records.find(each => current?.origin.how === "update" && each.name === current.origin.from)?.name ?? null;
  return {
    ...stock,
    engine: (await world.engine.about()).id,
    wayBack,
    unused: [
      ...(await surveyUnusedOperations(world, stock, keepOperations)),
      ...(await surveyUnusedFiles(world, stock)),
      ...(await surveyUnusedImages(world, stock)),
      ...(await surveyUnusedInstances(world, stock, wayBack)),
    ],
  };
}

async function helperAmong({ engine }: World, records: readonly InstanceRecord[]): Promise<string | null> {
  const ids = records.flatMap(record => helperImageOf(record) ?? []);
  const found = await engine.images(ids);
  return found.find(image => image !== null)?.id ?? null;
}
