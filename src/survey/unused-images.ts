import type { Unused } from "../domain/unused.ts";
import type { World } from "../host/world.ts";
import { otherHomes } from "./claims.ts";
import { surveyHome } from "./home.ts";
import { surveyRemoved } from "./removed.ts";
import type { Stock } from "./unused.ts";

/**
 * Our names of images of projects that this home once had and has no more. Other homes use the engine, too, and a name says no home: so only
 * projects count that this home's own operations gave names to, and that no instance here or elsewhere has.
 */
export async function surveyUnusedImages(world: World, stock: Stock): Promise<readonly Unused[]> {
  const { home, records, removed, operations, containers, volumes } = stock;
  const once = new Set(
    operations.flatMap(({ plan, outcome }) => (outcome === "unfinished" ? [] : plan.steps.flatMap(step => taggedBy(step) ?? []))),
  );
  const taken = new Set([...records, ...removed.map(({ record }) => record)].map(({ project }) => project));
  for (const { project } of containers) if (project !== null) taken.add(project);
  for (const other of otherHomes({ containers, volumes, networks: [] }, home.path)) {
    const theirs = await projectsOf(world, other);
    // Of a home that cannot be read nobody knows what it has.
    if (theirs === null) return [];
    for (const project of theirs) taken.add(project);
  }
  const found: Unused[] = [];
  for (const slug of [...once].filter(each => !taken.has(each)).sort()) {
    for (const tag of await world.engine.tagsUnder(`graph-mgr/${slug}`)) {
      const [image] = await world.engine.images([tag]);
      if (!image) continue;
      const isLast = image.tags.length === 1 && !containers.some(each => each.image === image.id);
      const why = `no instance is ${slug}${isLast ? "" : "; the image itself is used or has other names"}`;
      found.push({ what: "image", name: tag, sizeBytes: isLast ? image.sizeBytes : 0, why, paths: [] });
    }
  }
  return found;
}

const taggedBy = ({ kind, input }: { readonly kind: string; readonly input: unknown }): string | null =>
  kind === "images.tag" ? ((input as { readonly slug?: string }).slug ?? null) : null;

async function projectsOf(world: World, home: string): Promise<readonly string[] | null> {
  try {
    const [{ records }, removed] = await Promise.all([surveyHome(world, home), surveyRemoved(world, home)]);
    return [...records, ...removed.map(({ record }) => record)].map(({ project }) => project);
  } catch {
    return null;
  }
}
