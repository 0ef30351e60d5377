import { posix } from "node:path";
import type { Files } from "../host/world.ts";

const MAX_LINKS = 40;

/** Where a path really is, link by link: labels of containers may hold the way that somebody took. */
export async function realFolder(files: Pick<Files, "readLink">, path: string): Promise<string> {
  let left = posix
    .normalize(path)
    .split("/")
    .filter(part => part !== "");
  let at = "/";
  for (let links = 0; left.length > 0; ) {
    const [part = "", ...rest] = left;
    const next = posix.join(at, part);
    const target = links < MAX_LINKS ? await files.readLink(next) : null;
    if (target === null) [at, left] = [next, rest];
    else {
      links += 1;
      [at, left] = [
        "/",
        [
          ...posix
            .resolve(at, target)
            .split("/")
            .filter(each => each !== ""),
          ...rest,
        ],
      ];
    }
  }
  return at;
}
