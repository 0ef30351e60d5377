import { EnvFile } from "../domain/env-file.ts";
import type { EnvEntries } from "../domain/merge-keys.ts";
import { type Mask, maskFor } from "../domain/merge-mask.ts";
import { type ConfigTexts, envEntries } from "./config-texts.ts";

/** A key of the file that is changed, as a plan may show it. Holds no secret. */
export interface ToldKey {
  /** Null where it is not there, and for a secret. */
  readonly from: string | null;
  readonly to: string | null;
  /** Lines of the file that give it a value, before the change. */
  readonly times: number;
}

/** What becomes of keys; `files` says by key which file is changed, or null. */
export function toldKeys(
  before: ConfigTexts,
  after: ConfigTexts,
  files: Readonly<Record<string, string | null>>,
): Readonly<Record<string, ToldKey>> {
  const sides = [envEntries(before), envEntries(after)];
  const mask = maskFor(sides.flatMap(side => [...side.values()]));
  return Object.fromEntries(
    Object.entries(files).flatMap(([key, path]) => {
      if (path === null) return [];
      const [old, fresh] = sides.map(side => valueIn(side.get(path), key, mask));
      const isSecret = old === SECRET || fresh === SECRET;
      const shown = (value: Value = null): string | null => (isSecret || typeof value !== "string" ? null : value);
      return [[key, { from: shown(old), to: shown(fresh), times: EnvFile.parse(before.texts[path] ?? "", path).times(key) }]];
    }),
  );
}

const SECRET = Symbol("a secret");
type Value = string | typeof SECRET | null;

function valueIn(entries: EnvEntries | undefined, key: string, mask: Mask): Value {
  const entry = entries?.get(key);
  return entry === undefined ? null : (mask.value(key, entry.literal ?? entry.raw) ?? SECRET);
}
