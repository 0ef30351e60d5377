import type { ImageStore } from "../../src/domain/image.ts";

/** Everything of a simulated host, as maps of values that are replaced and never changed, so that a clone is a handful of shallow copies. */
export interface SimState {
  /** Inodes by number; 1 is the root folder. */
  readonly inodes: Map<number, Inode>;
  /** Changes of names that no `sync` of a folder made durable yet, oldest first. */
  pending: readonly NameChange[];
  readonly volumes: Map<string, SimVolume>;
  readonly imageStore: ImageStore;
  readonly images: Map<string, SimImage>;
  /** Reference to image id. */
  readonly tags: Map<string, string>;
  readonly containers: Map<string, SimContainer>;
  readonly networks: Map<string, SimNetwork>;
  /** Host ports that somebody outside Docker listens on. */
  readonly listening: ReadonlySet<number>;
  /** What systemd has read, and which timers it keeps to, or services it starts with the machine. */
  units: readonly string[];
  timers: ReadonlySet<string>;
  far: SimFar;
  clockMs: number;
  /** Makes ids, inode numbers and "random" texts. */
  serial: number;
}

interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a power cut leaves of a file; null when it never was on the disk. */
export type Durable = (Owned & { readonly bytes: Buffer }) | null;

export type Inode =
  | (Owned & { readonly type: "file"; readonly bytes: Buffer; readonly durable: Durable })
  | (Owned & { readonly type: "link"; readonly target: string })
  | (Owned & {
      readonly type: "folder";
      readonly entries: ReadonlyMap<string, number>;
      readonly durable: ReadonlyMap<string, number>;
    });

/** One change that a power cut takes or leaves whole: a rename is two names at once. */
export type NameChange = readonly { readonly folder: number; readonly name: string; readonly inode: number | null }[];

export interface SimVolume {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** By path: plain text that stands for files, or of a database for tables and settings. */
  readonly content: Readonly<Record<string, string>>;
}

export interface SimImage {
  readonly id: string;
  readonly layers: readonly string[];
  /** What its program does: keeps serving, ends at once, or is a Postgres of this major. */
  readonly program: "serve" | "one-shot" | { readonly postgres: string };
  /** `VOLUME`s of the image: anonymous volumes, unless something is mounted there. */
  readonly volumes: readonly string[];
}

export interface SimContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageName: string;
  /** In the place of the image's own; empty where that runs. */
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly state: "created" | "running" | "exited";
  readonly exitCode: number;
  readonly hasHealthcheck: boolean;
  readonly startedMs: number;
  readonly finishedMs: number;
  /** Ended by `docker stop`: `unless-stopped` then lets it lie. */
  readonly stoppedByHand: boolean;
  readonly policy: string;
  readonly mounts: readonly SimMount[];
  readonly ports: readonly {
    readonly container: number;
    readonly protocol: string;
    readonly host: number;
    readonly address: string;
  }[];
  readonly networks: readonly string[];
}

export interface SimMount {
  readonly type: string;
  readonly name: string | null;
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
}

export interface SimNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The other machine of a move, and how far it is there. */
export interface SimFar {
  readonly isInstalled: boolean;
  readonly images: readonly string[];
  /** Files were sent ahead. */
  readonly hasAhead: boolean;
  readonly stage: "none" | "unfinished" | "restored" | "serving";
  /** Compose project of what arrived. */
  readonly project: string;
  readonly isClone: boolean;
}

export const ROOT = 1;

export function emptyState(imageStore: ImageStore = "classic"): SimState {
  const root: Inode = { type: "folder", mode: 0o755, uid: 0, gid: 0, entries: new Map(), durable: new Map() };
  return {
    inodes: new Map([[ROOT, root]]),
    pending: [],
    volumes: new Map(),
    imageStore,
    images: new Map(),
    tags: new Map(),
    containers: new Map(),
    networks: new Map(),
    listening: new Set(),
    units: [],
    timers: new Set(),
    far: { isInstalled: false, images: [], hasAhead: false, stage: "none", project: "", isClone: false },
    clockMs: Date.UTC(2026, 0, 1),
    serial: ROOT,
  };
}

export const cloneState = (state: SimState): SimState => ({
  ...state,
  inodes: new Map(state.inodes),
  volumes: new Map(state.volumes),
  images: new Map(state.images),
  tags: new Map(state.tags),
  containers: new Map(state.containers),
  networks: new Map(state.networks),
});
