import type { InstanceRecord } from "../domain/instance.ts";
import { caddyfilePath, type MaintenancePage, type MaintenanceTemplates, maintenancePage } from "../domain/maintenance.ts";
import type { World } from "../host/world.ts";

/** What stands in for an instance while it is down, and by which image it is served. */
export interface PageFacts extends MaintenancePage {
  readonly instance: string;
  readonly project: string;
  readonly image: string;
}

/** Null where the product has none. */
export async function surveyPage(
  world: Pick<World, "compose" | "files">,
  record: InstanceRecord,
  templates: MaintenanceTemplates,
): Promise<PageFacts | null> {
  const { name: instance, project, product, dir, envFiles } = record;
  const image = record.images[product.maintenance?.service ?? ""]?.id;
  if (image === undefined) return null;
  const model = await world.compose.resolve({ name: project, dir, envFiles });
  const path = caddyfilePath(product, model);
  const caddyfile = path === null ? null : await world.files.read(path);
  const page = maintenancePage({ instance, product, model, caddyfile }, templates);
  return page === null ? null : { ...page, instance, project, image };
}
