import { dirname } from "node:path";
import { decodeEntries, encodeEntry, type Journal } from "../plan/journal.ts";
import type { Disk } from "./disk.ts";

/** A journal in a file: an entry counts once its line, and the file's name, are on disk. */
export function createFileJournal(disk: Disk, path: string): Journal {
  /** Not true of a file that is there already: who made it may have been killed before its name was on disk. */
  let isNameSafe = false;
  const readText = async () => ((await disk.stat(path)) === null ? null : (await disk.read(path)).toString("utf8"));
  return {
    async append(entry) {
      const text = await readText();
      if (text !== null) {
        const { wholeBytes } = decodeEntries(text);
        const bytes = Buffer.byteLength(text);
        if (wholeBytes < bytes) await disk.truncate(path, wholeBytes);
        // A whole line may have lost only its newline.
        else if (bytes > 0 && !text.endsWith("\n")) await disk.append(path, Buffer.from("\n"), 0o600);
      }
      await disk.append(path, Buffer.from(encodeEntry(entry)), 0o600);
      await disk.sync(path);
      if (!isNameSafe) await disk.sync(dirname(path));
      isNameSafe = true;
    },
    settle: () => disk.settle(dirname(path)),
    read: async () => decodeEntries((await readText()) ?? "").entries,
  };
}
