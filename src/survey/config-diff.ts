import { isCaddyfile } from "../domain/config-files.ts";
import { neutralEnv, neutralText } from "../domain/config-neutral.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import { withoutCaddySecret } from "../domain/masked-files.ts";
import type { Texts } from "../domain/merge-input.ts";
import { type EnvEntries, entriesOf } from "../domain/merge-keys.ts";
import { type Mask, maskFor } from "../domain/merge-mask.ts";
import { masked } from "../domain/merge-result.ts";
import { sameText, unifiedDiff } from "../domain/merge-text.ts";
import type { World } from "../host/world.ts";
import { pristineTexts } from "./config-pristine.ts";
import { told } from "./config-show.ts";
import { configTexts, effectiveValues } from "./config-texts.ts";

/** One side of a comparison. Holds secrets: stays in the survey. */
interface Side {
  readonly texts: Texts;
  readonly env: readonly string[];
  readonly values: Readonly<Record<string, string | null>>;
}

export interface FileDifference {
  readonly path: string;
  readonly what: "changed" | "added" | "removed";
  /** Lines of a unified diff, secrets struck out. */
  readonly diff: readonly string[];
}

export interface ValueDifference {
  readonly key: string;
  readonly secret: boolean;
  /** Null for a secret, and where a side has none. */
  readonly from: string | null;
  readonly to: string | null;
  readonly what: "changed" | "added" | "removed";
}

export interface ConfigDifference {
  readonly files: readonly FileDifference[];
  readonly values: readonly ValueDifference[];
}

/** From the vendor's files to the instance's, without what graph-mgr set itself; null where no vendor's files are kept. */
export async function diffFromVendor(world: World, record: InstanceRecord): Promise<ConfigDifference | null> {
  const pristine = await pristineTexts(world, record);
  if (pristine === null) return null;
  // Of what was taken over graph-mgr has set nothing: its names and ports are edits like any other.
  const mine = await sideOf(world, record, record.origin.how === "adopt");
  const { order } = await configTexts(world, record);
  const env = mine.env;
  return differences({ texts: pristine.base, env, values: await effectiveValues(world, { texts: pristine.base, order }) }, mine);
}

/** From one instance to another, each without what graph-mgr set itself. */
export const diffBetween = async (world: World, one: InstanceRecord, other: InstanceRecord): Promise<ConfigDifference> =>
  differences(await sideOf(world, one), await sideOf(world, other));

async function sideOf(world: World, record: InstanceRecord, isAsItIs = false): Promise<Side> {
  const { files } = world;
  const config = await configTexts(world, record);
  const pristine = await pristineTexts(world, record);
  const isEnv = (path: string): boolean => config.order.includes(path) || config.named.includes(path) || path.endsWith(".env");
  const texts: Record<string, string> = {};
  for (const path of new Set([...Object.keys(config.texts), ...Object.keys(pristine?.base ?? {})])) {
    const mine = config.texts[path] ?? (await files.read(`${record.dir}/${path}`));
    if (mine === null) continue;
    const [base, own] = [pristine?.base[path], pristine?.own[path]];
    const versions = { base: base ?? "", own: own ?? base ?? "", mine };
    texts[path] =
      isAsItIs || pristine === null || base === undefined
        ? mine
        : isEnv(path)
          ? neutralEnv(versions, path)
          : neutralText(versions);
  }
  const values = await effectiveValues(world, { texts, order: config.order });
  return { texts, env: Object.keys(texts).filter(isEnv), values };
}

function differences(from: Side, to: Side): ConfigDifference {
  const env = new Set([...from.env, ...to.env]);
  const entries = [from, to].flatMap(({ texts }) =>
    [...env].flatMap((path): readonly EnvEntries[] => (texts[path] === undefined ? [] : [entriesOf(texts[path], path)])),
  );
  const mask = maskFor(entries);
  const paths = [...new Set([...Object.keys(from.texts), ...Object.keys(to.texts)])].sort();
  return {
    files: paths.flatMap(path => fileDifference(path, from.texts[path], to.texts[path], mask)),
    values: valuesOf(from, to, mask),
  };
}

const closed = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

function fileDifference(path: string, from: string | undefined, to: string | undefined, mask: Mask): readonly FileDifference[] {
  if (from !== undefined && to !== undefined && sameText(to, from)) return [];
  const what = from === undefined ? "added" : to === undefined ? "removed" : "changed";
  const diff = masked(unifiedDiff(closed(from ?? ""), closed(to ?? "")), mask);
  return [{ path, what, diff: isCaddyfile(path) ? diff.map(withoutCaddySecret) : diff }];
}

function valuesOf(from: Side, to: Side, mask: Mask): readonly ValueDifference[] {
  const keys = [...new Set([...Object.keys(from.values), ...Object.keys(to.values)])].sort();
  return keys.flatMap((key): readonly ValueDifference[] => {
    const [was, is] = [from.values[key] ?? null, to.values[key] ?? null];
    const [had, has] = [Object.hasOwn(from.values, key), Object.hasOwn(to.values, key)];
    if (was === is && had === has) return [];
    const [old, fresh] = [told(mask, key, was), told(mask, key, is)];
    const secret = old.secret || fresh.secret;
    return [
      {
        key,
        secret,
        from: secret ? null : old.value,
        to: secret ? null : fresh.value,
        what: !had ? "added" : !has ? "removed" : "changed",
      },
    ];
  });
}
