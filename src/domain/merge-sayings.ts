import type { EnvEntry } from "./merge-keys.ts";
import type { Mask } from "./merge-mask.ts";

interface Entries {
  readonly base: EnvEntry | undefined;
  readonly mine: EnvEntry | undefined;
  readonly theirs: EnvEntry | undefined;
}

/** What is said of one key, without its secrets. */
export function sayings(key: string, entries: Entries, mask: Mask) {
  const value = (entry: EnvEntry | undefined): string | null =>
    entry === undefined ? null : mask.value(key, entry.literal ?? entry.raw);
  const [old, own, fresh] = [value(entries.base), value(entries.mine), value(entries.theirs)];
  const stays = own === null ? `${key} stays as it is` : `${key} stays ${own}`;
  const fromTo = old === null || fresh === null ? "" : ` from ${old} to ${fresh}`;
  const changed = entries.base
    ? `the vendor's default changed${fromTo}`
    : `the new release has a default of its own${fresh === null ? "" : `, ${fresh}`}`;
  const isKnown = entries.theirs !== undefined;
  return {
    kept: `${stays}, as you set it.`,
    keptOver: `${stays}, as you set it; ${changed}.`,
    keptUnknown: `${stays}, as you set it, though the new release no longer has this key.`,
    whose: `${key} is ${own ?? "set"}, and the new release has ${fresh ?? "another value"}; whether you or the vendor set the old one cannot be told without the old release's bundle.`,
    carried: `${key} is carried as it is, because data may depend on it${isKnown ? "" : "; the new release no longer has this key"}.`,
    added: `${own === null ? key : `${key} (${own})`} is yours and is carried.`,
    leftOut: `${key} stays out, as you removed it.`,
    removed: `You removed ${key}, and ${changed}.`,
    newDefault: `${key} takes the vendor's new default${fresh === null ? "" : ` ${fresh}`}${old === null ? "" : ` (it was ${old})`}.`,
    isNew: `${key} is new${fresh === null ? "" : `: ${fresh}`}.`,
    dropped: `${key} goes, because the new release no longer has it.`,
    vendor: `${key} is not carried: it belongs to the release${isKnown ? "" : ", and the new one does not set it"}.`,
    followed: `${key} follows the values that it repeats.`,
    resolvedMine: entries.mine ? `${stays}, as you decided.` : `${key} stays out, as you decided.`,
    resolvedTheirs: isKnown
      ? `${key} takes the vendor's ${fresh === null ? "new value" : fresh}, as you decided.`
      : `${key} goes, as you decided.`,
    resolvedText: `${key} takes the value that you gave.`,
  };
}
