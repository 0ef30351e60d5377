import { resolve as resolvePath } from "node:path";
import { parse } from "yaml";
import type { ComposeModel, MountModel, PortModel, ServiceModel } from "../../src/domain/compose-model.ts";

type Values = Readonly<Record<string, string>>;
type Tree = { readonly [key: string]: unknown };

export interface EnvEntry {
  readonly path: string;
  readonly required: boolean;
}

const parsed = new Map<string, Tree>();

/** A compose file as plain values, merge keys applied. */
export function parseCompose(text: string): Tree {
  const known = parsed.get(text);
  if (known) return known;
  const tree = parse(text, { merge: true }) as Tree;
  parsed.set(text, tree);
  return tree;
}

/** `KEY=value` lines; quotes are taken off. What the fixtures use, and no more. */
export function parseEnv(text: string): Values {
  const values: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^([A-Za-z_][\w.-]*)=(.*)$/.exec(line.trim());
    const [, key, raw] = match ?? [];
    if (key !== undefined && raw !== undefined) values[key] = raw.replace(/^(["'])(.*)\1$/, "$2");
  }
  return values;
}

const VARIABLE = /\$(?:\$|\{(\w+)(?:(:?-)([^}]*))?\}|(\w+))/g;

function interpolate(value: unknown, env: Values): unknown {
  if (typeof value === "string") {
    return value.replace(VARIABLE, (whole, braced?: string, dash?: string, fallback?: string, plain?: string) => {
      if (whole === "$$") return "$";
      const found = env[braced ?? plain ?? ""];
      return found === undefined || (found === "" && dash === ":-") ? (fallback ?? "") : found;
    });
  }
  if (Array.isArray(value)) return value.map(each => interpolate(each, env));
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolate(each, env)]));
  return value;
}

/** The `env_file`s of every service, in order. */
export function envFilesOf(tree: Tree, env: Values): Readonly<Record<string, readonly EnvEntry[]>> {
  const services = (interpolate(tree["services"], env) ?? {}) as Record<string, { env_file?: unknown }>;
  return Object.fromEntries(
    Object.entries(services).map(([name, { env_file: given = [] }]) => [
      name,
      (Array.isArray(given) ? given : [given]).map(each =>
        typeof each === "string"
          ? { path: each, required: true }
          : { path: (each as EnvEntry).path, required: (each as EnvEntry).required ?? true },
      ),
    ]),
  );
}

const sorted = <T>(map: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));

/** What `docker compose config --format json` makes of it; of the keys that the fixtures use. */
export function resolveModel(
  given: Tree,
  { name, dir, env, texts }: { readonly name: string; readonly dir: string; readonly env: Values; readonly texts: Values },
): ComposeModel {
  const scope = { ...env, COMPOSE_PROJECT_NAME: name };
  const tree = interpolate(given, scope) as Tree;
  const envFiles = envFilesOf(given, scope);
  const services = (tree["services"] ?? {}) as Record<string, Tree>;
  const models = Object.fromEntries(
    Object.entries(services).map(([service, raw]) => {
      const fromFiles = Object.assign({}, ...(envFiles[service] ?? []).map(({ path }) => parseEnv(texts[path] ?? ""))) as Values;
      return [service, serviceModel(raw, fromFiles, dir)];
    }),
  );
  const usesDefault = Object.values(models).some(({ networks }) => networks !== undefined && "default" in networks);
  const declared = (kind: string) => Object.entries((tree[kind] ?? {}) as Record<string, Tree | null>);
  const named = (key: string, value: Tree | null) =>
    ({ ...value, name: (value?.["name"] as string | undefined) ?? (value?.["external"] ? key : `${name}_${key}`) }) as const;
  const networks = declared("networks").map(([key, value]) => [key, { ...named(key, value), ipam: {} }] as const);
  if (usesDefault && !networks.some(([key]) => key === "default"))
    networks.push(["default", { name: `${name}_default`, ipam: {} }] as never);
  const used = new Set(Object.values(models).flatMap(({ networks: own }) => Object.keys(own ?? {})));
  const mounted = new Set(Object.values(models).flatMap(({ volumes = [] }) => volumes.map(({ source }) => source)));
  const volumes = declared("volumes").map(([key, value]) => [key, named(key, value)] as const);
  const model: ComposeModel = {
    name,
    services: sorted(models),
    networks: sorted(Object.fromEntries(networks.filter(([key]) => used.has(key)))),
    volumes: sorted(Object.fromEntries(volumes.filter(([key]) => mounted.has(key)))),
  };
  return JSON.parse(JSON.stringify(model)) as ComposeModel;
}

const asText = (value: unknown): string => String(value).replaceAll("$", "$$$$");

function serviceModel(raw: Tree, fromFiles: Values, dir: string): ServiceModel {
  const own = raw["environment"] ?? {};
  const listed = Array.isArray(own) ? Object.fromEntries(own.map(each => String(each).split(/=(.*)/s).slice(0, 2))) : own;
  const environment = { ...fromFiles, ...(listed as Record<string, unknown>) };
  const depends = raw["depends_on"] ?? {};
  const dependsOn = Array.isArray(depends)
    ? Object.fromEntries(depends.map(each => [each, { condition: "service_started", required: true }]))
    : Object.fromEntries(Object.entries(depends).map(([key, value]) => [key, { required: true, ...(value as Tree) }]));
  const networks = raw["networks"] ?? { default: null };
  const { env_file: _files, ...rest } = raw;
  return {
    command: null,
    entrypoint: null,
    ...rest,
    ...(Object.keys(environment).length > 0
      ? { environment: sorted(Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, asText(value)]))) }
      : {}),
    ...(Object.keys(dependsOn).length > 0 ? { depends_on: dependsOn } : {}),
    networks: Array.isArray(networks) ? Object.fromEntries(networks.map(each => [each, null])) : networks,
    ...(raw["ports"] ? { ports: (raw["ports"] as unknown[]).map(portModel) } : {}),
    ...(raw["volumes"] ? { volumes: (raw["volumes"] as unknown[]).map(each => mountModel(each, dir)) } : {}),
  } as ServiceModel;
}

function portModel(given: unknown): PortModel {
  if (typeof given === "object") return { mode: "ingress", protocol: "tcp", ...(given as PortModel) };
  const [address, protocol = "tcp"] = String(given).split("/");
  const parts = (address ?? "").split(":");
  const target = Number(parts.at(-1));
  const [published, host] = [parts.at(-2), parts.slice(0, -2).join(":")];
  return {
    mode: "ingress",
    ...(host === "" ? {} : { host_ip: host }),
    target,
    ...(published === undefined ? {} : { published }),
    protocol,
  };
}

function mountModel(given: unknown, dir: string): MountModel {
  if (typeof given === "object") return given as MountModel;
  const [source = "", target = "", options = ""] = String(given).split(":");
  const readOnly = options.split(",").includes("ro") ? { read_only: true } : {};
  if (/^[./~]/.test(source)) {
    const bind = {
      type: "bind" as const,
      source: resolvePath(dir, source),
      target,
      ...readOnly,
      bind: { create_host_path: true },
    };
    return bind;
  }
  const mount = { type: "volume" as const, source, target, ...readOnly, volume: {} };
  return mount;
}
