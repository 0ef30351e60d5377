import { conflictError } from "../domain/merge-result.ts";
import { refuseRoom } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { allAtOnce } from "./at-once.ts";
import { refuseClaims, refuseLacking, refuseOldEngine, refuseServices, refuseShared } from "./refusals.ts";
import { hopsTo, refuseUnread } from "./refuse-path.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";
import type { UpdateRequest } from "./update.ts";

/**
 * Everything that stands against an update, told at once, before anything is changed.
 * @param also checks that were made before, as what they threw
 * @throws OperatorError
 */
export function refuseUpdate(
  facts: UpdateFacts,
  { shareBinds, acknowledged }: Pick<UpdateRequest, "shareBinds" | "acknowledged">,
  also: readonly OperatorError[] = [],
): void {
  const { source, merge, product } = facts;
  // Of another product nothing else would make sense.
  if (product.product !== source.record.product.product) {
    throw new OperatorError(
      "OTHER_PRODUCT",
      `The bundle is of the product ${product.product}, and ${source.record.name} is of ${source.record.product.product}.`,
      { hint: "graph-mgr install BUNDLE   (puts it beside)" },
    );
  }
  allAtOnce([
    () => refuseOldEngine(facts.engine),
    () => hopsTo(facts.path, false),
    () => refuseUnread(facts.instructions, acknowledged),
    () => refuseServices(facts),
    () => refuseClaims(facts.instance, facts.claims),
    () => refuseOutsiders(source, "any state"),
    () => refuseMissingVolumes(source, "there is nothing to update from"),
    () => refuseLacking(facts),
    () =>
      refuseShared(
        facts,
        path => shareBinds.includes(path),
        path => `--share-bind ${path}   (both releases would write there, and going back would not bring it back)`,
      ),
    () => refuseRoom(facts.room),
    () => {
      if (merge.conflicts.length > 0) throw conflictError(merge.conflicts);
    },
    // Where conflicts are left, the merge is not one yet.
    () => {
      if (merge.conflicts.length > 0 || merge.violations.length === 0) return;
      throw new OperatorError(
        "MERGE_NOT_EXACT",
        `After the merge Compose would see something else: ${merge.violations.join(" ")}`,
        {
          hint: "--resolve FILE:KEY=mine   (for the key that the value is made of)",
        },
      );
    },
    ...also.map(error => () => {
      throw error;
    }),
  ]);
}
