import type { ThereFacts } from "../domain/arrival.ts";
import { isTag, type SetImage } from "../domain/image-set.ts";
import type { There, World } from "../host/world.ts";
import { type BackupFacts, surveyBackup } from "./backup.ts";
import { familiarName } from "./images.ts";
import type { InstanceFacts } from "./instance.ts";
import { type PageFacts, surveyPage } from "./page.ts";

/** What the plan of a move to another machine is made of. No secrets. */
export interface MigrateFacts {
  /** As for a backup, which is what is sent. */
  readonly backup: BackupFacts;
  /** Each once, by id, as the vendor calls it. */
  readonly images: readonly SetImage[];
  readonly engine: Awaited<ReturnType<World["engine"]["about"]>>;
  /** Null where the product has none. */
  readonly page: PageFacts | null;
  /** What stands in its place afterwards. */
  readonly movedPage: PageFacts | null;
  readonly there: There;
  readonly facts: ThereFacts;
  /** How far its clock is from ours. */
  readonly clockMs: number;
}

interface Templates {
  readonly window: Parameters<typeof surveyPage>[2];
  readonly moved: Parameters<typeof surveyPage>[2];
}

/** Reads here and there, and changes nothing. */
export async function surveyMigrate(
  world: World,
  instance: InstanceFacts,
  there: There,
  templates: Templates,
): Promise<MigrateFacts> {
  const { record, home } = instance;
  const ports = record.ports.flatMap(({ host, protocol }) => (host === null ? [] : [`${host}/${protocol}`]));
  const facts = await world.remote.look(there, [...new Set(ports)]);
  const clockMs = Date.parse(facts.clock) - world.now().getTime();
  const backup = await surveyBackup(world, instance, `${home}/backups`);
  return {
    backup,
    images: imagesOf(backup),
    engine: await world.engine.about(),
    page: await surveyPage(world, record, templates.window),
    movedPage: await surveyPage(world, record, templates.moved),
    there,
    facts,
    clockMs,
  };
}

function imagesOf({ images }: BackupFacts): readonly SetImage[] {
  const found = new Map<string, SetImage>();
  for (const { id, reference, layers } of images) {
    const tags = [...(found.get(id)?.tags ?? []), familiarName(reference)].filter(isTag);
    found.set(id, { id, tags: [...new Set(tags)], layers: [...layers] });
  }
  return [...found.values()];
}
