import type { ComposeModel } from "./compose-model.ts";
import { isSecretKey } from "./merge-keys.ts";

/** A setting that Compose resolves to something else than it did. Holds no secret. */
export interface Violation {
  readonly service: string;
  readonly key: string;
  /** The vendor no longer gives it the key at all, which no setting can mend. */
  readonly isDropped: boolean;
  /** One plain sentence. */
  readonly say: string;
}

/**
 * Where what the administrator set no longer reaches a service as it did: every key must resolve to the same value in every
 * service that has it (F38-F41). A service that is new is held to the others, where these agree.
 *
 * @param before what Compose resolves for the old instance, all profiles on
 * @param after the same for the new one
 * @param keys `settled` of the merge
 */
export function mergeViolations(before: ComposeModel, after: ComposeModel, keys: readonly string[]): readonly Violation[] {
  const found: Violation[] = [];
  for (const key of keys) {
    const old = Object.values(before.services).flatMap(({ environment }) =>
      environment && key in environment ? [environment[key] ?? null] : [],
    );
    const common = new Set(old).size === 1 ? old[0] : undefined;
    for (const [service, { environment = {} }] of Object.entries(after.services)) {
      const was = before.services[service];
      const wanted = was ? was.environment?.[key] : common;
      const has = Object.hasOwn(environment, key);
      const had = was ? was.environment !== undefined && Object.hasOwn(was.environment, key) : common !== undefined && has;
      if (!had || (has && (environment[key] ?? null) === (wanted ?? null))) continue;
      found.push({
        service,
        key,
        isDropped: !has,
        say: sentence(service, key, wanted ?? null, has ? (environment[key] ?? null) : undefined),
      });
    }
  }
  return found;
}

function sentence(service: string, key: string, was: string | null, is: string | null | undefined): string {
  if (is === undefined) return `${service} would no longer get ${key}.`;
  const isShown = !isSecretKey(key) && ![was, is].some(value => value !== null && /:\/\/[^\s/]*@|\s/.test(value));
  const plain = (value: string | null): string =>
    value === null ? "nothing" : value === "" ? "empty" : value.replaceAll("$$", "$").slice(0, 60);
  return isShown
    ? `${service} would get ${key} as ${plain(is)} instead of ${plain(was)}.`
    : `${service} would get another ${key} than it has.`;
}
