import { existsSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Executor } from "./exec.ts";
import type { Helpers } from "./helper-container.ts";
import { SIZE_TREES } from "./tree-scripts.ts";
import { READ_RIGHTS } from "./volume-copy.ts";
import type { Room } from "./world.ts";

/** A helper's own root lies where the engine keeps images and volumes. */
const ENGINE_FREE = "df -Pk /\n";

/** How much is free, and how much things take. */
export function createRoom(executor: Executor, helpers: Helpers, uid = process.getuid?.() ?? 0): Room {
  return {
    async freeBytes(path) {
      let there = path;
      while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
      const { bavail, bsize } = await statfs(there);
      return bavail * bsize;
    },
    async engineFreeBytes(helperImage) {
      const printed = await helpers.run({
        purpose: "free",
        title: "Measuring the engine's disk",
        image: helperImage,
        script: ENGINE_FREE,
      });
      // The fourth of six columns; the first may hold blanks.
      const [, kibibytes = "0"] = /(\d+)\s+\d+%\s+\S+\s*$/.exec(printed.trim()) ?? [];
      return Number(kibibytes) * 1024;
    },
    async freeMemoryBytes() {
      const told = await readFile("/proc/meminfo", "utf8").catch(() => "");
      const kibibytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(told)?.[1] ?? Number.NaN);
      const bytes = (kibibytes("MemAvailable") + kibibytes("SwapFree")) * 1024;
      return Number.isNaN(bytes) ? null : bytes;
    },
    async treeBytes(path, helperImage) {
      const kibibytes = (printed: string): number => Number(/^(\d+)\s/m.exec(printed)?.[1] ?? 0) * 1024;
      if (uid === 0 || helperImage === null)
        return kibibytes(await executor.run({ program: "sh", args: ["-c", SIZE_TREES, "size", path] }));
      const printed = await helpers.run({
        purpose: "size-folder",
        title: `Measuring ${path}`,
        image: helperImage,
        script: SIZE_TREES,
        args: ["/graph-mgr/source"],
        folders: [{ path, at: "/graph-mgr/source", writable: false }],
        capabilities: READ_RIGHTS,
      });
      return kibibytes(printed);
    },
  };
}
