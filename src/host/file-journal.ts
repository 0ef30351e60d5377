import { dirname } from "node:path";
import { decodeEntries, encodeEntry, type Journal } from "../plan/journal.ts";
import type { Disk } from "./disk.ts";

/** A journal in a file, which one process writes: an entry counts once its line, and the file's name, are on disk. */
export function createFileJournal(disk: Disk, path: string): Journal {
  /** That the file is whole and its name on the disk. Not known of a file that is there already, nor after a failure. */
  let isSound = false;
  const readText = async () => ((await disk.stat(path)) === null ? null : (await disk.read(path)).toString("utf8"));

  /** Takes away a line that was cut off while it was written. */
  const mend = async (): Promise<void> => {
    const text = (await readText()) ?? "";
    const { wholeBytes } = decodeEntries(text);
    const bytes = Buffer.byteLength(text);
    if (wholeBytes < bytes) await disk.truncate(path, wholeBytes);
    // A whole line may have lost only its newline.
    else if (bytes > 0 && !text.endsWith("\n")) await disk.append(path, Buffer.from("\n"), 0o600);
  };

  return {
    async append(entry) {
      const wasSound = isSound;
      isSound = false;
      if (!wasSound) await mend();
      await disk.append(path, Buffer.from(encodeEntry(entry)), 0o600);
      await disk.sync(path);
      if (!wasSound) await disk.sync(dirname(path));
      isSound = true;
    },
    settle: () => disk.settle(dirname(path)),
    read: async () => decodeEntries((await readText()) ?? "").entries,
  };
}
