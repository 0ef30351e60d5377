import { Home } from "../domain/home.ts";
import { type InstanceRecord, isMoved, LABELS } from "../domain/instance.ts";
import { maintenanceName, type PageInput } from "../domain/maintenance.ts";
import type { ContainerDetail, World } from "../host/world.ts";

/** A page that a finished operation left, which says where an instance has moved. */
export interface LeftPage {
  readonly page: PageInput;
  readonly operation: string;
}

/** What stands in for an instance that is off; null where nothing of this home does. */
export async function surveyLeftPage(
  { files }: Pick<World, "files">,
  home: string,
  project: string,
  containers: readonly ContainerDetail[],
): Promise<LeftPage | null> {
  const found = containers.find(({ name, labels }) => name === maintenanceName(project) && labels[LABELS.home] === home);
  const operation = found?.labels[LABELS.operation];
  if (operation === undefined) return null;
  const text = await files.read(`${new Home(home).operation(operation)}/plan.json`);
  if (text === null) return null;
  const { steps } = JSON.parse(text) as { readonly steps: readonly { readonly kind: string; readonly input: unknown }[] };
  const page = steps.findLast(({ kind }) => kind === "maintenance.up")?.input as PageInput | undefined;
  return page?.project === project ? { page, operation } : null;
}

/** Pages that stand in for instances of this home that have moved to another machine. */
export async function surveyMovedPages(
  world: Pick<World, "files">,
  home: string,
  records: readonly InstanceRecord[],
  containers: readonly ContainerDetail[],
): Promise<readonly LeftPage[]> {
  const moved = records.filter(isMoved);
  const found = await Promise.all(moved.map(({ project }) => surveyLeftPage(world, home, project, containers)));
  return found.filter(page => page !== null);
}

/** Ports that such pages would give back. */
export const portsOfPages = (pages: readonly LeftPage[]): ReadonlySet<number> =>
  new Set(pages.flatMap(({ page }) => page.ports.map(({ host }) => host)));
