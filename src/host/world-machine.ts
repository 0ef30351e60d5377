import type { Arrival, ThereFacts } from "../domain/arrival.ts";
import type { ImageList, ImageSetManifest } from "../domain/image-set.ts";
import type { BackupJob } from "./world-backups.ts";
import type { Progress } from "./world-files.ts";

/** How long the machine runs; two looks compare where it was not started anew between them. A type and not an interface, because journals hold plain JSON. */
export type BootClock = { readonly boot: string; readonly ms: number };

/** Whose units: the machine's, or the user's own. */
export type UnitScope = "system" | "user";

/** What runs things by the clock and when the machine starts. Where it does not run, units can be written and verified all the same. */
export interface Systemd {
  folder(scope: UnitScope): string;
  isRunning(scope: UnitScope): Promise<boolean>;
  /** Whether this user may make files in a folder, or the folder. */
  mayWrite(folder: string): Promise<boolean>;
  /** When it is next so, in systemd's words; null: never. @throws OperatorError USAGE, NO_PROGRAM */
  next(calendar: string): Promise<string | null>;
  /** Reads units as systemd would. @throws OperatorError COMMAND_FAILED with what it says */
  verify(paths: readonly string[]): Promise<void>;
  /** Has it read its units again. */
  reload(scope: UnitScope): Promise<void>;
  isOn(unit: string, scope: UnitScope): Promise<{ readonly enabled: boolean; readonly active: boolean }>;
  /** Now and after each start of the machine. */
  turn(timer: string, on: boolean, scope: UnitScope): Promise<void>;
  /** Only after each start of the machine: now it starts nothing and stops nothing. */
  turnAtBoot(unit: string, on: boolean, scope: UnitScope): Promise<void>;
  /** What a unit must be given so that it finds the engine that we see. */
  environment(): Readonly<Record<string, string>>;
  /** Runs the operator's own program, without arguments, and waits for it. @throws OperatorError COMMAND_FAILED, NO_PROGRAM */
  tell(program: string, facts: Readonly<Record<string, string>>): Promise<void>;
}

/** Another machine behind ssh. Plain JSON, because plans hold it; no secrets. */
export type There = {
  readonly target: { readonly user: string | null; readonly host: string; readonly port: number | null };
  /** File with the key, of this machine; null: what ssh takes by itself. */
  readonly identity: string | null;
  /** File with the keys of known hosts; null: what ssh takes by itself. */
  readonly knownHosts: string | null;
  /** The home there; null: what graph-mgr takes there by itself. */
  readonly home: string | null;
};

/**
 * What this machine has another one's own graph-mgr do. Every call may be made again; each that changes something there is an operation
 * there, with a journal of its own, and goes by the name of the move.
 * @throws OperatorError NOT_REACHED, HOST_KEY, SSH_LOGIN, NO_NODE, and what the graph-mgr there throws, in its words
 */
/** What went over the connection, and what it stands for. */
export interface Sent {
  readonly wholeBytes: number;
  readonly sentBytes: number;
}

export interface Remote {
  /** Changes nothing there. @param ports such as `443/tcp` */
  look(there: There, ports: readonly string[]): Promise<ThereFacts>;
  images(there: There): Promise<ImageList>;
  /** Whether this very program is there already. */
  isInstalled(there: There): Promise<boolean>;
  install(there: There): Promise<void>;
  sendImages(there: There, job: Omit<ImageSetManifest, "streams" | "members">, progress: Progress): Promise<void>;
  /** Waits for what is still at work there. */
  arrival(there: There, move: string): Promise<Arrival>;
  hasAhead(there: There, move: string): Promise<boolean>;
  /** Streams what does not change much while the instance serves: `send` then sends what did. It becomes nothing there. */
  sendAhead(there: There, move: string, job: BackupJob, progress: Progress): Promise<void>;
  /** Streams an archive, which becomes an instance that is proven equal and not launched. @param ports options such as `--http-port` and their values */
  send(there: There, move: string, job: BackupJob, ports: readonly string[], progress: Progress): Promise<Sent>;
  /** Goes on with what was cut off there. */
  resume(there: There, move: string): Promise<void>;
  /** Returns when it is healthy; else it is stopped again, and this throws. */
  launch(there: There, move: string): Promise<void>;
  stop(there: There, move: string): Promise<void>;
  /** Takes away everything of the move that is there, its volumes included. */
  takeBack(there: There, move: string): Promise<void>;
}

/** Standard input as private files, each of which is there afterwards, whole and on the disk, or not at all. */
export interface InputStore {
  store(path: string): Promise<void>;
  /** What is sent before a move. @throws OperatorError NOT_WHOLE */
  storeAhead(path: string): Promise<void>;
  /** An archive, put together with what was sent before. @throws OperatorError NOT_WHOLE */
  storeWhole(path: string, ahead: string): Promise<void>;
  /** sha256 of each part of it; empty where nothing was sent before, or not all of it. */
  digestsAhead(path: string): Promise<readonly string[]>;
  removeAhead(path: string): Promise<void>;
}

/** What is asked of a port of this machine, and how. */
export interface PortQuestion {
  readonly port: number;
  readonly tls: boolean;
  readonly path: string;
  /** What the server is asked for by name (`Host`, and SNI); the address unless given. */
  readonly host?: string;
  /** 127.0.0.1 unless given. */
  readonly address?: string;
}

export interface PortAnswer {
  readonly status: number;
  /** The header `Retry-After`. */
  readonly retryAfter: string | null;
  /** The header `Server`. */
  readonly server: string | null;
}

/** What visitors of a port went without, while it was watched. */
export interface PortWatched {
  /** How long they were not served, the maintenance page's time included. */
  readonly downtimeMs: number;
  /** Of that the times in which nobody answered at all, not even the page; `fromMs` counts from when the watch began. */
  readonly gaps: readonly { readonly fromMs: number; readonly forMs: number }[];
  /** They were not served when it was asked last. */
  readonly isDown: boolean;
}

export interface PortWatch {
  /** As it was when it was asked last; true before the first answer. */
  isDown(): boolean;
  /** Ends the watch. */
  stop(): Promise<PortWatched>;
}

export interface Ports {
  /** Which of these host ports somebody listens on (any address); by TCP unless said. */
  taken(ports: readonly number[], protocol?: "tcp" | "udp"): Promise<ReadonlySet<number>>;
  /** One HTTP request, which follows no redirect and trusts every certificate; null where nobody answers within two seconds. */
  ask(question: PortQuestion): Promise<PortAnswer | null>;
}

/** What lies at a path. */
export interface Entry {
  readonly type: "file" | "folder" | "link" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly sizeBytes: number;
}

/** The machine as a diagnosis looks at it. Nothing is changed. */
export interface Surroundings {
  system(): Promise<{
    /** `Debian GNU/Linux 12 (bookworm)` */
    readonly system: string;
    readonly kernel: string;
    readonly architecture: string;
    readonly node: string;
    readonly processors: number;
    /** Of this user. */
    readonly uid: number;
  }>;
  /** Null where there is no such path, or this user may not know. */
  disk(path: string): Promise<{
    readonly totalBytes: number;
    readonly freeBytes: number;
    /** 0 where the file system does not count them. */
    readonly totalFiles: number;
    readonly freeFiles: number;
  } | null>;
  memory(): Promise<{ readonly totalBytes: number; readonly freeBytes: number } | null>;
  /** Links are not followed. Null when there is nothing. */
  entry(path: string): Promise<Entry | null>;
  /** Whether the clock is held to others' by the system; null where that does not tell. */
  isSynchronized(): Promise<boolean | null>;
  /** Addresses of a host name; `unknown`: there is no such name; null: nobody could be asked. */
  addresses(host: string): Promise<readonly string[] | "unknown" | null>;
  /** The certificate that is served at a port of this machine to who asks for this host, whoever vouches for it; null where none is. */
  servedCertificate(port: number, host: string, address: string): Promise<Buffer | null>;
}
