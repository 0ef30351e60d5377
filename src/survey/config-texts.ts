import { namedEnvFiles } from "../domain/compose-env-files.ts";
import { composeVariables } from "../domain/compose-environment.ts";
import { composeSources } from "../domain/compose-sources.ts";
import type { Resolved } from "../domain/config-check.ts";
import { type KeyPlaces, layoutNamed } from "../domain/config-files.ts";
import { EnvFile } from "../domain/env-file.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { ComposeSource } from "../domain/isolation.ts";
import type { Texts } from "../domain/merge-input.ts";
import { type EnvEntries, entriesOf } from "../domain/merge-keys.ts";
import { literalsOf } from "../domain/secrets.ts";
import { plainText } from "../domain/shared-resources.ts";
import { textDigest } from "../domain/text-digest.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";

/** The files that Compose reads of an instance. Holds secrets: stays inside of surveys and answers. */
export interface ConfigTexts {
  readonly texts: Texts;
  /** Env files in the order in which they count. */
  readonly order: readonly string[];
  /** Files that only services name with `env_file:`. */
  readonly named: readonly string[];
  readonly compose: readonly ComposeSource[];
  /** Where the administrator's settings go. */
  readonly settings: string;
}

/** @throws OperatorError NO_COMPOSE_FILE, COMPOSE_OUTSIDE, COMPOSE_UNREADABLE */
export async function configTexts({ files }: Pick<World, "files">, record: InstanceRecord): Promise<ConfigTexts> {
  const read = (path: string) => files.read(`${record.dir}/${path}`);
  return await textsReadBy(read, record);
}

/** The same of texts that nobody wrote yet, over what stands there. */
export async function editedTexts(
  { files }: Pick<World, "files">,
  record: InstanceRecord,
  edited: Readonly<Record<string, string | null>>,
): Promise<ConfigTexts> {
  const read = async (path: string) =>
    Object.hasOwn(edited, path) ? (edited[path] ?? null) : await files.read(`${record.dir}/${path}`);
  return await textsReadBy(read, record);
}

async function textsReadBy(read: (path: string) => Promise<string | null>, record: InstanceRecord): Promise<ConfigTexts> {
  const order = record.envFiles.length > 0 ? record.envFiles : [".env"];
  const composeFile = literalsOf(EnvFile.parse((await read(".env")) ?? ""))["COMPOSE_FILE"] ?? null;
  const compose = await composeSources(read, { composeFile });
  const named = [...new Set(compose.flatMap(namedEnvFiles))].filter(path => !order.includes(path));
  const found = await Promise.all(
    [...new Set([".env", ...order, ...named])].map(async path => [path, await read(path)] as const),
  );
  const env = found.flatMap(([path, text]) => (text === null ? [] : [[path, text] as const]));
  const texts = Object.fromEntries([...compose.map(({ path, text }) => [path, text] as const), ...env]);
  const settings = layoutNamed(record.product, record.layout)?.settings ?? ".env";
  return { texts, order, named, compose, settings };
}

/** Every env file that is there, by its path, in the order in which they count. */
export const envEntries = ({ texts, order, named }: ConfigTexts): ReadonlyMap<string, EnvEntries> =>
  new Map(
    [...order, ...named].flatMap(path => (texts[path] === undefined ? [] : [[path, entriesOf(texts[path], path)] as const])),
  );

/** Where a key stands, and where it could. */
export function placesOf(config: ConfigTexts, key: string): KeyPlaces {
  const said = [...envEntries(config)].flatMap(([path, entries]) => (entries.has(key) ? [path] : []));
  return {
    order: config.order,
    settings: config.settings,
    saidIn: said.filter(path => config.order.includes(path)),
    namedIn: said.filter(path => !config.order.includes(path)),
    isInterpolated: composeVariables(config.compose).has(key),
  };
}

/** What Compose makes of texts, written nowhere but into its own scratch folder. */
export async function resolveConfig(
  { compose }: Pick<World, "compose">,
  record: InstanceRecord,
  config: ConfigTexts,
): Promise<Resolved> {
  const { model, dir } = await compose.resolveTexts(record.project, record.envFiles, config.texts);
  return { model, dir, values: await effectiveValues({ compose }, config) };
}

/** The values of the env files together, as Compose reads them: quotes, escapes and `$` are its own business. */
export async function effectiveValues(
  { compose }: Pick<World, "compose">,
  { texts, order }: Pick<ConfigTexts, "texts" | "order">,
): Promise<Readonly<Record<string, string | null>>> {
  const there = order.flatMap(path => (texts[path] === undefined ? [] : [texts[path]]));
  // Under other names: what `.env` says of COMPOSE_FILE is for the instance.
  const files = Object.fromEntries(there.map((text, index) => [`env/${index}.env`, text]));
  const list = JSON.stringify(Object.keys(files));
  const { model } = await compose.resolveTexts("look", [], {
    ...files,
    "docker-compose.yml": `services:\n  values:\n    image: none\n    env_file: ${list}\n`,
  });
  const { environment = {} } = model.services["values"] ?? {};
  return Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [key, value === null ? null : plainText(value)] as const),
  );
}

/**
 * A file that is to be changed: one that is there as a file, and of which every byte is known.
 * @throws OperatorError NOT_EDITABLE
 */
export async function textToChange({ files }: Pick<World, "files">, dir: string, path: string): Promise<string | null> {
  const full = `${dir}/${path}`;
  const refuse = (what: string, hint: string): OperatorError => new OperatorError("NOT_EDITABLE", `${full} ${what}.`, { hint });
  const imprint = await files.imprint(full);
  if (imprint === null && !(await files.exists(full))) return null;
  if (imprint === "folder") throw refuse("is a folder", "name a file in it");
  const target = imprint?.startsWith("link ") ? imprint.slice("link ".length) : null;
  if (target !== null)
    throw refuse(`is a link to ${target}, and what it leads to may be somebody else's`, "edit what it leads to by hand");
  const text = await files.read(full);
  if (text === null || imprint !== `sha256:${textDigest(text)}`)
    throw refuse(
      "is no UTF-8 text, so not every byte of it could be kept",
      `iconv -f WINDOWS-1252 -t UTF-8 ${full} > NEW-FILE   (with the encoding that it is in), or edit it by hand`,
    );
  return text;
}
