import { docker } from "./command.ts";
import type { HelperWork } from "./engine.ts";
import type { Executor } from "./exec.ts";
import type { Helpers } from "./helper-container.ts";
import { sweepHelpers } from "./helper-sweep.ts";
import {
  COUNT_SINCE,
  copied,
  counted,
  DIGEST_TREE,
  FINGERPRINT_TREES,
  SIZE_TREES,
  secondsOf,
  TIMED_COPY,
  tookMs,
} from "./tree-scripts.ts";

/** What it takes to read and recreate files of any owner and mode: nothing to do with devices, the network or the kernel. */
export const COPY_RIGHTS = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP"] as const;

/** What it takes to read files of any owner and mode. */
export const READ_RIGHTS = ["DAC_READ_SEARCH"] as const;

/** The engine's work on the content of volumes, in helper containers. */
export function createVolumeWork(executor: Executor, helpers: Helpers): HelperWork {
  return {
    async volumeDigest(name, helperImage) {
      const printed = await helpers.run({
        purpose: "digest",
        title: `Reading the volume ${name}`,
        image: helperImage,
        script: DIGEST_TREE,
        args: ["/graph-mgr/source"],
        volumes: [{ name, at: "/graph-mgr/source", writable: false }],
        capabilities: READ_RIGHTS,
      });
      return digestIn(printed);
    },
    async copyVolume(from, to, helperImage, progress) {
      progress(`copying the volume ${from} into ${to}`);
      const copying = {
        purpose: "copy",
        title: `Copying the volume ${from} into ${to}`,
        writesTo: to,
        image: helperImage,
        script: TIMED_COPY,
        args: ["/graph-mgr/source", "/graph-mgr/target"],
        volumes: [
          { name: from, at: "/graph-mgr/source", writable: false },
          { name: to, at: "/graph-mgr/target", writable: true },
        ],
        capabilities: COPY_RIGHTS,
      };
      return tookMs(await helpers.run(copying, copied(progress)));
    },
    async volumeSizeBytes(names, helperImage) {
      const known = new Set((await executor.run(docker("volume", "ls", "--quiet"))).split("\n"));
      const present = names.filter(name => known.has(name));
      if (present.length === 0) return {};
      const printed = await helpers.run({
        purpose: "size",
        title: "Measuring volumes",
        image: helperImage,
        script: SIZE_TREES,
        args: present.map((_, index) => `/graph-mgr/${index}`),
        volumes: present.map((name, index) => ({ name, at: `/graph-mgr/${index}`, writable: false })),
        capabilities: READ_RIGHTS,
      });
      const sizes: Record<string, number> = {};
      for (const [, kibibytes, index] of printed.matchAll(/^(\d+)\s+\/graph-mgr\/(\d+)$/gm)) {
        const name = present[Number(index)];
        if (name !== undefined) sizes[name] = Number(kibibytes) * 1024;
      }
      return sizes;
    },
    async volumeFingerprints(names, helperImage) {
      if (names.length === 0) return {};
      // All in one container, because each takes half a second to start.
      const printed = await helpers.run({
        purpose: "fingerprint",
        title: "Looking through volumes",
        image: helperImage,
        script: FINGERPRINT_TREES,
        args: names.map((_, index) => `/graph-mgr/${index}`),
        volumes: names.map((name, index) => ({ name, at: `/graph-mgr/${index}`, writable: false })),
        capabilities: READ_RIGHTS,
      });
      const lines = printed.split("\n");
      return Object.fromEntries(names.map((name, index) => [name, digestIn(lines[index] ?? "")]));
    },
    async volumeCountSince(name, moment, helperImage) {
      const printed = await helpers.run({
        purpose: "count",
        title: `Looking through the volume ${name}`,
        image: helperImage,
        script: COUNT_SINCE,
        args: ["/graph-mgr/source", secondsOf(moment)],
        volumes: [{ name, at: "/graph-mgr/source", writable: false }],
        capabilities: READ_RIGHTS,
      });
      return counted(printed);
    },
    sweep: home => sweepHelpers(executor, home),
  };
}

/** The digest that DIGEST_TREE printed. */
export function digestIn(printed: string): string {
  const digest = /^[0-9a-f]{64}\b/.exec(printed)?.[0];
  if (digest === undefined) throw new Error(`expected a digest, not ${JSON.stringify(printed.slice(0, 200))}`);
  return digest;
}
