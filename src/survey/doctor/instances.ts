import { basename, dirname, join } from "node:path";
import { type CaddySite, caddySites } from "../../domain/caddyfile.ts";
import type { ComposeModel } from "../../domain/compose-model.ts";
import { EnvFile } from "../../domain/env-file.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { defaultSecrets, literalsOf } from "../../domain/secrets.ts";
import { outsideBinds, plainText, sharedDevices } from "../../domain/shared-resources.ts";
import type { World } from "../../host/world.ts";
import { type CaddyfileLook, surveyCaddyfiles } from "../caddyfiles.ts";
import { type InstanceFacts, surveyInstance } from "../instance.ts";
import { surveyRevivers } from "../revivers.ts";
import { attempt, type Looked, orNull } from "./looked.ts";

/** What the files of an instance say; no secrets. */
export interface FilesLook {
  /** Restart policies by service; null where `deploy` says it in another way. */
  readonly policies: Readonly<Record<string, string | null>>;
  /** Services that ask for a GPU. */
  readonly gpu: readonly string[];
  /** Bind mounts whose source is not there: Docker would make an empty folder. */
  readonly missingBinds: readonly { readonly service: string; readonly source: string }[];
  /** Absolute paths outside of the folder that it may write to. */
  readonly writableOutside: readonly string[];
  readonly devices: readonly { readonly name: string; readonly device: string }[];
  /** `COMPOSE_PROJECT_NAME` of `.env`. */
  readonly projectName: string | null;
  /** Keys that begin with `COMPOSE_` in env files besides `.env`, with the file. */
  readonly strayComposeKeys: readonly { readonly file: string; readonly key: string }[];
  /** Keys whose value is what the vendor ships to everybody. */
  readonly defaultSecrets: readonly string[];
  readonly sites: readonly CaddySite[];
  /** What its own Caddy cannot read. */
  readonly unreadCaddyfiles: readonly CaddyfileLook[];
}

export interface InstanceLook {
  readonly record: InstanceRecord;
  readonly isCurrent: boolean;
  readonly hasFolder: boolean;
  readonly facts: Looked<InstanceFacts>;
  readonly files: Looked<FilesLook>;
  /** Where its revivers stand, as lines. */
  readonly revivers: readonly string[];
}

export async function lookAtInstance(
  world: World,
  record: InstanceRecord,
  home: string,
  current: string | null,
): Promise<InstanceLook> {
  const containers = orNull(await attempt(() => world.engine.containers())) ?? [];
  const revivers = orNull(await attempt(() => surveyRevivers(world.files, record, containers))) ?? [];
  return {
    record,
    isCurrent: record.name === current,
    hasFolder: orNull(await attempt(() => world.files.exists(record.dir))) === true,
    facts: await attempt(() => surveyInstance(world, record, home, current, { mayLackFolder: true })),
    files: await attempt(() => lookAtFiles(world, record)),
    revivers: revivers.map(({ text }) => text.split(": this could", 1).join("")),
  };
}

async function lookAtFiles(world: World, record: InstanceRecord): Promise<FilesLook> {
  const { dir, envFiles } = record;
  const model = await world.compose.resolve({ name: record.project, dir, envFiles });
  const env = await Promise.all(
    [...new Set([".env", ...envFiles])].map(async file => {
      const text = await world.files.read(join(dir, file));
      return { file, values: text === null ? {} : literalsOf(EnvFile.parse(text, file)) };
    }),
  );
  const first = env.find(({ file }) => file === ".env")?.values ?? {};
  const values = Object.assign({}, ...env.map(each => each.values)) as Record<string, string | null>;
  return {
    policies: policiesIn(model),
    gpu: gpuServices(model),
    missingBinds: await missingBinds(world, model),
    writableOutside: outsideBinds(model, dir).flatMap(({ source, readOnly, kind }) =>
      readOnly || kind !== "path" ? [] : [source],
    ),
    devices: sharedDevices(model, dir).map(({ name, device }) => ({ name, device })),
    projectName: first["COMPOSE_PROJECT_NAME"] ?? null,
    strayComposeKeys: env.flatMap(({ file, values: own }) =>
      file === ".env"
        ? []
        : Object.keys(own)
            .filter(key => key.startsWith("COMPOSE_"))
            .map(key => ({ file, key })),
    ),
    defaultSecrets: defaultSecrets(record.product, values),
    sites: await sitesIn(world, model, dir),
    unreadCaddyfiles: (orNull(await attempt(() => surveyCaddyfiles(world, record))) ?? []).filter(
      ({ verdict }) => verdict === "invalid",
    ),
  };
}

const policiesIn = ({ services }: ComposeModel): FilesLook["policies"] =>
  Object.fromEntries(
    Object.entries(services).map(([name, { restart, deploy }]) => [
      name,
      restart ?? (deploy?.restart_policy === undefined ? "no" : null),
    ]),
  );

/** `deploy.resources.reservations.devices` with the capability, `gpus:`, or the runtime. */
const gpuServices = ({ services }: ComposeModel): readonly string[] =>
  Object.entries(services).flatMap(([name, { runtime, gpus, deploy }]) => {
    const devices = deploy?.resources?.reservations?.devices ?? [];
    const asks = devices.some(({ capabilities = [] }) => capabilities.includes("gpu"));
    return asks || runtime === "nvidia" || gpus !== undefined ? [name] : [];
  });

async function missingBinds({ files }: World, { services }: ComposeModel): Promise<FilesLook["missingBinds"]> {
  const missing: { service: string; source: string }[] = [];
  for (const [service, { volumes = [] }] of Object.entries(services)) {
    for (const { type, source } of volumes) {
      if (type !== "bind" || source === undefined) continue;
      const path = plainText(source);
      if (orNull(await attempt(() => files.exists(path))) === false) missing.push({ service, source: path });
    }
  }
  return missing;
}

/** Of every Caddyfile that is mounted: by itself, or in a folder. */
async function sitesIn({ files }: World, { services }: ComposeModel, dir: string): Promise<readonly CaddySite[]> {
  const sites: CaddySite[] = [];
  for (const { volumes = [], environment = {} } of Object.values(services)) {
    const sources = volumes.flatMap(({ type, source }) => (type === "bind" && source !== undefined ? [plainText(source)] : []));
    const own = sources.filter(path => path.startsWith(`${dir}/`));
    const paths = own.flatMap(path => (/caddyfile/i.test(basename(path)) ? [path] : [join(path, "Caddyfile")]));
    const values = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, plainText(value ?? "")]));
    for (const path of new Set(paths)) {
      const text = (await files.isFolder(dirname(path))) ? await files.read(path) : null;
      sites.push(...((text === null ? null : caddySites(text, values)) ?? []));
    }
  }
  return sites;
}
