import type { ComposeModel } from "../domain/compose-model.ts";
import type { Progress } from "./world-files.ts";

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

export interface EngineDiagnosis {
  readonly id: string;
  readonly version: string;
  /** ISO 8601, by its own clock. */
  readonly time: string;
  /** Names of what can run containers: `runc`, `nvidia`. */
  readonly runtimes: readonly string[];
  /** Where it keeps images and volumes, on its machine. */
  readonly root: string;
  /** `Debian GNU/Linux 12 (bookworm)`, of its machine. */
  readonly system: string;
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
  /** More of it, for a diagnosis; also where Compose is missing. @throws OperatorError NO_ENGINE, COMMAND_FAILED */
  diagnose(): Promise<EngineDiagnosis>;
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
  /** The last lines (one, unless said) that a container's program printed, without its secrets; empty where it printed nothing, or is gone. */
  lastWords(id: string, lines?: number): Promise<string>;
  /** The last lines of both streams as they were printed, each with its time. May hold secrets. */
  logs(id: string, lines: number): Promise<string>;
  /** What a container was started with: `KEY=value`. Holds secrets: never journalled, never shown. */
  environment(id: string): Promise<readonly string[]>;
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
  /**
   * In a helper container; `to` is emptied first, so it can be run again after a cut.
   * @returns milliseconds until it was on the disk, without the container's own start and end
   */
  copyVolume(from: string, to: string, helperImage: string, progress: Progress): Promise<number>;
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
  /**
   * Creates and starts; all services of the active profiles when none is named. Never pulls, never builds, never asks.
   * @param how `recreate`: these get new containers also where nothing changed that Compose knows of; volumes without a name go over to them
   */
  up(project: Project, services: readonly string[], how?: { readonly recreate: boolean }): Promise<void>;
}

/** A Caddyfile that is to be looked at before it counts. */
export interface CaddyJob {
  /** Id of the image of the service that it is for; never pulled. */
  readonly image: string;
  readonly text: string;
  /** Where the service finds it: an absolute path in its container. */
  readonly file: string;
  /** What else the service has mounted, certificates for example. Read-only here. */
  readonly mounts: readonly { readonly type: "bind" | "volume"; readonly source: string; readonly target: string }[];
  /** What the service has of what the text names. Everybody on the machine may see it. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * `invalid`: Caddy cannot read it; `refused`: it reads well, and Caddy does not take what it says, which may be for what is missing here, a token
 * for example; `syntax`: it reads well, and for the rest Caddy needed to write; `unknown`: nobody could be asked.
 */
export interface CaddyVerdict {
  readonly verdict: "valid" | "invalid" | "refused" | "syntax" | "unknown";
  /** Caddy's own words, or why it could not be asked. */
  readonly say: string;
}

export interface Caddy {
  /** @throws OperatorError NO_IMAGE, NO_VOLUME, COMMAND_FAILED */
  check(job: CaddyJob): Promise<CaddyVerdict>;
}
