import { resolve } from "node:path";
import type { InstanceRecord } from "../domain/instance.ts";
import { EXIT, OperatorError, systemError } from "../errors.ts";
import { isPlace } from "../survey/bundles.ts";
import { type BundleVersion, surveyVersions } from "../survey/versions.ts";
import type { Session } from "./session.ts";
import { cut } from "./text.ts";

/**
 * Which bundles lie in the home, the working folder and those that were named, and whether an instance may be updated to them.
 * @param named values of `--bundles`
 * @throws OperatorError USAGE when one of them is no folder
 */
export async function bundlesAround(
  session: Session,
  named: readonly string[],
  from: InstanceRecord | null,
): Promise<readonly BundleVersion[]> {
  const { world, home } = session;
  const folders = await bundleFolders(session, named);
  const { bundles, cache } = await surveyVersions(
    world,
    { home: home.path, folders, from },
    await session.describedProducts(),
    text => session.noteInPlace(cut(`  ${text}`, session.columns - 1)),
  ).finally(() => session.noteInPlace(""));
  if (cache !== null) await remember(session, cache);
  return bundles;
}

/**
 * Where bundles are looked for: the home, the working folder, and what was named.
 * @throws OperatorError USAGE
 */
export async function bundleFolders({ world, home, cwd }: Session, named: readonly string[]): Promise<readonly string[]> {
  const more = named.map(folder => resolve(cwd, folder));
  for (const folder of more) if (!(await isPlace(world, folder))) throw noPlace(folder);
  return [...new Set([home.path, cwd, ...more])];
}

const noPlace = (folder: string) =>
  new OperatorError("USAGE", `There is no folder ${folder} to look for bundles in.`, {
    exit: EXIT.usage,
    hint: "--bundles DIR   (the folder that the bundles lie in)",
  });

/** Only in a home that is there, and no reason to fail: it saves time, and nothing else. */
async function remember({ world, home, flags }: Session, cache: string): Promise<void> {
  if (flags.dryRun || !(await world.files.isFolder(home.own()))) return;
  try {
    await world.files.write(home.bundleCache(), cache, 0o600);
  } catch (error) {
    if (systemError(error) === null) throw error;
  }
}
