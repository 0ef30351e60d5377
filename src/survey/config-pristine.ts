import type { InstanceRecord } from "../domain/instance.ts";
import { isBaseKnown, type Texts } from "../domain/merge-input.ts";
import type { World } from "../host/world.ts";
import { ownTexts, textsBelow } from "./installed-source.ts";

/** The vendor's files, and the same with graph-mgr's own edits; null where none are kept, as of an instance that was taken over. */
export async function pristineTexts(
  world: World,
  record: InstanceRecord,
): Promise<{ readonly base: Texts; readonly own: Texts } | null> {
  const base = await textsBelow(world, record.pristine);
  if (!isBaseKnown(base)) return null;
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const [vendors, now] = [
    await world.compose.resolve({ ...project, dir: record.pristine }),
    await world.compose.resolve(project),
  ];
  return { base, own: await ownTexts(record, base, vendors, now) };
}
