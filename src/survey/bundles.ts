import { join } from "node:path";
import { sequenceIn } from "../domain/backup-name.ts";
import { COMPOSE_FILES } from "../domain/bundle.ts";
import type { World } from "../host/world.ts";
import { surveyHome } from "./home.ts";
import { realFolder } from "./real-folder.ts";

export interface BundleFile {
  readonly path: string;
  /** By the file's name, because reading a bundle takes seconds; null where the name does not tell. An installation reads the bundle's own word. */
  readonly version: string | null;
  /** Known once the bundle was read; null before. */
  readonly layout: string | null;
}

const ARCHIVE = /\.(tar|tar\.gz|tgz)$/;
const SUPPORT = /^graph-mgr-support-/;
const IMAGES = /^containers\.tar/;
const VERSION_IN_NAME = /(?:^|[-_])(v?\d+\.\d+[A-Za-z0-9.+-]*?)\.(?:tar|tar\.gz|tgz)$/;

/** What a file's name says of the release; null where it does not tell. */
export function versionInName(name: string): string | null {
  const version = VERSION_IN_NAME.exec(name)?.[1];
  return version === undefined ? null : version.replace(/^(?!v)/, "v");
}

/** Once each, with a folder `bundles` in each. */
const places = (folders: readonly string[]): readonly string[] => [
  ...new Set(folders.flatMap(each => [each, join(each, "bundles")])),
];

const isArchive = (name: string): boolean =>
  ARCHIVE.test(name) && !IMAGES.test(name) && !SUPPORT.test(name) && sequenceIn(name) === null && !name.startsWith(".");

/** Files that look like bundles, in some folders and a `bundles` folder in each. */
export async function surveyBundles({ files }: Pick<World, "files">, folders: readonly string[]): Promise<readonly BundleFile[]> {
  const found: BundleFile[] = [];
  for (const folder of places(folders)) {
    for (const name of await files.list(folder)) {
      if (isArchive(name)) found.push({ path: join(folder, name), version: versionInName(name), layout: null });
    }
  }
  return found;
}

/** Also in a folder that is reached through a link, which `list` does not follow: a stick is often mounted so. */
const namesIn = async (files: World["files"], folder: string): Promise<readonly string[]> =>
  await files.list((await files.isFolder(folder)) ? folder : `${folder}/.`);

/** Whether one can look for bundles there. */
export const isPlace = async ({ files }: Pick<World, "files">, folder: string): Promise<boolean> =>
  (await files.isFolder(folder)) || (await files.isFolder(`${folder}/.`));

/**
 * Bundles in some folders and a `bundles` folder in each: archives, folders in them that hold an unpacked one, and folders that are one themselves.
 * An unpacked bundle is known by its image archive, which no instance keeps; one that was taken over may have it, and holds an administrator's
 * edits and secrets instead of the vendor's files.
 * @param home its instances are no bundles, by whatever link one comes to them
 * @returns absolute paths
 */
export async function bundlePaths(
  { files }: Pick<World, "files">,
  folders: readonly string[],
  home: string,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const instances = new Set((await surveyHome({ files }, home)).records.map(({ dir }) => dir));
  const isUnpacked = async (folder: string) => {
    const names = await namesIn(files, folder);
    if (!names.some(name => IMAGES.test(name)) || !names.some(name => COMPOSE_FILES.includes(name))) return false;
    return !instances.has(await realFolder(files, folder));
  };
  for (const folder of places(folders)) {
    if (await isUnpacked(folder)) {
      found.add(folder);
      continue;
    }
    for (const name of await namesIn(files, folder)) {
      const path = join(folder, name);
      if (isArchive(name) || (!name.startsWith(".") && (await isUnpacked(path)))) found.add(path);
    }
  }
  return [...found];
}
