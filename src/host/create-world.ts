import { randomBytes } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Interrupted } from "../errors.ts";
import { sinceBoot } from "./boot-clock.ts";
import { docker } from "./command.ts";
import { createComposeVersion } from "./compose-version.ts";
import { createEngine } from "./engine.ts";
import { createExecutor, type Executor } from "./exec.ts";
import { createFileStore } from "./file-store.ts";
import { createHelpers, type HelperScope } from "./helper-container.ts";
import { lazily } from "./lazily.ts";
import { nodeDisk } from "./node-disk.ts";
import { createSystemd } from "./systemd.ts";
import { createVolumeWork } from "./volume-copy.ts";
import type { World } from "./world.ts";

/** Makes the kernel end a child when we die; where util-linux lacks it, helpers end by their closed input alone. */
const DIE_TOGETHER = ["setpriv", "--pdeathsig", "KILL"] as const;

export function localExecutor(environment: Readonly<Record<string, string | undefined>>): Executor {
  return createExecutor(environment, isOnPath("setpriv", environment["PATH"] ?? "") ? DIE_TOGETHER : []);
}

/**
 * This machine and its engine. `scope` says whose work helper containers do at the moment.
 * @param root where this program stands, for machines that lack it
 */
export function createWorld(
  executor: Executor,
  scope: () => HelperScope,
  root: URL,
  environment: Readonly<Record<string, string | undefined>> = {},
): World {
  const helpers = createHelpers(executor, scope);
  const trees = lazily(async () => {
    const { createTrees } = await import("./trees.ts");
    return createTrees(executor, helpers);
  });
  const engine = createEngine(executor, createVolumeWork(executor, helpers), createComposeVersion());
  const backups = lazily(async () => {
    const { createBackups } = await import("./backups.ts");
    return createBackups(executor, helpers, trees, environment);
  });
  const imageSets = lazily(async () => {
    const { createImageSets } = await import("./image-sets.ts");
    return createImageSets(executor);
  });
  const elapsedMs = () => performance.now();
  const pause: World["pause"] = async (ms, signal) => {
    try {
      await wait(ms, undefined, { signal });
    } catch {
      throw new Interrupted("stopped while waiting");
    }
  };
  return {
    files: createFileStore(nodeDisk),
    trees,
    bundles: lazily(async () => {
      const { createBundles } = await import("./bundles.ts");
      return createBundles({
        load: async archive => {
          await executor.feed(docker("load", "--quiet"), archive);
        },
      });
    }),
    backups,
    imageSets,
    remote: lazily(async () => {
      const { createRemote } = await import("./remote.ts");
      return createRemote({ executor, backups, imageSets, root, elapsedMs, pause });
    }),
    engine,
    compose: lazily(async () => {
      const { createCompose } = await import("./compose.ts");
      return createCompose(executor, tmpdir());
    }),
    caddy: lazily(async () => {
      const { createCaddy } = await import("./caddy.ts");
      return createCaddy(helpers);
    }),
    postgres: lazily(async () => {
      const { createPostgres } = await import("./postgres.ts");
      return createPostgres(executor, helpers);
    }),
    ports: lazily(async () => (await import("./ports.ts")).ports),
    room: lazily(async () => {
      const { createRoom } = await import("./room.ts");
      return createRoom(executor, helpers);
    }),
    systemd: createSystemd(executor, environment),
    surroundings: lazily(async () => {
      const { createSurroundings } = await import("./surroundings.ts");
      return createSurroundings(executor);
    }),
    parcels: lazily(async () => {
      const { createParcels } = await import("./parcels.ts");
      return createParcels();
    }),
    now: () => new Date(),
    elapsedMs,
    sinceBoot,
    pause,
    random: bytes => randomBytes(bytes).toString("base64url"),
  };
}

function isOnPath(program: string, path: string): boolean {
  return path.split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
