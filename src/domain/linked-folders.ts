import { posix } from "node:path";
import type { ComposeModel } from "./compose-model.ts";
import { bindMounts, isInside } from "./shared-resources.ts";

/** Where a link leads; null for what is none. */
export type ReadLink = (path: string) => Promise<string | null>;

const MAX_LINKS = 40;

/** Where a path really is, link by link. */
export async function followed(readLink: ReadLink, path: string): Promise<string> {
  const partsOf = (text: string): readonly string[] => text.split("/").filter(part => part !== "");
  let left = partsOf(posix.normalize(path));
  let at = "/";
  for (let links = 0; left.length > 0; ) {
    const [part = "", ...rest] = left;
    const next = posix.join(at, part);
    const target = links < MAX_LINKS ? await readLink(next) : null;
    if (target === null) [at, left] = [next, rest];
    else {
      links += 1;
      [at, left] = ["/", [...partsOf(posix.resolve(at, target)), ...rest]];
    }
  }
  return at;
}

/** What a service writes to by a path of the instance, on which a link leads out of it: data that somebody put on another disk. */
export interface LinkedFolder {
  readonly service: string;
  /** As it is mounted, relative to the instance. */
  readonly path: string;
  /** Where it is. */
  readonly target: string;
}

/**
 * What looks like the instance's own and is not: what copies the instance's folder copies the link, and what is behind it is left out, or used by two.
 * @param dir where the instance lies, as Compose was told it
 */
export async function linkedFolders(readLink: ReadLink, model: ComposeModel, dir: string): Promise<readonly LinkedFolder[]> {
  const root = await followed(readLink, dir);
  const found: LinkedFolder[] = [];
  for (const { service, source, readOnly } of bindMounts(model)) {
    const path = posix.relative(dir, source);
    if (readOnly || !isInside(source, dir) || found.some(each => each.path === path)) continue;
    const target = await followed(readLink, source);
    if (!isInside(target, root)) found.push({ service, path, target });
  }
  return found;
}
