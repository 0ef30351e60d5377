import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What makes up this program on a disk; it needs nothing but Node.js besides. */
export const PROGRAM_PARTS = ["package.json", "dist", "templates"] as const;
/** Below the home folder of the user there; never in anybody's way. */
const PROGRAMS = ".local/share/graph-mgr";

/** One build of this program, as it lies on another machine. Of letters, digits, dots and dashes alone, because it stands in scripts there. */
export interface RemoteProgram {
  /** Relative to the user's home folder there. */
  readonly folder: string;
  readonly bin: string;
}

/** @param root where the program stands here */
export async function remoteProgram(root: string): Promise<RemoteProgram> {
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
  const hash = createHash("sha256");
  for (const part of ["dist", "templates"]) {
    const entries = await readdir(join(root, part), { recursive: true, withFileTypes: true });
    const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
    for (const path of paths.sort()) hash.update(`${path.slice(root.length)}\0`).update(await readFile(path));
  }
  const name = `${version.replaceAll(/[^0-9A-Za-z.]/g, "-")}-${hash.digest("hex").slice(0, 12)}`;
  const folder = `${PROGRAMS}/${name}`;
  return { folder, bin: `${folder}/dist/graph-mgr.js` };
}

/** Unpacks a tar of the program from standard input; appears whole, and stays as it is where it is already. */
export const installScript = ({ folder, bin }: RemoteProgram): string =>
  [
    "set -e",
    "umask 077",
    `if [ -e ${bin} ]; then cat >/dev/null; exit 0; fi`,
    `part=${folder}.part.$$`,
    `mkdir -p "$part"`,
    `tar xf - -C "$part"`,
    `mv "$part" ${folder}`,
  ].join("; ");

/** The same for one look, after which nothing of it is left. @param words of graph-mgr, plain ones */
export const onceScript = (words: readonly string[]): string =>
  [
    "umask 077",
    "part=$(mktemp -d) || exit 1",
    'tar xf - -C "$part" || { rm -rf "$part"; exit 1; }',
    `node "$part/dist/graph-mgr.js" ${words.join(" ")} </dev/null`,
    "code=$?",
    'rm -rf "$part"',
    "exit $code",
  ].join("; ");
