import { estimateWindow } from "../domain/move-estimate.ts";
import type { MoveMethod } from "../domain/move-method.ts";
import type { UpdateFacts } from "../survey/update.ts";
import type { Hop } from "./hop.ts";
import { isMovedAhead } from "./moved-ahead.ts";

/** How long visitors find nobody, in whole seconds. A type and not an interface, because plans hold plain JSON. */
export type WindowEstimate = {
  readonly seconds: number;
  /** Before that, while the old release serves; not a part of it. */
  readonly aheadSeconds: number;
  readonly dumpSeconds: number;
  readonly restoreSeconds: number;
  /** Of a database that was moved ahead: what was written since, and the proof of both sides. */
  readonly followSeconds: number;
  /** Of a volume, and of folders. */
  readonly copySeconds: number;
  /** The old release stops, the new one starts and is seen to be healthy; what a product takes for that, it alone knows. */
  readonly startSeconds: number;
  /** Of the data that moves: the databases (of a stopped server its volume), and folders and other volumes. */
  readonly databaseBytes: number;
  readonly fileBytes: number;
};

/** What an update's window is estimated from. */
export type Estimable = Pick<
  UpdateFacts,
  "database" | "databaseVolumeBytes" | "treeBytes" | "product" | "inner" | "databaseRuns"
>;

interface EstimableHop {
  readonly facts: Estimable;
  readonly request: Pick<Hop["request"], "method">;
}

const STOP_SECONDS = 3;
/** A container that starts and whose first health check passes. */
const START_SECONDS = 4;

/** Of all hops of an update together; the data is that of the first, because later ones have what it left. */
export function estimateHops(hops: readonly EstimableHop[]): WindowEstimate {
  const each = hops.map(({ facts, request: { method } }, index) =>
    estimateUpdate(facts, method === "none" ? null : method, index > 0),
  );
  const sum = (key: keyof WindowEstimate): number => each.reduce((total, estimate) => total + estimate[key], 0);
  return {
    seconds: sum("seconds"),
    aheadSeconds: sum("aheadSeconds"),
    dumpSeconds: sum("dumpSeconds"),
    restoreSeconds: sum("restoreSeconds"),
    followSeconds: sum("followSeconds"),
    copySeconds: sum("copySeconds"),
    startSeconds: sum("startSeconds"),
    databaseBytes: each[0]?.databaseBytes ?? 0,
    fileBytes: each[0]?.fileBytes ?? 0,
  };
}

/**
 * @param method null where no database moves
 * @param isPassing whether what is left is only gone through
 */
export function estimateUpdate(facts: Estimable, method: MoveMethod | null, isPassing = false): WindowEstimate {
  const { database, databaseVolumeBytes: volumeBytes, treeBytes, product, inner } = facts;
  const look = database?.old ?? null;
  // Of a stopped server nobody knows how much of its volume is data.
  const databaseBytes =
    look !== null && "server" in look ? look.server.databases.reduce((sum, each) => sum + each.sizeBytes, 0) : volumeBytes;
  const isAhead = isMovedAhead(facts, method, isPassing);
  const window = estimateWindow({ method: method ?? "copy", databaseBytes, volumeBytes, treeBytes, isAhead });
  const starts = 1 + Number(inner.length > 0) + Number(method === "dump" && !isAhead);
  const parts = {
    dumpSeconds: Math.round(window.dumpSeconds),
    restoreSeconds: Math.round(window.restoreSeconds),
    followSeconds: Math.round(window.followSeconds),
    copySeconds: Math.round(window.copySeconds),
    startSeconds: Math.round(STOP_SECONDS + starts * (START_SECONDS + product.health.windowSeconds)),
  };
  const seconds = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { seconds, aheadSeconds: Math.round(window.aheadSeconds), ...parts, databaseBytes, fileBytes: treeBytes };
}
