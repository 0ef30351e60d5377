import { mergeEnvFiles } from "./merge-env-files.ts";
import { mergeFiles } from "./merge-files.ts";
import { type MergeContext, type MergedPart, type MergeInput, resolver, type Texts } from "./merge-input.ts";
import { type EnvEntries, entriesOf, imageKeys } from "./merge-keys.ts";
import { envOrder, isEnvFile, moveBetween } from "./merge-layout.ts";
import { maskFor } from "./merge-mask.ts";

/** What the configuration of a new instance becomes. Texts hold secrets; decisions and conflicts hold none. */
export interface Merged extends MergedPart {
  /** Keys of the administrator's, and those that data depends on: Compose must resolve them to what it did (`mergeViolations`). */
  readonly settled: readonly string[];
  /** Of texts that are in conflict, by the conflict's name: what an editor begins with. Hold secrets. */
  readonly drafts: Texts;
}

/**
 * Merges a configuration three ways: the vendor's old default, what the administrator made of it, the vendor's new default.
 * Nothing is guessed: where only the operator can decide, there is a conflict, and the texts count only when there is none.
 *
 * @throws OperatorError ENV_FILE_UNREADABLE, NO_LAYOUT_MOVE, RESOLVE_UNKNOWN
 */
export function mergeConfiguration(input: MergeInput): Merged {
  const move = moveBetween(input.product, input.from, input.to);
  const { resolution, checkAllUsed } = resolver(input.resolve);
  const cache = new Map<string, EnvEntries>();
  const entries: MergeContext["entries"] = (side, path) => {
    // What graph-mgr never touched is as the vendor has it.
    const text = (side === "own" ? (input.own[path] ?? input.base[path]) : input[side][path]) ?? "";
    const known = cache.get(`${side}\0${path}`) ?? entriesOf(text, path);
    cache.set(`${side}\0${path}`, known);
    return known;
  };
  const envPaths = (["base", "mine", "theirs"] as const).flatMap(side => {
    const layout = side === "theirs" ? input.to : input.from;
    return [...new Set([...envOrder(layout), ...Object.keys(input[side]).filter(path => isEnvFile(path, layout))])].map(path =>
      entries(side, path),
    );
  });
  const composeTexts = input.compose.flatMap(path => [input.base[path] ?? "", input.theirs[path] ?? ""]);
  const context: MergeContext = {
    ...input,
    move,
    resolution,
    entries,
    mask: maskFor(envPaths),
    imageKeys: imageKeys(composeTexts),
  };
  const env = mergeEnvFiles(context);
  const files = mergeFiles(context);
  checkAllUsed();
  return {
    texts: { ...env.texts, ...files.texts },
    decisions: [...env.decisions, ...files.decisions],
    conflicts: [...env.conflicts, ...files.conflicts],
    settled: env.settled,
    drafts: files.drafts,
  };
}
