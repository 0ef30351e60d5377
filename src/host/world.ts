import type { Backups } from "./world-backups.ts";
import type { Caddy, Compose, Engine } from "./world-engine.ts";
import type { Bundles, Files, ImageSets, Room, Trees } from "./world-files.ts";
import type { BootClock, Ports, Remote, Surroundings, Systemd } from "./world-machine.ts";
import type { Parcels } from "./world-parcels.ts";
import type { Postgres } from "./world-postgres.ts";

export type * from "./world-backups.ts";
export type * from "./world-engine.ts";
export type * from "./world-files.ts";
export type * from "./world-machine.ts";
export type * from "./world-parcels.ts";
export type * from "./world-postgres.ts";

/** Everything outside the process that a step or a survey may touch. Real: host/*. Simulated: test/simulator/*. */
export interface World {
  readonly files: Files;
  readonly trees: Trees;
  readonly bundles: Bundles;
  readonly engine: Engine;
  readonly compose: Compose;
  readonly caddy: Caddy;
  readonly postgres: Postgres;
  readonly backups: Backups;
  readonly imageSets: ImageSets;
  readonly remote: Remote;
  readonly ports: Ports;
  readonly room: Room;
  readonly systemd: Systemd;
  readonly surroundings: Surroundings;
  readonly parcels: Parcels;
  readonly now: () => Date;
  /** Does not go back when the clock is set. */
  readonly elapsedMs: () => number;
  /** The same for more than one process; null where the system does not tell. */
  readonly sinceBoot: () => Promise<BootClock | null>;
  /** Between two looks at something that is awaited. @throws Interrupted when the signal fires */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Random bytes as URL-safe text, for generated secrets and ids. */
  readonly random: (bytes: number) => string;
}
