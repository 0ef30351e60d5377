import type { ComposeModel } from "../domain/compose-model.ts";
import type { MergeInput, Texts } from "../domain/merge-input.ts";
import type { Layout } from "../domain/product.ts";
import type { Beside } from "./beside.ts";
import type { InstanceFacts } from "./instance.ts";
import type { DatabaseMove } from "./move.ts";
import type { PageFacts } from "./page.ts";

/** What a hop of an update leaves: an instance that is there, or one that the hop before will have made. */
export interface HopSource {
  readonly instance: InstanceFacts;
  /** The vendor's files, the same with graph-mgr's own edits, and as they stand. */
  readonly texts: Pick<MergeInput, "base" | "own" | "mine">;
  /** What Compose makes of them, with secrets in it. */
  readonly model: () => Promise<ComposeModel>;
  /** Named volumes of its own, as Compose resolves them and as they were made. */
  readonly volumes: readonly { readonly key: string; readonly name: string }[];
  /** @param layout that of the release that is left; @param theirs the vendor's new texts */
  readonly beside: (layout: Layout, theirs: Texts) => Promise<Beside>;
  /** Whether its database answers when the hop begins. */
  readonly databaseRuns: boolean;
  readonly page: PageFacts | null;
  /** @returns null where only the hop before will tell */
  readonly hasTree: (path: string) => Promise<boolean | null>;
  /** @param next the new Postgres's image; null while it is not loaded */
  readonly move: (next: string | null) => Promise<DatabaseMove | null>;
  /** @param trees those that are there, relative to the instance's folder */
  readonly sizes: (trees: readonly string[]) => Promise<HopSizes>;
}

/** What is moved, and what is free; bytes. */
export interface HopSizes {
  readonly treeBytes: number;
  readonly volumeBytes: number;
  readonly databaseBytes: number;
  readonly homeFreeBytes: number;
  readonly engineFreeBytes: number;
  readonly isOneDisk: boolean;
  readonly freeMemoryBytes: number | null;
}
