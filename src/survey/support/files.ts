import { basename, join } from "node:path";
import { namedEnvFiles } from "../../domain/compose-env-files.ts";
import { composeSources } from "../../domain/compose-sources.ts";
import { EnvFile } from "../../domain/env-file.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { layoutFor } from "../../domain/product.ts";
import { literalsOf } from "../../domain/secrets.ts";
import type { World } from "../../host/world.ts";
import { attempt, orNull } from "../doctor/looked.ts";

/** A file of an instance that tells the vendor something. Holds secrets. */
export interface SettingsFile {
  readonly instance: string;
  /** Relative to its folder. */
  readonly path: string;
  readonly kind: "env" | "yaml" | "caddyfile";
  readonly text: string;
}

/** Compose files, env files and Caddyfiles; nothing else of the folder is opened. */
export async function settingsFiles(world: World, record: InstanceRecord): Promise<readonly SettingsFile[]> {
  const read = async (path: string) => orNull(await attempt(() => world.files.read(join(record.dir, path))));
  const found = new Map<string, SettingsFile>();
  const add = (path: string, kind: SettingsFile["kind"], text: string | null): void => {
    if (text !== null && !text.includes("\0")) found.set(path, { instance: record.name, path, kind, text });
  };
  for (const path of new Set([".env", ...record.envFiles])) add(path, "env", await read(path));
  const settings = orNull(await attempt(async () => literalsOf(EnvFile.parse((await read(".env")) ?? "")))) ?? {};
  const options = {
    composeFile: settings["COMPOSE_FILE"] ?? null,
    ...(settings["COMPOSE_PATH_SEPARATOR"] ? { separator: settings["COMPOSE_PATH_SEPARATOR"] } : {}),
  };
  for (const source of orNull(await attempt(() => composeSources(read, options))) ?? []) {
    add(source.path, "yaml", source.text);
    for (const path of orNull(await attempt(async () => namedEnvFiles(source))) ?? []) add(path, "env", await read(path));
  }
  const layout = orNull(await attempt(async () => layoutFor(record.product, record.release)));
  for (const path of layout?.configuration ?? []) {
    const names = orNull(await attempt(() => world.files.list(join(record.dir, path)))) ?? [];
    for (const each of [path, ...names.map(name => join(path, name))]) {
      if (/caddyfile|\.caddy$/i.test(basename(each))) add(each, "caddyfile", await read(each));
      else if (/\.env$/.test(each) && !found.has(each)) add(each, "env", await read(each));
    }
  }
  return [...found.values()];
}
