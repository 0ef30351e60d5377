import { basename, dirname, isAbsolute, join, relative } from "node:path";
import type { InstanceName } from "./names.ts";

/** One cut of a release: vendors cut a release again. */
const cutName = (release: string, digest: string): string => `${release}-${digest.replace(/^sha256:/, "").slice(0, 12)}`;

/**
 * Whether a bundle's digest is of another cut of the release than an instance was made of, by its folder of pristine files.
 * What was taken over from a folder has no cut.
 */
export const isOtherCut = (
  {
    release,
    pristine,
    origin,
  }: { readonly release: string; readonly pristine: string; readonly origin: { readonly how: string } },
  digest: string,
): boolean => origin.how !== "adopt" && basename(pristine) !== cutName(release, digest);

/** Where things stand in a home (docs/formats.md). All absolute. */
export class Home {
  readonly path: string;
  constructor(path: string) {
    this.path = path;
  }
  readonly releases = (): string => join(this.path, "releases");
  readonly instanceDir = (name: string): string => join(this.path, "releases", name);
  /** Hidden and named for the operation, so that no two operations and no release can have it. */
  readonly staging = (operation: string): string => join(this.path, "releases", `.staging-${operation}`);
  readonly current = (): string => join(this.path, "current");
  readonly own = (): string => join(this.path, ".graph-mgr");
  readonly records = (): string => join(this.path, ".graph-mgr", "instances");
  readonly record = (name: string): string => join(this.path, ".graph-mgr", "instances", `${name}.json`);
  readonly operations = (): string => join(this.path, ".graph-mgr", "operations");
  readonly operation = (id: string): string => join(this.path, ".graph-mgr", "operations", id);
  readonly pristine = (release: string, digest: string): string =>
    join(this.path, ".graph-mgr", "pristine", cutName(release, digest));
  /** For an instance that was taken over while nobody had the vendor's files. */
  readonly noPristine = (name: string): string => join(this.path, ".graph-mgr", "pristine", `${name}-unknown`);
  /** What was there before the images of a cut of a release were loaded ahead of an update. */
  readonly prepared = (release: string, digest: string): string =>
    join(this.path, ".graph-mgr", `prepared-${cutName(release, digest)}.json`);
  readonly backups = (): string => join(this.path, "backups");
  /** What is known of each backup, wherever it lies. */
  readonly backupNotes = (): string => join(this.path, ".graph-mgr", "backups");
  readonly backupNote = (sequence: number): string => join(this.path, ".graph-mgr", "backups", `${sequence}.json`);
  /** What another machine sends, until it has become an instance. */
  readonly incoming = (move: string): string => join(this.path, ".graph-mgr", "incoming", `${move}.tar`);
  /** What it sends of it before, while the instance still serves there. */
  readonly ahead = (move: string): string => join(this.path, ".graph-mgr", "incoming", `${move}.ahead`);
  readonly allRemoved = (): string => join(this.path, ".graph-mgr", "removed");
  readonly removed = (name: string, time: string): string => join(this.allRemoved(), `${name}-${time}`);
  /** Earlier versions of files, each under its sha256. */
  readonly attic = (): string => join(this.path, ".graph-mgr", "attic");
  /** What was changed of an instance's configuration, by the operation that made the instance: a name is used again. */
  readonly history = ({ origin }: { readonly origin: { readonly operation: string } }): string =>
    join(this.path, ".graph-mgr", "history", `${origin.operation}.json`);
  /** What was changed of each instance's configuration, by the operation that made the instance. */
  readonly histories = (): string => join(this.path, ".graph-mgr", "history");
  readonly allPristine = (): string => join(this.path, ".graph-mgr", "pristine");
  readonly allIncoming = (): string => join(this.path, ".graph-mgr", "incoming");
  /** What may be thrown away and is made anew. */
  readonly bundleCache = (): string => join(this.path, ".graph-mgr", "cache", "bundles.json");
  readonly sizes = (): string => join(this.path, ".graph-mgr", "cache", "sizes.json");
  readonly lock = (): string => join(this.path, ".graph-mgr", "lock");
}

/**
 * Which home a command is about: `--home`, then `$GRAPH_MGR_HOME`, then the nearest parent with `.graph-mgr/`, then `~/graphistry`.
 * @param hasOwn whether a folder has a `.graph-mgr` folder
 */
export async function findHome(
  given: {
    readonly flag: string | undefined;
    readonly variable: string | undefined;
    readonly cwd: string;
    readonly userHome: string;
  },
  hasOwn: (folder: string) => Promise<boolean>,
  resolve: (path: string) => string,
): Promise<Home> {
  if (given.flag !== undefined) return new Home(resolve(given.flag));
  if (given.variable !== undefined && given.variable !== "") return new Home(resolve(given.variable));
  for (let folder = given.cwd; ; folder = dirname(folder)) {
    if (await hasOwn(folder)) return new Home(folder);
    if (folder === dirname(folder)) break;
  }
  return new Home(join(given.userHome, "graphistry"));
}

/** The link target that `current` has for an instance: relative, so that a home can be moved. */
export const currentTarget = ({ name }: Pick<InstanceName, "name">): string => `releases/${name}`;

/** The same for an instance whose folder was there before: what lies outside of the home is named as it is. */
export function targetOf({ path }: Home, dir: string): string {
  const below = relative(path, dir);
  return below.startsWith("..") || isAbsolute(below) ? dir : below;
}
