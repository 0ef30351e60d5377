import { join } from "node:path";
import { parseBundleCache } from "../../domain/bundle-cache.ts";
import { Home } from "../../domain/home.ts";
import { type InstanceRecord, parseRecord } from "../../domain/instance.ts";
import { type Measurement, parseSizes } from "../../domain/sizes.ts";
import type { World } from "../../host/world.ts";
import type { OperationEntry } from "../../plan/operations.ts";
import { currentOf } from "../home.ts";
import { type Removed, surveyRemoved } from "../removed.ts";
import { attempt, type Looked, orNull } from "./looked.ts";

/** A home as it lies there, also where parts of it cannot be read. */
export interface HomeLook {
  readonly path: string;
  readonly isThere: boolean;
  /** Why nobody can tell whether it is; null where one can. */
  readonly unable: string | null;
  readonly mayWrite: boolean;
  readonly records: readonly InstanceRecord[];
  /** Records that cannot be read, and why. */
  readonly broken: readonly { readonly path: string; readonly why: string; readonly hint: string | null }[];
  readonly current: {
    /** Of the link; null where there is none. */
    readonly target: string | null;
    /** The instance that it names. */
    readonly name: string | null;
  };
  readonly removed: readonly Removed[];
  readonly operations: Looked<readonly OperationEntry[]>;
  /** Somebody holds the lock, and so is at what looks unfinished; false where nothing does. */
  readonly isAtWork: boolean;
  /** Names in `releases/`. */
  readonly folders: readonly string[];
  /** Of those, links. */
  readonly links: readonly string[];
  /** Oldest first. */
  readonly sizes: readonly Measurement[];
  /** Cached files that nobody can read. */
  readonly badCaches: readonly string[];
}

export interface Operations {
  /** It may throw for one that cannot be read. */
  readonly list: () => Promise<readonly OperationEntry[]>;
  /** Whether somebody holds the lock of the home. */
  readonly isLocked: () => Promise<boolean>;
}

export async function lookAtHome(
  world: Pick<World, "files" | "systemd">,
  path: string,
  { list, isLocked }: Operations,
): Promise<HomeLook> {
  const { files } = world;
  const home = new Home(path);
  const records: InstanceRecord[] = [];
  const broken: { path: string; why: string; hint: string | null }[] = [];
  const names = orNull(await attempt(() => files.list(home.records()))) ?? [];
  for (const name of names.filter(each => each.endsWith(".json") && !each.startsWith("."))) {
    const file = join(home.records(), name);
    const record = await attempt(async () => parseRecord((await files.read(file)) ?? "", file));
    if ("value" in record) records.push(record.value);
    else broken.push({ path: file, why: record.unable, hint: record.hint });
  }
  const target = orNull(await attempt(() => files.readLink(home.current())));
  const folders = orNull(await attempt(() => files.list(home.releases()))) ?? [];
  const links: string[] = [];
  for (const name of folders) if (orNull(await attempt(() => files.readLink(home.instanceDir(name)))) !== null) links.push(name);
  const caches = await lookAtCaches(files, home);
  const operations = await attempt(list);
  const own = await attempt(() => files.isFolder(home.own()));
  const isUnfinished = orNull(operations)?.some(({ outcome }) => outcome === "unfinished") === true;
  return {
    path,
    isThere: orNull(own) === true,
    unable: "unable" in own ? own.unable : null,
    mayWrite: await world.systemd.mayWrite(path),
    records,
    broken,
    current: { target, name: currentOf(home, records, target) },
    removed: orNull(await attempt(() => surveyRemoved(world, path))) ?? [],
    operations,
    isAtWork: isUnfinished && orNull(await attempt(isLocked)) === true,
    folders,
    links,
    ...caches,
  };
}

async function lookAtCaches(files: World["files"], home: Home): Promise<Pick<HomeLook, "sizes" | "badCaches">> {
  const read = async (path: string) => orNull(await attempt(() => files.read(path)));
  const [sizes, bundles] = [await read(home.sizes()), await read(home.bundleCache())];
  const known = parseSizes(sizes);
  // What cannot be read counts as nothing, and nothing is what a new one has.
  const isBad = bundles !== null && Object.keys(parseBundleCache(bundles)).length === 0 && !/"bundles":\{\}/.test(bundles);
  return { sizes: known ?? [], badCaches: [...(known === null ? [home.sizes()] : []), ...(isBad ? [home.bundleCache()] : [])] };
}
