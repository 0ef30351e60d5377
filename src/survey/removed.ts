import { Home } from "../domain/home.ts";
import { type InstanceRecord, parseRecord } from "../domain/instance.ts";
import type { World } from "../host/world.ts";

/** What `remove` moved aside, and `install --attach` brings back. */
export interface Removed {
  readonly record: InstanceRecord;
  /** Absolute; its record lies beside it. */
  readonly folder: string;
}

/** Whatever of it is still whole: a folder and a record that can be read. */
export async function surveyRemoved({ files }: Pick<World, "files">, homePath: string): Promise<readonly Removed[]> {
  const all = new Home(homePath).allRemoved();
  const names = await files.list(all);
  const found: Removed[] = [];
  for (const name of names.filter(each => names.includes(`${each}.json`))) {
    const folder = `${all}/${name}`;
    const text = await files.read(`${folder}.json`);
    const record = text === null ? null : readable(text, `${folder}.json`);
    if (record !== null) found.push({ record, folder });
  }
  return found;
}

/** A list of volumes does not fail for one of them. */
function readable(text: string, path: string): InstanceRecord | null {
  try {
    return parseRecord(text, path);
  } catch {
    return null;
  }
}
