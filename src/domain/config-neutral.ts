import { EnvFile } from "./env-file.ts";
import { entriesOf } from "./merge-keys.ts";
import { mergeBeside, mergeText } from "./merge-text.ts";

export interface Versions {
  /** The vendor's. */
  readonly base: string;
  /** The vendor's with graph-mgr's own edits. */
  readonly own: string;
  /** As it stands. */
  readonly mine: string;
}

/** An env file as it would stand without what graph-mgr set; where somebody else set it since, that stays. */
export function neutralEnv({ base, own, mine }: Versions, path: string): string {
  const [shipped, made] = [entriesOf(base, path), entriesOf(own, path)];
  let text = mine;
  for (const [key, { raw }] of made) {
    const [was, is] = [shipped.get(key), entriesOf(text, path).get(key)];
    if (raw === (was?.raw ?? null) || is?.raw !== raw) continue;
    text =
      was === undefined
        ? EnvFile.parse(text, path).without(key).text
        : `${text.slice(0, is.from)}${was.statement}${text.slice(is.to)}`;
  }
  return text;
}

/** The same of any other text, line by line. */
export function neutralText({ base, own, mine }: Versions): string {
  if (own === base) return mine;
  const sides = { base: own, mine, theirs: base };
  return mergeBeside(sides) ?? mergeText(sides, "mine").text ?? mine;
}
