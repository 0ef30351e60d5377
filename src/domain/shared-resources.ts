import { posix } from "node:path";
import { OperatorError } from "../errors.ts";
import type { ComposeModel, MountModel } from "./compose-model.ts";
import { readRange } from "./compose-port-text.ts";
import type { Isolation } from "./isolation.ts";

export interface OutsideBind {
  readonly service: string;
  /** Absolute, on the host. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Sockets, devices and the host's clock can be shared; a path that is written to cannot. */
  readonly kind: "socket-or-device-like" | "path";
  /** As the compose file has it, where it leaves the bundle by `..`. */
  readonly leaving: string | null;
}

/** Compose prints `$` as `$$`. */
export const plainText = (text: string): string => text.replaceAll("$$", "$");

/** Whether a path is the folder or in it. */
export const isInside = (path: string, dir: string): boolean => {
  const relative = posix.relative(dir, path);
  return relative !== ".." && !relative.startsWith("../") && !posix.isAbsolute(relative);
};

/**
 * Folders that stand above a bundle while it is read as texts, so that it can be told where a path leads that begins with `..`: in the
 * instance it would be a place that nobody meant.
 */
export const ABOVE: readonly string[] = Array.from({ length: 6 }, () => "graph-mgr-above");

/** `../shared` for a path that leaves the folder that a bundle is read in; null for every other. */
export function leavingBundle(path: string, dir: string): string | null {
  const [root = dir, ...below] = dir.split(`/${ABOVE[0]}`);
  return below.length === 0 || isInside(path, dir) || !isInside(path, root) ? null : posix.relative(dir, path);
}

const HARMLESS = [
  /\.sock$/,
  /^\/dev(?:\/|$)/,
  /^\/(?:proc|sys)(?:\/|$)/,
  /^\/etc\/(?:localtime|timezone)$/,
  /^\/tmp\/\.X11-unix(?:\/|$)/,
];
/** Below /dev, and yet directories that hold data. */
const STORES = /^\/dev\/(?:shm|mqueue|hugepages)(?:\/|$)/;

/** What is mounted of the machine, by its path. */
export function bindMounts(model: ComposeModel): readonly Pick<OutsideBind, "service" | "source" | "target" | "readOnly">[] {
  return mounts(model).flatMap(([service, { type, source, target, read_only }]) => {
    if (type !== "bind" || source === undefined) return [];
    const path = posix.normalize(plainText(source)).replace(/(.)\/$/, "$1");
    return [{ service, source: path, target: plainText(target), readOnly: read_only === true }];
  });
}

/** Bind mounts whose source is not in the instance's folder. */
export const outsideBinds = (model: ComposeModel, dir: string): readonly OutsideBind[] =>
  bindMounts(model)
    .filter(({ source }) => !isInside(source, dir))
    .map(mount => ({ ...mount, kind: kindOf(mount.source), leaving: leavingBundle(mount.source, dir) }));

const kindOf = (path: string): OutsideBind["kind"] =>
  HARMLESS.some(pattern => pattern.test(path)) && !STORES.test(path) ? "socket-or-device-like" : "path";

/** What is mounted of the instance's own folder, relative to it: by binds, and as files of secrets and configs. */
export function innerBinds(model: ComposeModel, dir: string): readonly string[] {
  const binds = mounts(model).flatMap(([, { type, source }]) => (type === "bind" && source !== undefined ? [source] : []));
  const named = [model.secrets, model.configs].flatMap(section =>
    Object.values(section ?? {}).flatMap(each => {
      const file = typeof each === "object" && each !== null && "file" in each ? each.file : null;
      return typeof file === "string" ? [file] : [];
    }),
  );
  const paths = [...binds, ...named].map(path => posix.relative(dir, posix.normalize(plainText(path))));
  return [...new Set(paths)].filter(path => path !== ".." && !path.startsWith("../")).sort();
}

export interface FixedNetwork {
  readonly key: string;
  /** `10.5.0.0/16` */
  readonly subnet: string;
}

/** Networks with addresses of their own: the engine gives these to one network only. */
export const fixedNetworks = ({ networks = {} }: ComposeModel): readonly FixedNetwork[] =>
  Object.entries(networks).flatMap(([key, { external, ipam }]) =>
    external === true ? [] : (ipam?.config ?? []).flatMap(({ subnet }) => (subnet === undefined ? [] : [{ key, subnet }])),
  );

/** Services that stand in the machine's own network: whatever port they open is the machine's. */
export const onHostNetwork = ({ services }: ComposeModel): readonly string[] =>
  Object.entries(services).flatMap(([name, { network_mode: mode }]) => (mode === "host" ? [name] : []));

/** By service what it asks for of the machine's own rights: who has that is as much as root here. */
export const machineRights = ({
  services,
}: ComposeModel): readonly { readonly service: string; readonly rights: readonly string[] }[] =>
  Object.entries(services).flatMap(([service, { privileged, pid, ipc, cap_add: added = [] }]) => {
    const rights = [
      ...(privileged === true ? ["privileged"] : []),
      ...(pid === "host" ? ["pid: host"] : []),
      ...(ipc === "host" ? ["ipc: host"] : []),
      ...added.map(right => `cap_add: ${right}`),
    ];
    return rights.length === 0 ? [] : [{ service, rights }];
  });

export interface SharedDevice {
  readonly key: string;
  readonly name: string;
  readonly device: string;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Volumes that are only another name for a directory, an NFS share or a plugin's storage: a new name would still be the
 * same data. A bind in the instance's own folder (`dir`) is its own.
 */
export function sharedDevices(model: ComposeModel, dir: string | null = null): readonly SharedDevice[] {
  return Object.entries(model.volumes ?? {}).flatMap(
    ([key, { name, external, driver, driver_opts: options = {} }]): SharedDevice[] => {
      const remote = (driver ?? "local") !== "local" && Object.keys(options).length > 0;
      const device = plainText(options.device ?? (remote ? (options.sshcmd ?? options.share ?? driver ?? "") : ""));
      const inMemory = ["tmpfs", "ramfs"].includes(options.type ?? "");
      if (external === true || device === "" || inMemory) return [];
      if (dir !== null && device.startsWith("/") && !remote && isInside(posix.normalize(device), dir)) return [];
      return [{ key, name, device, options }];
    },
  );
}

const externals = (
  section: ComposeModel["volumes"] | ComposeModel["networks"],
): readonly { readonly key: string; readonly name: string }[] =>
  Object.entries(section ?? {}).flatMap(([key, { name, external }]) => (external === true ? [{ key, name }] : []));

/** Volumes that belong to somebody else: never renamed, copied or removed. */
export const externalVolumes = (model: ComposeModel) => externals(model.volumes);
export const externalNetworks = (model: ComposeModel) => externals(model.networks);

export interface OwnVolume {
  readonly key: string;
  readonly name: string;
  /** Who mounts it, also through `volumes_from`. */
  readonly services: readonly string[];
  /** Whether anybody may write into it. */
  readonly writable: boolean;
}

export function ownVolumes(model: ComposeModel): readonly OwnVolume[] {
  const all = mounts(model);
  return Object.entries(model.volumes ?? {}).flatMap(([key, { name, external }]): OwnVolume[] => {
    if (external === true) return [];
    const found = all.filter(([, { type, source }]) => type === "volume" && source === key);
    return [
      {
        key,
        name,
        services: [...new Set(found.map(([service]) => service))],
        writable: found.some(([, mount]) => mount.read_only !== true),
      },
    ];
  });
}

/** Every service with every mount that it has, its own and those that it takes over by `volumes_from`. */
function mounts(model: ComposeModel): readonly (readonly [string, MountModel])[] {
  const of = (service: string, seen: readonly string[]): readonly MountModel[] => {
    const { volumes = [], volumes_from: from = [] } = model.services[service] ?? {};
    const taken = from.flatMap(reference => {
      const [other = "", mode] = reference.split(":");
      if (other === "container" || seen.includes(other)) return [];
      return of(other, [...seen, other]).map(mount => (mode === "ro" ? { ...mount, read_only: true } : mount));
    });
    return [...volumes, ...taken];
  };
  return Object.keys(model.services).flatMap(service => of(service, [service]).map(mount => [service, mount] as const));
}

export interface PublishedPort {
  readonly service: string;
  readonly container: number;
  readonly protocol: "tcp" | "udp";
  /** Null where the engine chooses. */
  readonly host: number | null;
  /** Of the host; `0.0.0.0` for all. */
  readonly address: string;
}

/**
 * Every host port that a project takes. Of a range for one container port Compose publishes one, so it counts as its first;
 * that of a scaled service goes one by one, because every container takes another.
 * @throws OperatorError PORT_PROTOCOL for what is neither tcp nor udp
 */
export function publishedPorts(model: ComposeModel): readonly PublishedPort[] {
  return Object.entries(model.services).flatMap(([service, { ports = [], scale, deploy }]) =>
    ports.flatMap(({ target, published, protocol = "tcp", host_ip: address = "0.0.0.0" }): PublishedPort[] => {
      if (protocol !== "tcp" && protocol !== "udp") {
        throw new OperatorError(
          "PORT_PROTOCOL",
          `${service} publishes port ${target}/${protocol}; graph-mgr knows tcp and udp.`,
          {
            hint: "take the port out of the compose file",
          },
        );
      }
      const range = readRange(String(published ?? "")) ?? [null];
      const hosts = (scale ?? deploy?.replicas ?? 1) > 1 ? range : range.slice(0, 1);
      return hosts.map(host => ({ service, container: target, protocol, host: host === 0 ? null : host, address }));
    }),
  );
}

/**
 * Names of its own for everything that a project would share with another: `<slug>_<key>`; containers keep their name behind
 * the slug, without the slug of the instance that they come from.
 */
export function isolationNames(
  model: ComposeModel,
  slug: string,
  oldSlug: string | null = null,
): Pick<Isolation, "volumes" | "networks" | "containers"> {
  const byKey = (section: ComposeModel["volumes"] | ComposeModel["networks"]): Record<string, string> => {
    const names = new Map<string, string>();
    for (const [key, { name, external }] of Object.entries(section ?? {})) {
      if (external !== true && !names.has(name)) names.set(name, `${slug}_${key}`);
    }
    return Object.fromEntries(names);
  };
  const containers = new Map<string, string>();
  for (const { container_name: name } of Object.values(model.services)) {
    if (name === undefined || name === "") continue;
    const prefix = [slug, oldSlug].find(each => each !== null && name.startsWith(`${each}_`));
    const stripped = prefix ? name.slice(prefix.length + 1) : name;
    const taken = [...containers.values()].includes(`${slug}_${stripped}`);
    containers.set(name, `${slug}_${taken || stripped === "" ? name : stripped}`);
  }
  return { volumes: byKey(model.volumes), networks: byKey(model.networks), containers: Object.fromEntries(containers) };
}
