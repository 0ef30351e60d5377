import { OperatorError } from "../errors.ts";
import type { EnvEntries, Releases } from "./merge-keys.ts";
import type { Mask } from "./merge-mask.ts";
import type { Conflict, Decision, Resolution, Resolutions } from "./merge-result.ts";
import type { Layout, LayoutMove, Product } from "./product.ts";

/** Texts by path relative to an instance's folder. */
export type Texts = Readonly<Record<string, string>>;

export interface MergeInput {
  /** The vendor's files of the old release. */
  readonly base: Texts;
  /** The same with graph-mgr's own edits (names, ports, images), which are no edits of the administrator's; what is missing is as in `base`. */
  readonly own: Texts;
  /** The old instance's files as they stand: env files, compose files, and what of the configuration is merged as text. */
  readonly mine: Texts;
  /** The vendor's files of the new release. */
  readonly theirs: Texts;
  readonly from: Layout;
  readonly to: Layout;
  readonly releases: Releases;
  readonly product: Product;
  /** Paths of the compose files of either release (`composeSources`). */
  readonly compose: readonly string[];
  readonly resolve: Resolutions;
}

/** Whether the vendor's files of the old release are there: of an install that was taken over they may not be, and then nobody knows whose a line is. */
export const isBaseKnown = (base: Texts): boolean => Object.keys(base).length > 0;

/** What every part of the merge is given. */
export interface MergeContext extends MergeInput {
  readonly move: LayoutMove | null;
  readonly mask: Mask;
  readonly imageKeys: ReadonlySet<string>;
  readonly entries: (side: "base" | "own" | "mine" | "theirs", path: string) => EnvEntries;
  /** What `--resolve` says, for the first of these names that it has. */
  readonly resolution: (...names: readonly string[]) => Resolution | undefined;
}

/** What a part of the merge found. */
export interface MergedPart {
  /** By path in the new instance. */
  readonly texts: Texts;
  readonly decisions: readonly Decision[];
  readonly conflicts: readonly Conflict[];
}

/** Answers of `--resolve`, and in the end which of them nothing asked for. */
export function resolver(resolve: Resolutions): {
  readonly resolution: MergeContext["resolution"];
  /** @throws OperatorError RESOLVE_UNKNOWN */
  readonly checkAllUsed: () => void;
} {
  const asked = new Set<string>();
  return {
    resolution(...names) {
      for (const name of names) asked.add(name);
      return names.map(name => (Object.hasOwn(resolve, name) ? resolve[name] : undefined)).find(each => each !== undefined);
    },
    checkAllUsed() {
      const unknown = Object.keys(resolve).filter(name => !asked.has(name));
      if (unknown.length === 0) return;
      throw new OperatorError("RESOLVE_UNKNOWN", `Nothing that is merged is called ${unknown.join(" or ")}.`, {
        hint: "--resolve takes a key as FILE:KEY (.env:LOG_LEVEL), or a file as it lies in the old instance",
        exit: 2,
      });
    },
  };
}
