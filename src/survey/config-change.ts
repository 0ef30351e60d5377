import { posix } from "node:path";
import { type CheckResult, changedServices, checkChange, type Resolved } from "../domain/config-check.ts";
import { sayerOf, targetsFor } from "../domain/config-files.ts";
import { type ConfigHistory, parseHistory } from "../domain/config-history.ts";
import { EnvFile } from "../domain/env-file.ts";
import { isUp } from "../domain/health.ts";
import { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { imageKeys } from "../domain/merge-keys.ts";
import { innerBinds } from "../domain/shared-resources.ts";
import { textDigest } from "../domain/text-digest.ts";
import type { World } from "../host/world.ts";
import { type ConfigTexts, configTexts, editedTexts, envEntries, placesOf, resolveConfig, textToChange } from "./config-texts.ts";
import { type ToldKey, toldKeys } from "./config-values.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";

/** A file before and after. Digests are of texts; `absent` for none. */
export interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** What every change of a configuration is planned with. No secrets. */
export interface ConfigFacts {
  readonly instance: InstanceFacts;
  readonly attic: string;
  readonly historyPath: string;
  readonly history: ConfigHistory;
  readonly changes: readonly FileChange[];
  /** Services that run, and would run with something else. */
  readonly affected: readonly string[];
}

export interface KeyFacts extends ConfigFacts {
  readonly check: CheckResult;
  /** By key, the file that is changed; null where nothing says it. */
  readonly files: Readonly<Record<string, string | null>>;
  /** By key, what becomes of it there. */
  readonly told: Readonly<Record<string, ToldKey>>;
  /** By key, where it comes from once it is taken out: another file, or null. */
  readonly left: Readonly<Record<string, string | null>>;
  /** Keys that name images in the vendor's files. */
  readonly imageKeys: readonly string[];
  /** Keys that nothing puts in and no service gets. */
  readonly unheard: readonly string[];
  /** Keys that are set and that no file of it had before: such as a mistyped one. */
  readonly added: readonly string[];
}

export interface SurveyedChange<Facts extends ConfigFacts = ConfigFacts> {
  readonly facts: Facts;
  /** The new texts by path: secrets, for the operation's answers. */
  readonly texts: Readonly<Record<string, string>>;
}

export interface ConfigAsk {
  readonly record: InstanceRecord;
  readonly home: string;
  readonly current: string | null;
}

/** What a change to these texts comes to; null for a file that goes. */
export async function surveyFiles(
  world: World,
  { record, home: path, current }: ConfigAsk,
  edited: Readonly<Record<string, string | null>>,
  resolved: { readonly before: Resolved; readonly after: Resolved },
): Promise<SurveyedChange> {
  const home = new Home(path);
  const changes: FileChange[] = [];
  for (const [file, text] of Object.entries(edited)) {
    const [before, after] = [textDigest(await textToChange(world, record.dir, file)), textDigest(text)];
    if (before !== after) changes.push({ path: file, before, after });
  }
  const instance = await surveyInstance(world, record, path, current);
  const historyPath = home.history(record);
  const texts = changes.flatMap(({ path: file }) => (typeof edited[file] === "string" ? [[file, edited[file]] as const] : []));
  return {
    facts: {
      instance,
      attic: home.attic(),
      historyPath,
      history: parseHistory(await world.files.read(historyPath), historyPath, record.origin.operation),
      changes,
      affected: affectedServices(instance, changes, resolved),
    },
    texts: Object.fromEntries(texts),
  };
}

function affectedServices(
  { containers, replaced }: InstanceFacts,
  changes: readonly FileChange[],
  { before, after }: { readonly before: Resolved; readonly after: Resolved },
): readonly string[] {
  const up = new Set(containers.filter(isUp).flatMap(({ service }) => service ?? []));
  const mounting = Object.entries(after.model.services).flatMap(([name, service]) => {
    const mounted = innerBinds({ name: "", services: { [name]: service } }, after.dir);
    // A folder further up holds data as well: who mounts that reads no configuration there.
    return changes.some(({ path }) => mounted.includes(path) || mounted.includes(posix.dirname(path))) ? [name] : [];
  });
  const all = [...changedServices(before, after), ...mounting, ...(replaced ?? [])];
  return [...new Set(all)].filter(service => up.has(service)).sort();
}

/**
 * What setting keys, or taking them out (null), comes to. Where the first file that fits is overruled by another, the next is tried.
 * @throws OperatorError ENV_KEY, ENV_VALUE, ENV_FILE_UNREADABLE, NOT_EDITABLE
 */
export async function surveyKeys(
  world: World,
  ask: ConfigAsk,
  meant: Readonly<Record<string, string | null>>,
): Promise<SurveyedChange<KeyFacts>> {
  const { record } = ask;
  const config = await configTexts(world, record);
  const before = await resolveConfig(world, record, config);
  const unset = Object.entries(meant).filter(([, value]) => value === null);
  const files: Record<string, string | null> = Object.fromEntries(
    unset.map(([key]) => [key, sayerOf(placesOf(config, key))] as const),
  );
  const set = Object.entries(meant).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
  for (const [key] of set) files[key] = targetsFor(placesOf(config, key))[0] ?? config.settings;
  let tried = await tryKeys(world, ask, before, meant, files);
  for (const { key } of tried.check.overruled) {
    for (const path of targetsFor(placesOf(config, key)).slice(1)) {
      const next = await tryKeys(world, ask, before, meant, { ...files, [key]: path });
      if (next.check.overruled.length >= tried.check.overruled.length) continue;
      files[key] = path;
      tried = next;
      break;
    }
  }
  const { facts, texts } = await surveyFiles(world, ask, tried.edited, { before, after: tried.after });
  const left = unset.map(([key]) => [key, sayerOf(placesOf(tried.config, key))] as const);
  const vendors = await vendorTexts(world, record, config);
  const unheard = set.flatMap(([key]) =>
    placesOf(tried.config, key).isInterpolated ||
    Object.values(tried.after.model.services).some(({ environment = {} }) => key in environment)
      ? []
      : [key],
  );
  return {
    facts: {
      ...facts,
      check: tried.check,
      files,
      told: toldKeys(config, tried.config, files),
      left: Object.fromEntries(left),
      imageKeys: [...imageKeys([...config.compose.map(({ text }) => text), ...vendors])],
      unheard,
      added: set.flatMap(([key]) => {
        const places = placesOf(config, key);
        return sayerOf(places) === null && !places.isInterpolated ? [key] : [];
      }),
    },
    texts,
  };
}

async function tryKeys(
  world: World,
  { record }: ConfigAsk,
  before: Resolved,
  meant: Readonly<Record<string, string | null>>,
  files: Readonly<Record<string, string | null>>,
) {
  const edited: Record<string, string> = {};
  for (const [key, value] of Object.entries(meant)) {
    const path = files[key] ?? null;
    if (path === null) continue;
    const text = edited[path] ?? (await textToChange(world, record.dir, path)) ?? "";
    const file = EnvFile.parse(text, path);
    edited[path] = (value === null ? file.without(key) : file.with(key, value)).text;
  }
  const next = await editedTexts(world, record, edited);
  const after = await resolveConfig(world, record, next);
  const read = Object.keys(meant).filter(key => next.order.includes(files[key] ?? ""));
  const check = checkChange({ before, after, meant, read, sources: next.compose, env: [...envEntries(next).values()] });
  return { edited, after, check, config: next };
}

/** The vendor's compose files: what graph-mgr pins, they still name. */
async function vendorTexts({ files }: World, { pristine }: InstanceRecord, { compose }: ConfigTexts): Promise<readonly string[]> {
  const texts = await Promise.all(compose.map(({ path }) => files.read(`${pristine}/${path}`)));
  return texts.filter(text => text !== null);
}
