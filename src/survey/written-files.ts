import type { InstanceRecord } from "../domain/instance.ts";
import { type Baseline, filesSince } from "../domain/losses.ts";
import { layoutFor } from "../domain/product.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import type { InstanceFacts } from "./instance.ts";
import { helperImageOf } from "./instance-details.ts";

export const untold = (why: string): string => `what was written cannot be told, because ${why}`;

/** Its first line as a part of a sentence; what is a bug of ours is thrown on. */
export function said(error: unknown): string {
  if (!(error instanceof OperatorError)) throw error;
  return error.message.split("\n", 1).join("").replace(/\.$/, "");
}

/** What was written since into the folders with data, a line each. */
export async function writtenIntoFolders(
  { files, trees }: World,
  { takenAt, trees: seen = {} }: Baseline,
  record: InstanceRecord,
): Promise<readonly string[]> {
  const image = helperImageOf(record) ?? null;
  const lines: string[] = [];
  for (const folder of layoutFor(record.product, record.release).data) {
    const path = `${record.dir}/${folder}`;
    const before = seen[folder];
    if (!(await files.isFolder(path))) {
      if (before !== undefined) lines.push(`${folder}: ${untold("it is gone")}`);
      continue;
    }
    const count = () => trees.countSince(path, takenAt, image);
    lines.push(...(await written(folder, before, count, () => trees.fingerprint(path, image))));
  }
  return lines;
}

/** The same of named volumes that somebody may write into. The database's is told by its rows. */
export async function writtenIntoVolumes(
  { engine }: World,
  { takenAt, volumes: seen = {} }: Baseline,
  { record, containers }: Pick<InstanceFacts, "record" | "containers">,
): Promise<readonly string[]> {
  const image = helperImageOf(record);
  const mounts = containers.flatMap(each => each.mounts);
  const lines: string[] = [];
  for (const { key, name } of record.volumes) {
    const own = mounts.filter(mount => mount.name === name);
    const isOnlyRead = own.length > 0 && own.every(({ writable }) => !writable);
    if (key === record.product.postgres?.volume || isOnlyRead) continue;
    const place = `volume ${key}`;
    const before = seen[name];
    if (before === undefined) lines.push(`${place}: ${untold("the update did not note what was there")}`);
    else if ((await engine.volume(name)) === null) lines.push(`${place}: ${untold("it is gone")}`);
    else if (image === undefined) lines.push(`${place}: ${untold("no image is known to look into it with")}`);
    else {
      const count = () => engine.volumeCountSince(name, takenAt, image);
      const fingerprint = async () => (await engine.volumeFingerprints([name], image))[name] ?? "";
      lines.push(...(await written(place, before, count, fingerprint)));
    }
  }
  return lines;
}

/** @param before undefined where nobody noted it: then only the files' times tell */
async function written(
  place: string,
  before: string | undefined,
  countSince: () => Promise<number>,
  fingerprint: () => Promise<string>,
): Promise<readonly string[]> {
  try {
    const count = await countSince();
    const isOther = count === 0 && before !== undefined && before !== (await fingerprint());
    return filesSince(place, count, isOther);
  } catch (error) {
    return [`${place}: ${untold(`it cannot be looked through: ${said(error)}`)}`];
  }
}
