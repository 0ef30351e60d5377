import { resolve } from "node:path";
import { Home } from "../domain/home.ts";
import { type InstanceRecord, parseRecord } from "../domain/instance.ts";
import type { World } from "../host/world.ts";

export interface HomeFacts {
  readonly home: Home;
  readonly records: readonly InstanceRecord[];
  /** Name of the instance that `current` points to. */
  readonly current: string | null;
}

/** The instances that a home knows of, by its records alone. */
export async function surveyHome({ files }: Pick<World, "files">, path: string): Promise<HomeFacts> {
  const home = new Home(path);
  const names = (await files.list(home.records())).filter(name => name.endsWith(".json") && !name.startsWith("."));
  // By the instances' names and not the files': `v2.22.2` stands before `v2.22.2-training`.
  const paths = names
    .map(each => each.slice(0, -".json".length))
    .sort()
    .map(name => home.record(name));
  const texts = await Promise.all(paths.map(file => files.read(file)));
  const records = texts.flatMap((text, index) => (text === null ? [] : [parseRecord(text, paths[index] ?? "")]));
  return { home, records, current: currentOf(home, records, await files.readLink(home.current())) };
}

/**
 * The instance that the link `current` means.
 * @param target of the link; null where there is none
 */
export function currentOf(home: Home, records: readonly InstanceRecord[], target: string | null): string | null {
  if (target === null) return null;
  // By its name first, because a home may have been moved; what was taken over lies elsewhere.
  const meant =
    records.find(({ name }) => target === `releases/${name}` || target === home.instanceDir(name)) ??
    records.find(({ dir }) => resolve(home.path, target) === dir);
  return meant?.name ?? null;
}
