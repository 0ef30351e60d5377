import { Interrupted } from "../../src/errors.ts";
import { createFileJournal } from "../../src/host/file-journal.ts";
import { createFileStore } from "../../src/host/file-store.ts";
import type { World } from "../../src/host/world.ts";
import type { Journal } from "../../src/plan/journal.ts";
import type { Machine } from "./machine.ts";
import { simBackups } from "./sim-backups.ts";
import { type SimBundle, simBundles } from "./sim-bundles.ts";
import { SimCompose } from "./sim-compose.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimEngine } from "./sim-engine.ts";
import { simImageSets } from "./sim-image-sets.ts";
import { simParcels } from "./sim-parcels.ts";
import { simPorts } from "./sim-ports.ts";
import { SimPostgres } from "./sim-postgres.ts";
import { simRemote } from "./sim-remote.ts";
import { simSurroundings } from "./sim-surroundings.ts";
import { simSystemd } from "./sim-systemd.ts";
import { simTrees } from "./sim-trees.ts";

export interface SimWorld {
  readonly world: World;
  readonly disk: SimDisk;
  readonly engine: SimEngine;
  readonly journal: (path: string) => Journal;
}

/** As on a real machine: what is made by its first call has nothing that could be copied before. */
function later<T extends object>(part: T): T {
  return new Proxy(part, {
    ownKeys: () => {
      throw new TypeError("what is not made yet cannot be taken apart");
    },
  });
}

/** What one process sees of a simulated host. The files and the journal are the real ones, over the simulated disk. */
export function createSimWorld(machine: Machine, home: string, shelf: Readonly<Record<string, SimBundle>> = {}): SimWorld {
  const disk = new SimDisk(machine);
  const engine = new SimEngine(machine, home);
  const world: World = {
    files: createFileStore(disk.disk),
    trees: later(simTrees(machine, disk, engine)),
    bundles: later(simBundles(machine, disk, engine, shelf)),
    backups: later(simBackups(machine, disk, engine)),
    imageSets: later(simImageSets(machine, disk, engine)),
    remote: later(simRemote(machine, disk, engine)),
    engine: engine.port,
    compose: later(new SimCompose(machine, disk, engine).port),
    // As far as braces go.
    caddy: later({
      check: async ({ text }) => {
        const [opened, closed] = ["{", "}"].map(brace => text.split(brace).length);
        return opened === closed ? { verdict: "valid", say: "" } : { verdict: "invalid", say: "unexpected end of file" };
      },
    }),
    postgres: later(new SimPostgres(machine, disk, engine).port),
    // A full disk is a fault of its own; that there is little room is refused before anything is done.
    room: later({
      freeBytes: async () => 1e12,
      engineFreeBytes: async () => 1e12,
      freeMemoryBytes: async () => 1e10,
      treeBytes: async () => 1000,
    }),
    ports: later(simPorts(machine, disk)),
    systemd: simSystemd(machine, disk),
    surroundings: later(simSurroundings(machine, disk)),
    parcels: later(simParcels(disk)),
    now: () => new Date(machine.state.clockMs),
    elapsedMs: () => machine.state.clockMs,
    sinceBoot: async () => ({ boot: "simulated", ms: machine.state.clockMs }),
    pause: async (ms, signal) => {
      if (signal.aborted) throw new Interrupted("stopped while waiting");
      machine.state.clockMs += ms;
    },
    random: () => `rnd${machine.nextSerial()}x`,
  };
  return { world, disk, engine, journal: path => createFileJournal(disk.disk, path) };
}
