import type { Arrival, ThereFacts } from "../domain/arrival.ts";
import type { BackupManifest, BackupSource, Compression } from "../domain/backup.ts";
import type { BackupKey } from "../domain/backup-lock.ts";
import type { BundleContents, BundleGlance, BundleSource, BundleStamp } from "../domain/bundle.ts";
import type { ComposeModel } from "../domain/compose-model.ts";
import type { DatabaseProof } from "../domain/database.ts";
import type { RowChanges } from "../domain/database-changes.ts";
import type { ImageList, ImageSetManifest, ImageSetSource } from "../domain/image-set.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { PostgresActivity, PostgresImage, PostgresServer } from "../domain/postgres-facts.ts";

/** Everything outside the process that a step or a survey may touch. Real: host/*. Simulated: test/simulator/*. */
export interface World {
  readonly files: Files;
  readonly trees: Trees;
  readonly bundles: Bundles;
  readonly engine: Engine;
  readonly compose: Compose;
  readonly postgres: Postgres;
  readonly backups: Backups;
  readonly imageSets: ImageSets;
  readonly remote: Remote;
  readonly ports: Ports;
  readonly room: Room;
  readonly systemd: Systemd;
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

/** How long the machine runs; two looks compare where it was not started anew between them. A type and not an interface, because journals hold plain JSON. */
export type BootClock = { readonly boot: string; readonly ms: number };

/** Whose units: the machine's, or the user's own. */
export type UnitScope = "system" | "user";

/** What runs things by the clock. Where it does not run, units can be written and verified all the same. */
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
  isOn(timer: string, scope: UnitScope): Promise<{ readonly enabled: boolean; readonly active: boolean }>;
  turn(timer: string, on: boolean, scope: UnitScope): Promise<void>;
  /** What a unit must be given so that it finds the engine that we see. */
  environment(): Readonly<Record<string, string>>;
  /** Runs the operator's own program, without arguments, and waits for it. @throws OperatorError COMMAND_FAILED, NO_PROGRAM */
  tell(program: string, facts: Readonly<Record<string, string>>): Promise<void>;
}

export type Progress = (text: string) => void;

/** Small files of the home and of instances: read whole, written atomically and durably. */
export interface Files {
  /** Null when there is no such file. */
  read(path: string): Promise<string | null>;
  /** Atomic and durable (write beside, sync, rename, sync folder). Keeps the owner and mode of an existing file unless `mode` is given. */
  write(path: string, text: string, mode?: number): Promise<void>;
  /** No error when there is nothing. */
  remove(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** A link to a folder is none. */
  isFolder(path: string): Promise<boolean>;
  /** Names in a folder, sorted; empty when there is no folder. */
  list(path: string): Promise<readonly string[]>;
  makeFolder(path: string): Promise<void>;
  /** Durable. Refuses with EXISTS when `to` is there. */
  rename(from: string, to: string): Promise<void>;
  /** Permission bits; null when there is nothing. */
  mode(path: string): Promise<number | null>;
  changeMode(path: string, mode: number): Promise<void>;
  readLink(path: string): Promise<string | null>;
  /** `folder`, `link TARGET` or `sha256:...` of the content: the same only where the same is there. Null for nothing, and for what this user may not read. */
  imprint(path: string): Promise<string | null>;
  /** Atomic: readers see the old target or the new one. Null removes the link. */
  replaceLink(path: string, target: string | null): Promise<void>;
}

/** Whole folders, which may hold files of other owners and more than fits in memory. */
export interface Trees {
  /** Owners, modes, times, links and xattrs as they are; `to` must not exist and appears whole (staged beside, then renamed). */
  copy(from: string, to: string, leaveOut: readonly string[], helperImage: string | null, progress?: Progress): Promise<void>;
  /** By the same rules as `Engine.volumeDigest`. Digests compare that were made in one place: tools differ. */
  digest(path: string, helperImage: string | null): Promise<string>;
  /** Files below it that were written after this moment (ISO 8601). */
  countSince(path: string, moment: string, helperImage: string | null): Promise<number>;
  /** Another one as soon as a file below it was made, written or removed, wherever the clock stood; cheap, because no content is read. */
  fingerprint(path: string, helperImage: string | null): Promise<string>;
  /** Adds to `to` what `from` has and `to` has not; nothing that is there changes. */
  fill(from: string, to: string, helperImage: string | null): Promise<void>;
  /** Also what other users own (with a helper container where this user may not). Nothing there is no error. */
  remove(path: string, helperImage: string | null): Promise<void>;
}

export interface Bundles {
  /** Null when there is nothing at this path. Links are followed. */
  stamp(path: string): Promise<BundleStamp | null>;
  /**
   * What a bundle says of itself, for a list: content is left out unread where that can be, and images are not checked, so what it finds
   * whole may still be damaged. Writes nothing.
   * @throws OperatorError NO_BUNDLE, BUNDLE_INCOMPLETE, BUNDLE_HOSTILE, BUNDLE_DAMAGED, BUNDLE_TOO_LARGE
   */
  glance(path: string, progress: Progress): Promise<BundleGlance>;
  /**
   * Reads a bundle from end to end and checks it: entries, image archive, every layer. Writes nothing.
   * @throws OperatorError NO_BUNDLE, BUNDLE_HOSTILE, BUNDLE_DAMAGED, BUNDLE_TOO_LARGE
   */
  read(path: string, progress: Progress): Promise<BundleContents>;
  /** Puts the bundle's entries into `to`, without its image archive; `to` appears whole. The bundle is checked again while it is read. */
  unpack(bundle: BundleSource, to: string, progress: Progress): Promise<void>;
  /** Feeds the bundle's image archive to the engine. */
  loadImages(bundle: BundleSource, progress: Progress): Promise<void>;
}

/** What goes into a backup. */
export interface BackupJob {
  readonly manifest: Omit<BackupManifest, "streams" | "members">;
  readonly compression: Compression;
  /** Of the instance, as text. */
  readonly record: string;
  /** Folder of a dump that was read back; null for a product without Postgres. */
  readonly dump: string | null;
  readonly trees: readonly {
    readonly stream: "folder" | "pristine";
    readonly path: string;
    /** Names at its top. */
    readonly leaveOut: readonly string[];
  }[];
  readonly volumes: readonly { readonly stream: string; readonly key: string; readonly name: string }[];
  /** Whether the images go along. */
  readonly withImages: boolean;
  /** Runs the helper. */
  readonly helperImage: string;
  /** Whom it is encrypted for; null: it is not. Holds a secret: never journalled. */
  readonly lock: { readonly recipients: readonly string[] } | { readonly passphrase: string } | null;
}

/** A backup as it lies there, encrypted or not. */
export interface BackupPrint {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What a backup holds, once all of it was read. Holds secrets (texts): never journalled, never shown. */
export interface CheckedBackup {
  readonly source: BackupSource;
  readonly sizeBytes: number;
  readonly manifest: BackupManifest;
  readonly record: InstanceRecord;
  /** Small text files of the instance's folder by their path in it. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Archives of whole instances. Whoever unpacks one has checked it: what changed since is found before it is used. A path is one of this
 * machine, or `ssh://...`; then whatever is asked may also fail with HOST_KEY or REMOTE_FAILED. Or it is `restic:...`, in a repository;
 * then with HOST_KEY, NO_REPOSITORY, RESTIC_PASSWORD, RESTIC_LOCKED or RESTIC_FAILED.
 */
export interface Backups {
  /** Those that this machine has a program for. */
  compressions(): Promise<readonly Compression[]>;
  /**
   * Streams an archive into the file `to`, which must not exist; after an error it may be there, unfinished. `digest` is that of its
   * manifest. What was encrypted can be read by this process, and by others only with their keys.
   * @throws OperatorError BAD_RECIPIENT
   */
  write(job: BackupJob, to: string, progress: Progress): Promise<BackupPrint & { readonly digest: string }>;
  /** From now on it opens whatever it fits. @throws OperatorError BAD_KEY */
  unlock(key: BackupKey): void;
  /** What opens it; null for what is not encrypted. @throws OperatorError NO_BACKUP, BACKUP_DAMAGED */
  lockOf(path: string): Promise<"recipients" | "passphrase" | null>;
  /** @throws OperatorError BAD_RECIPIENT for the first that is none */
  refuseRecipients(recipients: readonly string[]): void;
  /** What lies there, all of it read where it lies, and nothing decrypted. @throws OperatorError NO_BACKUP */
  print(path: string, progress: Progress): Promise<BackupPrint>;
  exists(path: string): Promise<boolean>;
  /** No error when there is nothing. */
  remove(path: string): Promise<void>;
  /** In one folder, durably. Where it is on another machine, what has the name already stays, and it fails. */
  rename(from: string, to: string): Promise<void>;
  /** Names in a folder, sorted; empty when there is no folder. */
  names(folder: string): Promise<readonly string[]>;
  /** Of the disk of another machine that a folder is on, or will be. */
  freeBytes(folder: string): Promise<number>;
  /** What restic is told by the environment, as far as it may stand in a unit. */
  resticSettings(): ResticSettings;
  /** Gives the room back that removed archives took in a repository. @throws OperatorError RESTIC_LOCKED while somebody is at work there */
  reclaim(place: string): Promise<void>;
  /**
   * What an archive says of itself; of the rest only the headers are looked at.
   * @throws OperatorError NO_BACKUP, BACKUP_DAMAGED, BACKUP_UNKNOWN, BACKUP_LOCKED, BACKUP_KEY
   */
  glance(path: string): Promise<{ readonly source: BackupSource; readonly sizeBytes: number; readonly manifest: BackupManifest }>;
  /** Reads every byte and writes none. @throws OperatorError as `glance`, BACKUP_HOSTILE */
  check(path: string, progress: Progress): Promise<CheckedBackup>;
  /** The dump, as a folder that must not exist and appears whole. */
  unpackDump(source: BackupSource, to: string): Promise<void>;
  /** A tree, as a folder that must not exist and appears whole, proven by digest. Null: no helper image is there yet. */
  unpackTree(source: BackupSource, stream: "folder" | "pristine", to: string, helperImage: string | null): Promise<void>;
  /** Into a volume that is emptied first, proven by digest. */
  fillVolume(source: BackupSource, stream: string, volume: string, helperImage: string): Promise<void>;
  /** Feeds the images to the engine. */
  loadImages(source: BackupSource): Promise<void>;
}

/** What restic and its storage are told by the environment. */
export interface ResticSettings {
  /** No secret is in these: where one stands, or how the work is done. */
  readonly open: Readonly<Record<string, string>>;
  /** The names of all others. */
  readonly withheld: readonly string[];
}

/** Files of images, for machines that cannot pull them. */
export interface ImageSets {
  /** Streams images of the engine into the file `to`, which must not exist; after an error it may be there, unfinished. */
  write(job: Omit<ImageSetManifest, "streams" | "members">, to: string, progress: Progress): Promise<void>;
  /**
   * Reads every byte, checks every layer, and writes nothing.
   * @throws OperatorError NO_IMAGE_FILE, IMAGES_DAMAGED
   */
  check(
    path: string,
  ): Promise<{ readonly source: ImageSetSource; readonly sizeBytes: number; readonly manifest: ImageSetManifest }>;
  /** Feeds the images to the engine, which takes none when the file is not what was checked. No name moves, and none is given. */
  load(source: ImageSetSource): Promise<void>;
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
  /** Streams an archive, which becomes an instance that is proven equal and not launched. @param ports options such as `--http-port` and their values */
  send(there: There, move: string, job: BackupJob, ports: readonly string[], progress: Progress): Promise<void>;
  /** Goes on with what was cut off there. */
  resume(there: There, move: string): Promise<void>;
  /** Returns when it is healthy; else it is stopped again, and this throws. */
  launch(there: There, move: string): Promise<void>;
  stop(there: There, move: string): Promise<void>;
  /** Takes away everything of the move that is there, its volumes included. */
  takeBack(there: There, move: string): Promise<void>;
}

export interface ImageInfo {
  /** What `docker image inspect` calls Id: on the classic store the digest of the configuration. */
  readonly id: string;
  readonly tags: readonly string[];
  /** diff ids of the layers, lowest first: the same on every kind of image store. */
  readonly layers: readonly string[];
  readonly sizeBytes: number;
}

export interface VolumeInfo {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface NetworkInfo {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

/** What `docker ps -a` tells, one call for all. */
export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly project: string | null;
  readonly service: string | null;
  /** `com.docker.compose.project.working_dir`. */
  readonly workingDir: string | null;
  readonly state: ContainerState;
  /** Of the last run; null while it runs or before it did. */
  readonly exitCode: number | null;
  readonly health: "healthy" | "unhealthy" | "starting" | "none";
  /** Host ports that are published now. */
  readonly ports: readonly {
    readonly container: number;
    readonly protocol: string;
    readonly host: number;
    readonly address: string;
  }[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What `docker inspect` tells. */
export interface ContainerDetail extends ContainerSummary {
  readonly image: string;
  readonly imageName: string;
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly restartPolicy: string;
  readonly restartCount: number;
  readonly outOfMemory: boolean;
  /** Output of the last health probes, newest last. */
  readonly healthLog: readonly string[];
  readonly mounts: readonly {
    readonly type: string;
    readonly name: string | null;
    readonly source: string;
    readonly target: string;
    readonly writable: boolean;
  }[];
  /** Ports that the container is configured to publish, also while it is stopped. */
  readonly boundPorts: readonly {
    readonly container: number;
    readonly protocol: string;
    readonly host: number;
    readonly address: string;
  }[];
  readonly networks: readonly string[];
}

/** A container of graph-mgr's own, of no Compose project, that goes on after the command that made it. */
export interface ContainerSpec {
  readonly name: string;
  /** Id or tag; never pulled. */
  readonly image: string;
  /** Program and arguments, in the place of the image's own. */
  readonly command: readonly [program: string, ...args: string[]];
  readonly labels: Readonly<Record<string, string>>;
  /** TCP. `address` of the host; `0.0.0.0` for all. */
  readonly ports: readonly { readonly host: number; readonly container: number; readonly address: string }[];
  /** Read-only. Must exist: files or folders of this machine, or volumes. */
  readonly mounts: readonly { readonly type: "bind" | "volume"; readonly source: string; readonly target: string }[];
  readonly restartPolicy: string;
}

export interface Engine {
  /** Docker's id of the engine, its version and Compose's. */
  about(): Promise<{
    readonly id: string;
    readonly version: string;
    readonly compose: string;
    readonly architecture: string;
    /** `containerd` gives manifest digests as image ids, `classic` the digest of the configuration. */
    readonly imageStore: "classic" | "containerd";
  }>;
  /** By reference (tag or id); null where the engine has none. Same order as asked. */
  images(references: readonly string[]): Promise<readonly (ImageInfo | null)[]>;
  /** All that it has, also those without a name. */
  allImages(): Promise<readonly ImageInfo[]>;
  /** `reference` to the image names below a repository prefix that exist: `graph-mgr/v2_22_2/caddy`. */
  tagsUnder(repositoryPrefix: string): Promise<readonly string[]>;
  tag(imageId: string, reference: string): Promise<void>;
  /** Removes one name of an image; when it was the last, and no container uses it, the image goes. No error when it is gone. */
  untag(reference: string): Promise<void>;
  /** Unforced: refused while a container uses it or another name points to it. No error when it is gone. */
  removeImage(imageId: string): Promise<void>;
  volumes(): Promise<readonly VolumeInfo[]>;
  volume(name: string): Promise<VolumeInfo | null>;
  /** Refuses with EXISTS when there is one of that name. */
  createVolume(volume: VolumeInfo): Promise<void>;
  /** No error when it is gone; refused while a container uses it. */
  removeVolume(name: string): Promise<void>;
  networks(): Promise<readonly NetworkInfo[]>;
  removeNetwork(id: string): Promise<void>;
  containers(): Promise<readonly ContainerSummary[]>;
  inspect(ids: readonly string[]): Promise<readonly ContainerDetail[]>;
  /**
   * Creates and starts a container. One that does not start is removed again.
   * @throws OperatorError EXISTS for a name that is taken, PORT_TAKEN, NO_IMAGE, NO_VOLUME
   */
  runContainer(spec: ContainerSpec): Promise<void>;
  /** The last line that a container's program printed; empty where it printed nothing, or is gone. */
  lastWords(id: string): Promise<string>;
  setRestartPolicy(id: string, policy: string): Promise<void>;
  start(ids: readonly string[]): Promise<void>;
  /** The container's own stop signal, then `graceSeconds`. */
  stop(ids: readonly string[], graceSeconds: number): Promise<void>;
  /**
   * Never a volume that has a name. With `anonymousVolumes` also those that Docker made for this container alone, in one go:
   * once it is gone nobody can tell whose they were. No error when it is gone.
   */
  removeContainer(id: string, anonymousVolumes?: boolean): Promise<void>;
  /** Digest over paths, types, modes, owners, sizes, links and content of everything in a volume. */
  volumeDigest(name: string, helperImage: string): Promise<string>;
  /** In a helper container; `to` is emptied first, so it can be run again after a cut. */
  copyVolume(from: string, to: string, helperImage: string, progress: Progress): Promise<void>;
  volumeSizeBytes(names: readonly string[], helperImage: string): Promise<Readonly<Record<string, number>>>;
  /** By name, by the same rules as `Trees.fingerprint`. */
  volumeFingerprints(names: readonly string[], helperImage: string): Promise<Readonly<Record<string, string>>>;
  /** As `Trees.countSince`. */
  volumeCountSince(name: string, moment: string, helperImage: string): Promise<number>;
  /** Removes helper containers that a killed run left, of this home and not of `keepOperation`. */
  sweep(home: string): Promise<readonly string[]>;
}

/** A Compose project as it stands in a folder. */
export interface Project {
  readonly name: string;
  readonly dir: string;
  /** Relative to `dir`, in the order of the vendor's wrapper; empty means Compose's own default. */
  readonly envFiles: readonly string[];
}

export interface Compose {
  /**
   * What Compose makes of the files, all profiles on. Holds secrets: never journalled, never shown.
   * @param settings values that beat those of the env files
   */
  resolve(project: Project, settings?: Readonly<Record<string, string>>): Promise<ComposeModel>;
  /** The same for a project that exists only as texts (a bundle that is not unpacked): in a private scratch folder that is removed again. */
  resolveTexts(
    name: string,
    envFiles: readonly string[],
    texts: Readonly<Record<string, string>>,
  ): Promise<{ readonly model: ComposeModel; readonly active: readonly string[]; readonly dir: string }>;
  /** Services that a plain `up` starts: without those of profiles that are off. */
  activeServices(project: Project): Promise<readonly string[]>;
  /** Of each active service, what Compose writes on its containers as the hash of what they are made of; null where it does not tell. */
  hashes(project: Project): Promise<Readonly<Record<string, string>> | null>;
  /** Builds the images of services that come as sources. */
  build(project: Project, services: readonly string[], progress: Progress): Promise<void>;
  /** Creates and starts; all services of the active profiles when none is named. Never pulls, never builds, never asks. */
  up(project: Project, services: readonly string[]): Promise<void>;
}

/** Where a database is reached: inside a running container. */
export interface DatabaseAccess {
  readonly containerId: string;
  /** Runs the helper: an image with psql, pg_dump and pg_restore. */
  readonly helperImage: string;
  readonly user: string;
  readonly database: string;
  /** Never in an argument list; handed over standard input. */
  readonly password: string;
}

/** What `Postgres.follow` has to know besides. */
export interface Following {
  /** A new folder, which holds rows meanwhile. */
  readonly dir: string;
  /** Where a proof of each side as it is now has listed the rows of its large tables. */
  readonly lists: { readonly source: string; readonly target: string };
  /** What the target's proof will be held against. */
  readonly like: DatabaseProof;
  /** A table of which more rows would have to be looked at one by one moves as a whole. */
  readonly many?: number;
}

export interface Postgres {
  /** A login and `SELECT 1` over TCP. @throws OperatorError DATABASE_LOGIN with Postgres's own words */
  check(
    access: DatabaseAccess,
  ): Promise<{ readonly version: string; readonly sizeBytes: number; readonly databases: readonly string[] }>;
  /** Everything that decides whether and how its data can be moved; nothing secret. @throws OperatorError DATABASE_LOGIN, DATABASE_RIGHTS */
  describe(access: DatabaseAccess): Promise<PostgresServer>;
  /** Of the above what changes from one moment to the next. */
  activity(access: DatabaseAccess): Promise<PostgresActivity>;
  /** The Postgres in an image, which is not started; null when there is none in it. @throws OperatorError NO_IMAGE */
  describeImage(image: string): Promise<PostgresImage | null>;
  /**
   * One consistent snapshot a database: globals, every database in directory format, and the proof, into `dir`, which appears whole.
   * @param isPlain not compressed
   */
  dump(access: DatabaseAccess, dir: string, progress: Progress, isPlain?: boolean): Promise<void>;
  /** Reads a dump back, every byte of it, and has pg_restore make sense of it. @throws OperatorError NO_DUMP, DUMP_DAMAGED */
  verify(dir: string, helperImage: string, progress: Progress): Promise<void>;
  /** The proof that was taken with a dump. */
  proofOf(dir: string): Promise<DatabaseProof>;
  /**
   * Into a fresh cluster; what a cut-off run left there is taken away first. The first superuser keeps its password.
   * @returns the proof of what is there afterwards
   */
  restore(access: DatabaseAccess, dir: string, progress: Progress): Promise<DatabaseProof>;
  /**
   * Makes tables and sequences in the target what they are in the source, those of a database all in one transaction.
   * @returns the proof of what is there afterwards, to be held against one like `following.like`
   */
  follow(
    source: DatabaseAccess,
    target: DatabaseAccess,
    changes: readonly RowChanges[],
    following: Following,
  ): Promise<DatabaseProof>;
  /**
   * Takes away what a restore of `dir` brought into a server that was empty before: all databases and roles, but what we come by.
   * Nothing when no restore of it began there.
   */
  empty(access: DatabaseAccess, dir: string): Promise<void>;
  /**
   * What a proof is made of, read from a running database.
   * @param like the proof that it will be held against: servers before 14 hash rows in another way than later ones
   * @param lists a new folder, in which it is written down which rows each large table of `like` has, for `follow`; none is made where no table is large
   */
  prove(access: DatabaseAccess, like?: DatabaseProof, lists?: string): Promise<DatabaseProof>;
  /** `pg_controldata`'s "Database cluster state" and PG_VERSION of a volume; null when it holds no cluster. */
  clusterState(volume: string, helperImage: string): Promise<{ readonly state: string; readonly major: string } | null>;
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
}

export interface PortWatch {
  /** Ends the watch. */
  stop(): Promise<PortWatched>;
}

export interface Ports {
  /** Which of these host ports somebody listens on (any address); by TCP unless said. */
  taken(ports: readonly number[], protocol?: "tcp" | "udp"): Promise<ReadonlySet<number>>;
  /** One HTTP request, which follows no redirect and trusts every certificate; null where nobody answers within two seconds. */
  ask(question: PortQuestion): Promise<PortAnswer | null>;
}

/** Room on disks. */
export interface Room {
  /** Free for this user on the file system that a path is on, or will be. */
  freeBytes(path: string): Promise<number>;
  /** The same where the engine keeps images and volumes. */
  engineFreeBytes(helperImage: string): Promise<number>;
  /** Memory that programs can still have, swap included; null where the system does not tell. */
  freeMemoryBytes(): Promise<number | null>;
  /** What a tree takes on disk. */
  treeBytes(path: string, helperImage: string | null): Promise<number>;
}
