import { z } from "zod";

/** What a release brought besides its texts, by relative path: folders, links, and files of other kinds, as `Files.imprint` tells them. */
export type Brought = Readonly<Record<string, string>>;

/** Beside the texts in a folder of pristine files; no bundle may have such a name. */
export const BROUGHT_FILE = ".graph-mgr-brought.json";

const brought = z.object({ schema: z.literal(1), entries: z.record(z.string(), z.string()) });

/** Nothing where it was not kept, by an older graph-mgr, or cannot be read: then more counts as the administrator's, and not less. */
export function parseBrought(content: string | null): Brought {
  try {
    return brought.parse(JSON.parse(content ?? "null")).entries;
  } catch {
    return {};
  }
}

export const broughtToText = (entries: Brought): string => `${JSON.stringify({ schema: 1, entries })}\n`;
