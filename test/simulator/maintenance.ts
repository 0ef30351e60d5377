import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../../src/domain/home.ts";
import type { InstanceRecord } from "../../src/domain/instance.ts";
import { caddyfilePath, type MaintenanceTemplates, maintenancePage } from "../../src/domain/maintenance.ts";
import type { maintenanceUp } from "../../src/steps/index.ts";
import { HOME, type Stage } from "./scenario.ts";

const folder = join(import.meta.dirname, "../../templates/maintenance");

/** As graph-mgr ships them. */
export const templates: MaintenanceTemplates = {
  caddyfile: readFileSync(join(folder, "Caddyfile.template"), "utf8"),
  page: readFileSync(join(folder, "index.html"), "utf8"),
};

/** What the steps of an operation are told of the page of an instance. */
export async function pageInput(
  { world }: Pick<Stage, "world">,
  record: InstanceRecord,
  operation: string,
  home = HOME,
): Promise<Parameters<typeof maintenanceUp.step>[0]> {
  const { name: instance, project, product, dir, envFiles } = record;
  const model = await world.compose.resolve({ name: project, dir, envFiles });
  const path = caddyfilePath(product, model);
  const caddyfile = path === null ? null : await world.files.read(path);
  const page = maintenancePage({ instance, product, model, caddyfile }, templates)!;
  return {
    instance,
    project,
    image: record.images[page.service]!.id,
    folder: join(new Home(home).operation(operation), "maintenance"),
    caddyfile: page.caddyfile,
    ports: page.ports,
    mounts: page.mounts,
  };
}
