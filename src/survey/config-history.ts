import { type ConfigChange, type ConfigHistory, parseHistory } from "../domain/config-history.ts";
import { Home } from "../domain/home.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { type EnvEntries, entriesOf } from "../domain/merge-keys.ts";
import { maskFor } from "../domain/merge-mask.ts";
import { masked } from "../domain/merge-result.ts";
import { unifiedDiff } from "../domain/merge-text.ts";
import { textDigest } from "../domain/text-digest.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import type { ConfigAsk, SurveyedChange } from "./config-change.ts";
import { type EditFacts, surveyEdit } from "./config-edit.ts";

export interface EarlierFacts {
  /** The change that is taken back. */
  readonly number: number;
  /** Changes of the same files since, which go with it. */
  readonly later: readonly ConfigChange[];
  /** Files that are not as the last change left them. */
  readonly byHand: readonly string[];
}

/** A change with what it changed, secrets struck out. */
export interface ShownChange extends ConfigChange {
  /** By path, lines of a unified diff; null where an earlier version is gone. */
  readonly diffs: Readonly<Record<string, readonly string[] | null>>;
}

export async function historyOf({ files }: Pick<World, "files">, home: string, record: InstanceRecord): Promise<ConfigHistory> {
  const path = new Home(home).history(record);
  return parseHistory(await files.read(path), path, record.origin.operation);
}

/** Every change, oldest first. */
export async function surveyHistory(world: World, home: string, record: InstanceRecord): Promise<readonly ShownChange[]> {
  const { changes } = await historyOf(world, home, record);
  const attic = new Home(home).attic();
  const textOf = async (digest: string | null): Promise<string | null> =>
    digest === null ? "" : await world.files.read(`${attic}/${digest}`);
  const shown: ShownChange[] = [];
  for (const change of changes) {
    const diffs: Record<string, readonly string[] | null> = {};
    for (const { path, before, after } of change.files) {
      const [was, is] = [await textOf(before), await textOf(after)];
      if (was === null || is === null) diffs[path] = null;
      else diffs[path] = masked(unifiedDiff(was, is), maskFor([was, is].map(text => secretsIn(path, text))));
    }
    shown.push({ ...change, diffs });
  }
  return shown;
}

function secretsIn(path: string, text: string): EnvEntries {
  try {
    return entriesOf(text, path);
  } catch (error) {
    // No env file: its lines are looked at one by one.
    if (!(error instanceof OperatorError)) throw error;
    return new Map();
  }
}

/**
 * What putting the files of a change back to what they were before it comes to.
 * @throws OperatorError NO_CHANGE, ATTIC_GONE, and as `surveyEdit`
 */
export async function surveyRevert(
  world: World,
  ask: ConfigAsk,
  number: number,
): Promise<SurveyedChange<EditFacts & EarlierFacts>> {
  const { record, home } = ask;
  const { changes } = await historyOf(world, home, record);
  const change = changes.find(each => each.number === number);
  if (change === undefined) {
    const there = changes.length === 0 ? "nothing was changed with `config` yet" : `there is 1 to ${changes.at(-1)?.number}`;
    throw new OperatorError("NO_CHANGE", `There is no change ${number} of ${record.name}; ${there}.`, {
      hint: `graph-mgr config history ${record.name}`,
    });
  }
  const attic = new Home(home).attic();
  const edited: Record<string, string | null> = {};
  for (const { path, before } of change.files) {
    const text = before === null ? null : await world.files.read(`${attic}/${before}`);
    if (before !== null && (text === null || textDigest(text) !== before))
      throw new OperatorError("ATTIC_GONE", `The earlier version of ${path} is no longer in ${attic}, or was changed there.`, {
        hint: `graph-mgr config edit ${record.name} ${path}`,
      });
    edited[path] = text;
  }
  const paths = Object.keys(edited);
  const later = changes.filter(each => each.number > number && each.files.some(({ path }) => paths.includes(path)));
  const byHand: string[] = [];
  for (const path of paths) {
    const last = changes.flatMap(each => each.files).findLast(each => each.path === path);
    const now = await world.files.read(`${record.dir}/${path}`);
    if (last !== undefined && textDigest(now) !== (last.after ?? "absent")) byHand.push(path);
  }
  const { facts, texts } = await surveyEdit(world, ask, edited);
  return { facts: { ...facts, number, later, byHand }, texts };
}
