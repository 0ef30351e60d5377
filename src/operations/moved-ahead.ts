import type { UpdateFacts } from "../survey/update.ts";

/**
 * Whether most of the database moves while the old release serves, so that the window need not wait for it. The new server must be out of reach by then,
 * and the old one must run already.
 */
export function isMovedAhead(
  { product, databaseRuns, inner }: Pick<UpdateFacts, "product" | "databaseRuns" | "inner">,
  method: "dump" | "copy" | "none" | null,
  isPassing: boolean,
): boolean {
  const service = product.postgres?.service;
  return method === "dump" && !isPassing && databaseRuns && service !== undefined && inner.includes(service);
}
