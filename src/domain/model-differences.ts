import { posix } from "node:path";
import { messageOf } from "../errors.ts";
import { movedPath } from "./compose-edit-binds.ts";
import { wantedHosts } from "./compose-edit-port-hosts.ts";
import { container, link, type Renaming } from "./compose-edit-references.ts";
import { lookup } from "./compose-edit-text.ts";
import type { ComposeModel, MountModel, ServiceModel } from "./compose-model.ts";
import type { Isolation } from "./isolation.ts";
import { plainText } from "./shared-resources.ts";

export interface Expected {
  readonly isolation: Isolation;
  /** Absolute: where the files lie that `before` was resolved from. */
  readonly beforeDir: string;
  readonly afterDir: string;
  /** Env keys whose values were meant to change. */
  readonly changedEnv: readonly string[];
}

/**
 * Where what Compose resolves for the edited files differs from what it resolved before by more than the intended names,
 * ports, images and values. Paths into the model, never values of the environment; empty when the edit was exact.
 */
export function modelDifferences(before: ComposeModel, after: ComposeModel, expected: Expected): readonly string[] {
  const { isolation } = expected;
  const found: string[] = [];
  if (after.name !== isolation.project) found.push(`name is ${after.name}, not ${isolation.project}`);
  const { model, problems } = intended(before, expected);
  found.push(...problems);
  const substitutions = substitutionsOf(before, after, expected);
  compare([], canonical(model), canonical(after), { ...expected, substitutions }, found);
  return found;
}

interface Context extends Expected {
  readonly substitutions: readonly (readonly [string, string])[];
}

type Plain = { readonly [key: string]: unknown };

const isPlain = (value: unknown): value is Plain => typeof value === "object" && value !== null && !Array.isArray(value);

/** `before` as it should look afterwards. */
function intended(before: ComposeModel, expected: Expected): { readonly model: Plain; readonly problems: readonly string[] } {
  const { isolation } = expected;
  const problems: string[] = [];
  const ports = portsOf(before, isolation, problems);
  const services = Object.entries(before.services).map(([name, service]) => {
    const renamed = lookup(isolation.containers, service.container_name ?? "");
    const alias = renamed !== undefined && renamed !== service.container_name ? service.container_name : undefined;
    const image = lookup(isolation.images, name) ?? service.image;
    return [
      name,
      {
        ...service,
        ...(image === undefined ? {} : { image }),
        ...(renamed === undefined ? {} : { container_name: renamed }),
        ...references(service, isolation.containers),
        ...(service.networks === undefined ? {} : { networks: withAlias(service.networks, alias) }),
        ...(service.volumes === undefined ? {} : { volumes: service.volumes.map(mount => boundAfter(mount, isolation.binds)) }),
        ...(service.ports === undefined ? {} : { ports: service.ports.map(port => ({ ...port, ...ports(name, port) })) }),
      },
    ];
  });
  const named = (section: Plain | undefined, names: Isolation["volumes"]): Plain =>
    Object.fromEntries(
      Object.entries(section ?? {}).map(([key, value]) => {
        if (!isPlain(value) || value.external === true) return [key, value];
        const name = String(value.name);
        const own = name === `${before.name}_${key}` ? `${isolation.project}_${key}` : name;
        return [key, { ...value, name: lookup(names, name) ?? own }];
      }),
    );
  return {
    problems,
    model: {
      ...before,
      name: isolation.project,
      services: Object.fromEntries(services),
      volumes: named(before.volumes, isolation.volumes),
      networks: named(before.networks, isolation.networks),
      secrets: named(before.secrets, {}),
      configs: named(before.configs, {}),
    },
  };
}

/** A mount with the folder that takes the place of its own. */
function boundAfter(mount: MountModel, binds: Isolation["binds"]): MountModel {
  const moved = mount.type === "bind" && mount.source !== undefined ? movedPath(plainText(mount.source), binds) : null;
  return moved === null ? mount : { ...mount, source: moved.replaceAll("$", "$$$$") };
}

function portsOf(before: ComposeModel, { ports }: Isolation, problems: string[]) {
  try {
    const wanted = wantedHosts(before, ports);
    return (service: string, port: NonNullable<ServiceModel["ports"]>[number]) => {
      const published = wanted.get(service)?.get(port);
      return published === undefined ? {} : { published };
    };
  } catch (error) {
    problems.push(messageOf(error));
    return () => ({});
  }
}

function references(service: ServiceModel & { external_links?: readonly string[] }, names: Isolation["containers"]): Plain {
  const one = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : (container(text, names) ?? text);
  const list = (items: readonly string[] | undefined, rename: Renaming) => items?.map(item => rename(item, names) ?? item);
  const all = {
    network_mode: one(service.network_mode),
    pid: one(service.pid),
    ipc: one(service.ipc),
    volumes_from: list(service.volumes_from, container),
    external_links: list(service.external_links, link),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const withAlias = (networks: NonNullable<ServiceModel["networks"]>, alias: string | undefined): Plain =>
  Object.fromEntries(
    Object.entries(networks).map(([key, options]) => [
      key,
      { ...options, aliases: [...(options?.aliases ?? []), ...(alias === undefined ? [] : [alias])] },
    ]),
  );

/** What does not matter taken away: order where there is none, empty lists, extensions. */
function canonical(of: object): Plain {
  const model = of as Plain;
  const services = Object.entries((model.services ?? {}) as Record<string, Plain>).map(([name, service]) => {
    const networks = Object.entries((service.networks ?? {}) as Record<string, Plain | null>).map(([key, options]) => {
      const { aliases, ...rest } = options ?? {};
      return [
        key,
        { ...rest, ...(Array.isArray(aliases) && aliases.length > 0 ? { aliases: [...new Set(aliases)].sort() } : {}) },
      ];
    });
    const ports = ((service.ports ?? []) as Plain[]).map(port =>
      JSON.stringify(Object.entries({ mode: "ingress", protocol: "tcp", ...port }).sort()),
    );
    return [name, { ...service, networks: Object.fromEntries(networks), ports: [...new Set(ports)].sort() }];
  });
  const rest = Object.entries(model).filter(([key]) => !key.startsWith("x-") && key !== "name");
  const sections = ["volumes", "networks", "secrets", "configs"].map(key => [key, model[key] ?? {}]);
  return { ...Object.fromEntries(rest), ...Object.fromEntries(sections), services: Object.fromEntries(services) };
}

/** What may be replaced inside of texts: changed values that others repeat, the folder, the project's name. */
function substitutionsOf(before: ComposeModel, after: ComposeModel, { changedEnv, beforeDir, afterDir, isolation }: Expected) {
  const pairs: [string, string][] = [
    [beforeDir, afterDir],
    [before.name, isolation.project],
  ];
  for (const key of changedEnv) {
    for (const name of Object.keys(before.services)) {
      const old = before.services[name]?.environment?.[key];
      const fresh = after.services[name]?.environment?.[key];
      if (old && fresh !== undefined && fresh !== null) pairs.push([old, fresh]);
    }
  }
  return pairs.filter(([old, fresh]) => old !== "" && old !== fresh);
}

function compare(path: readonly string[], wanted: unknown, found: unknown, context: Context, out: string[]): void {
  if (isPlain(wanted) && isPlain(found)) {
    const isEnvironment = path[0] === "services" && path.length === 3 && path[2] === "environment";
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(found)])) {
      const [there, here] = [wanted[key], found[key]];
      if (isEnvironment && isIntendedValue(key, there, here, context)) continue;
      compare([...path, key], there, here, context, out);
    }
    return;
  }
  if (Array.isArray(wanted) && Array.isArray(found) && wanted.length === found.length) {
    for (const [index, value] of wanted.entries()) compare([...path, String(index)], value, found[index], context, out);
    return;
  }
  if (path[2] === "environment" && path.length === 3 && (wanted ?? found) !== undefined && isPlain(wanted ?? found)) {
    compare(path, wanted ?? {}, found ?? {}, context, out);
    return;
  }
  if (!isSame(path, wanted, found, context)) out.push(`${path.join(".")} ${describe(path, wanted, found)}`);
}

function isIntendedValue(key: string, there: unknown, here: unknown, { changedEnv, isolation }: Context): boolean {
  if (here === undefined) return there === undefined;
  if (key === "COMPOSE_PROJECT_NAME" && here === isolation.project) return true;
  return changedEnv.includes(key);
}

/** Paths move with the folder; elsewhere a text may stay or have intended replacements in it. */
function isSame(
  path: readonly string[],
  wanted: unknown,
  found: unknown,
  { beforeDir, afterDir, substitutions }: Context,
): boolean {
  if (typeof wanted !== "string" || typeof found !== "string")
    return wanted === found || (wanted === undefined && found === null);
  if (isHostPath(path)) {
    const moved =
      wanted === beforeDir || wanted.startsWith(`${beforeDir}/`) ? posix.join(afterDir, wanted.slice(beforeDir.length)) : wanted;
    return found === moved;
  }
  if (wanted === found) return true;
  return !isName(path) && becomes(wanted, found, substitutions);
}

const HOST_PATHS =
  /^(?:services\.[^/]+\.(?:volumes\.\d+\.source|build\.(?:context|dockerfile|additional_contexts\..*)|env_file.*|develop\..*|devices.*)|volumes\.[^/]+\.driver_opts\.device|(?:secrets|configs)\.[^/]+\.file)$/;
const NAMES =
  /^(?:services\.[^/]+\.(?:image|container_name|networks\..*|network_mode|pid|ipc|ports\..*|volumes\..*)|(?:volumes|networks)\..*)$/;

const isHostPath = (path: readonly string[]): boolean => HOST_PATHS.test(path.map(part => part.replaceAll(".", "_")).join("."));
const isName = (path: readonly string[]): boolean => NAMES.test(path.map(part => part.replaceAll(".", "_")).join("."));

/** Whether `after` is `before` with some of the replacements made, wherever they fit. */
function becomes(before: string, after: string, substitutions: readonly (readonly [string, string])[]): boolean {
  const open: [number, number][] = [[0, 0]];
  const seen = new Set<string>();
  for (let next = open.pop(); next; next = open.pop()) {
    let [i, j] = next;
    if (seen.has(`${i} ${j}`)) continue;
    seen.add(`${i} ${j}`);
    while (true) {
      if (i === before.length && j === after.length) return true;
      for (const [old, fresh] of substitutions) {
        if (before.startsWith(old, i) && after.startsWith(fresh, j)) open.push([i + old.length, j + fresh.length]);
      }
      if (i >= before.length || before.charAt(i) !== after.charAt(j)) break;
      i += 1;
      j += 1;
    }
  }
  return false;
}

/** What may be shown: names, ports and images. Everything else could hold a secret. */
function describe(path: readonly string[], wanted: unknown, found: unknown): string {
  if (wanted === undefined) return "is new";
  if (found === undefined) return "is gone";
  const shown =
    isName(path) &&
    !isHostPath(path) &&
    typeof wanted === "string" &&
    typeof found === "string" &&
    !path.includes("driver_opts") &&
    path[2] !== "labels";
  return shown ? `is ${found}, not ${wanted}` : "differs";
}
