import { followed } from "../domain/linked-folders.ts";
import type { Files } from "../host/world.ts";

/** Where a path really is, link by link: labels of containers may hold the way that somebody took. */
export const realFolder = (files: Pick<Files, "readLink">, path: string): Promise<string> =>
  followed(each => files.readLink(each), path);
