import type { Surroundings } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";

/** A machine with room, whose clock is right, without a network. */
export function simSurroundings(machine: Machine, disk: SimDisk): Surroundings {
  const look = (what: string, target: string) => machine.read({ what: `surroundings.${what}`, target });
  return {
    async system() {
      look("system", "");
      return { system: "Simulated Linux", kernel: "6.1.0", architecture: "x64", node: "v20.19.0", processors: 2, uid: 0 };
    },
    disk: async () => ({ totalBytes: 1e12, freeBytes: 8e11, totalFiles: 1e6, freeFiles: 9e5 }),
    memory: async () => ({ totalBytes: 1.6e10, freeBytes: 1e10 }),
    async entry(path) {
      look("entry", path);
      return await disk.disk
        .stat(path)
        .then(stat => stat && { type: stat.type, mode: stat.mode, uid: stat.uid, sizeBytes: stat.sizeBytes });
    },
    isSynchronized: async () => true,
    addresses: async () => null,
    servedCertificate: async () => null,
  };
}
