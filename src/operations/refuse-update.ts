import { conflictError } from "../domain/merge-result.ts";
import { refuseRoom } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { refuseClaims, refuseLacking, refuseOldEngine, refuseServices, refuseShared } from "./refusals.ts";
import { hopsTo, refuseUnread } from "./refuse-path.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";
import type { UpdateRequest } from "./update.ts";

/** Everything that stands against an update, before anything is changed. @throws OperatorError */
export function refuseUpdate(facts: UpdateFacts, { method, shareBinds, acknowledged }: UpdateRequest): void {
  const { source, merge } = facts;
  refuseOldEngine(facts.engine);
  if (facts.product.product !== source.record.product.product) {
    throw new OperatorError(
      "OTHER_PRODUCT",
      `The bundle is of the product ${facts.product.product}, and ${source.record.name} is of ${source.record.product.product}.`,
      { hint: "graph-mgr install BUNDLE   (puts it beside)" },
    );
  }
  hopsTo(facts.path, false);
  refuseUnread(facts.instructions, acknowledged);
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
