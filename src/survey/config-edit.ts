import type { ComposeModel } from "../domain/compose-model.ts";
import type { Resolved } from "../domain/config-check.ts";
import { type ConfigurationOf, layoutNamed } from "../domain/config-files.ts";
import { isolationFaults, newPorts } from "../domain/config-isolation.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { entriesOf, isComposeKey } from "../domain/merge-keys.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import { askCaddy, type CaddyfileLook } from "./caddyfiles.ts";
import { type ConfigAsk, type ConfigFacts, type SurveyedChange, surveyFiles } from "./config-change.ts";
import { type ConfigTexts, configTexts, editedTexts, resolveConfig } from "./config-texts.ts";
import { surveyHome } from "./home.ts";
import { takenBy } from "./ports.ts";

export interface EditFacts extends ConfigFacts {
  /** What stands against the edited files, as lines for people. */
  readonly faults: readonly string[];
  /** Ports that would be published and that somebody has. */
  readonly takenPorts: readonly number[];
  /** What the instance's own Caddy says of its Caddyfiles. */
  readonly caddy: readonly CaddyfileLook[];
}

/** Which files count as an instance's configuration. */
export async function configurationOf(world: Pick<World, "files">, record: InstanceRecord): Promise<ConfigurationOf> {
  const { compose, named } = await configTexts(world, record);
  const others = [...compose.map(({ path }) => path), ...named];
  return { layout: layoutNamed(record.product, record.layout), envFiles: record.envFiles, others };
}

/**
 * What edited files come to; null for one that goes. Looked at before anything is written.
 * @throws OperatorError ENV_FILE_UNREADABLE, COMPOSE_UNREADABLE, NO_COMPOSE_FILE, COMPOSE_OUTSIDE, NOT_EDITABLE
 */
export async function surveyEdit(
  world: World,
  ask: ConfigAsk,
  edited: Readonly<Record<string, string | null>>,
): Promise<SurveyedChange<EditFacts>> {
  const { record } = ask;
  const config = await editedTexts(world, record, edited);
  const after = await resolveConfig(world, record, config);
  const before = (await resolvedNow(world, record)) ?? recorded(record, after);
  const { facts, texts } = await surveyFiles(world, ask, edited, { before, after });
  const others = await othersOf(world, ask);
  const wished = newPorts(before.model, after.model);
  const taken = await takenBy(world, wished);
  const isOwn = (host: number): boolean => facts.instance.containers.some(({ ports }) => ports.some(port => port.host === host));
  return {
    facts: {
      ...facts,
      faults: [...keyFaults(record, config, before, after), ...isolationFaults(before.model, after.model, others)],
      takenPorts: wished.map(({ host }) => host).filter(host => others.ports.has(host) || (taken.has(host) && !isOwn(host))),
      caddy: await askCaddy(world, record, edited, after),
    },
    texts,
  };
}

/** Null where Compose cannot read what stands there, which an edit is to mend. */
async function resolvedNow(world: World, record: InstanceRecord): Promise<Resolved | null> {
  try {
    return await resolveConfig(world, record, await configTexts(world, record));
  } catch (error) {
    if (!(error instanceof OperatorError) || !/^(COMPOSE_|ENV_|NO_COMPOSE_FILE|COMMAND_FAILED)/.test(error.code)) throw error;
    return null;
  }
}

/** What the record knows of it, in the place of what cannot be read. */
function recorded({ project, volumes, networks }: InstanceRecord, after: Resolved): Resolved {
  const named = (all: InstanceRecord["volumes"]) => Object.fromEntries(all.map(({ key, name }) => [key, { name }] as const));
  const model: ComposeModel = {
    ...after.model,
    name: project,
    volumes: { ...after.model.volumes, ...named(volumes) },
    networks: { ...after.model.networks, ...named(networks) },
  };
  return { ...after, model };
}

/** Settings that are not for an edit. */
function keyFaults(record: InstanceRecord, config: ConfigTexts, before: Resolved, after: Resolved): readonly string[] {
  const faults: string[] = [];
  for (const [path, text] of Object.entries(config.texts)) {
    if (path === ".env" || !config.order.includes(path)) continue;
    for (const key of entriesOf(text, path).keys())
      if (isComposeKey(key)) faults.push(`${key} in ${path} would count more than graph-mgr's own in .env`);
  }
  const project = entriesOf(config.texts[".env"] ?? "", ".env").get("COMPOSE_PROJECT_NAME")?.literal ?? null;
  if (record.origin.how !== "adopt" && project !== record.project)
    faults.push(`COMPOSE_PROJECT_NAME in .env has to stay ${record.project}`);
  for (const key of record.product.internals)
    if ((before.values[key] ?? null) !== (after.values[key] ?? null)) faults.push(`${key} belongs to the release`);
  return faults;
}

async function othersOf({ engine, files }: World, { record, home }: ConfigAsk) {
  const { records } = await surveyHome({ files }, home);
  const beside = records.filter(({ name }) => name !== record.name);
  const [volumes, networks, containers] = await Promise.all([engine.volumes(), engine.networks(), engine.containers()]);
  const isOthers = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
    labels["com.docker.compose.project"] !== record.project;
  const own = new Set([...record.volumes, ...record.networks].map(({ name }) => name));
  const namesOf = (all: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[]) =>
    all.filter(each => isOthers(each) && !own.has(each.name)).map(({ name }) => name);
  return {
    volumes: new Set([...namesOf(volumes), ...beside.flatMap(each => each.volumes.map(({ name }) => name))]),
    networks: new Set([...namesOf(networks), ...beside.flatMap(each => each.networks.map(({ name }) => name))]),
    containers: new Set(namesOf(containers)),
    ports: new Set(beside.flatMap(({ ports }) => ports.flatMap(({ host }) => (host === null ? [] : [host])))),
  };
}
