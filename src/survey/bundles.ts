import { join } from "node:path";
import type { World } from "../host/world.ts";

export interface BundleFile {
  readonly path: string;
  /** By the file's name, because reading a bundle takes seconds; null where the name does not tell. An installation reads the bundle's own word. */
  readonly version: string | null;
  /** Known once the bundle was read; null before. */
  readonly layout: string | null;
}

const ARCHIVE = /\.(tar|tar\.gz|tgz)$/;
const VERSION_IN_NAME = /(?:^|[-_])(v?\d+\.\d+[A-Za-z0-9.+-]*?)\.(?:tar|tar\.gz|tgz)$/;

/** Files that look like bundles, in some folders and a `bundles` folder in each. */
export async function surveyBundles({ files }: Pick<World, "files">, folders: readonly string[]): Promise<readonly BundleFile[]> {
  const found: BundleFile[] = [];
  for (const folder of folders.flatMap(each => [each, join(each, "bundles")])) {
    for (const name of await files.list(folder)) {
      if (!ARCHIVE.test(name) || /^containers\.tar/.test(name) || name.startsWith(".")) continue;
      const version = VERSION_IN_NAME.exec(name)?.[1];
      found.push({
        path: join(folder, name),
        version: version === undefined ? null : version.replace(/^(?!v)/, "v"),
        layout: null,
      });
    }
  }
  return found;
}
