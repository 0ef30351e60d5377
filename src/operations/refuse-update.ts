import { conflictError } from "../domain/merge-result.ts";
import { refuseRoom } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { refuseClaims, refuseLacking, refuseOldEngine, refuseServices, refuseShared } from "./refusals.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";
import type { UpdateRequest } from "./update.ts";

/** Everything that stands against an update, before anything is changed. @throws OperatorError */
export function refuseUpdate(facts: UpdateFacts, { method, shareBinds }: Pick<UpdateRequest, "method" | "shareBinds">): void {
  const { source, merge } = facts;
  refuseOldEngine(facts.engine);
  refuseServices(facts);
  refuseClaims(facts.instance, facts.claims);
  refuseOutsiders(source, "any state");
  refuseMissingVolumes(source, "there is nothing to update from");
  refuseLacking(facts);
  refuseShared(
    facts,
    path => shareBinds.includes(path),
    path => `--share-bind ${path}   (both releases would write there, and going back would not bring it back)`,
  );
  refuseRoom(facts.room);
  if (merge.conflicts.length > 0) throw conflictError(merge.conflicts);
  if (method === "dump" && (source.record.product.postgres === null || facts.product.postgres === null)) {
    throw new OperatorError("NO_DATABASE", `${source.record.name} or ${facts.instance.name} has no Postgres to dump.`, {
      hint: "--postgres copy",
    });
  }
}
