import { join } from "node:path";
import type { Home } from "../domain/home.ts";
import type { maintenanceUp } from "../steps/index.ts";
import type { PageFacts } from "../survey/page.ts";

/** What the steps of the maintenance page are told; null where there is none. */
export function pageOf(facts: PageFacts | null, home: Home, operation: string): Parameters<typeof maintenanceUp.step>[0] | null {
  if (facts === null) return null;
  const { instance, project, image, caddyfile, ports, mounts } = facts;
  return { instance, project, image, caddyfile, ports, mounts, folder: join(home.operation(operation), "maintenance") };
}
