import type { InstanceRecord } from "../domain/instance.ts";
import type { Texts } from "../domain/merge-input.ts";
import type { World } from "../host/world.ts";
import { ownTexts, textsBelow } from "./installed-source.ts";

/** The vendor's files, and the same with graph-mgr's own edits; null where none are kept, as of an instance that was taken over. */
export async function pristineTexts(
  world: World,
  record: InstanceRecord,
): Promise<{ readonly base: Texts; readonly own: Texts } | null> {
  const base = await textsBelow(world, record.pristine);
  if (Object.keys(base).length === 0) return null;
  const project = { name: record.project, dir: record.pristine, envFiles: record.envFiles };
  return { base, own: await ownTexts(record, base, await world.compose.resolve(project)) };
}
