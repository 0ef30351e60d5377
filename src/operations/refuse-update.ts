import { ofRelease } from "../domain/by-release.ts";
import { conflictError } from "../domain/merge-result.ts";
import { refuseMemory, refuseRoom, roomForAll } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { allAtOnce } from "./at-once.ts";
import {
  refuseClaims,
  refuseExternalDatabase,
  refuseFixedNetworks,
  refuseLacking,
  refuseLinked,
  refuseOldEngine,
  refuseServices,
  refuseShared,
} from "./refusals.ts";
import { hopsTo, refuseUnread } from "./refuse-path.ts";
import { refuseMissingVolumes, refuseOutsiders, refuseTakenPorts } from "./run-instance.ts";
import type { UpdateRequest } from "./update.ts";

/** An update names what it lays out itself, so it has no `--name`. */
const CLAIMED =
  "see with `graph-mgr list` and `graph-mgr volumes` whose it is; what nobody needs any more is to be removed first, then run the update again";

/** A hop before it is known how its database moves. */
export interface AskedHop {
  readonly facts: UpdateFacts;
  readonly request: Pick<UpdateRequest, "shareBinds" | "acknowledged" | "backup">;
}

/**
 * Everything that stands against an update on all of its way, told at once, before anything is changed.
 * @param also checks that were made before, as what they threw
 * @throws OperatorError
 */
export function refuseUpdate(hops: readonly [AskedHop, ...AskedHop[]], also: readonly OperatorError[] = []): void {
  const [{ facts: first, request }] = hops;
  const all = hops.map(({ facts }) => facts);
  // Of another product nothing else would make sense.
  all.forEach(refuseOther);
  allAtOnce([
    () => refuseOldEngine(first.engine),
    ...all.map(
      ({ path }) =>
        () =>
          hopsTo(path, false),
    ),
    () =>
      refuseUnread(
        all.flatMap(({ instructions }) => instructions),
        request.acknowledged,
      ),
    ...all.flatMap(facts => [() => refuseServices(facts), () => refuseClaims(facts.instance, facts.claims, CLAIMED)]),
    () => refuseOutsiders(first.source, "any state"),
    () => refuseMissingVolumes(first.source, "there is nothing to update from"),
    () => refuseStuckDatabase(first.source),
    () => refuseLinked(first.source),
    () => refuseNoBackup(first, request.backup),
    // Where it does not run, somebody else may have its ports by now, and the window would end at the maintenance page.
    () => refuseTakenPorts(first.source, `graph-mgr update --from ${first.source.record.name}`),
    ...all.flatMap(facts => [
      () => refuseLacking(facts),
      () => refuseExternalDatabase(facts.model, facts.product),
      () => refuseFixedNetworks(facts),
      () =>
        refuseShared(
          facts,
          path => request.shareBinds.includes(path),
          path => `--share-bind ${path}   (both releases would write there, and going back would not bring it back)`,
        ),
    ]),
    () => refuseOpen(all.slice(0, -1)),
    () => refuseRoom(roomForAll(all.map(({ room }) => room))),
    () => refuseMemory(first.room),
    () => refuseMerge(all),
    ...also.map(error => () => {
      throw error;
    }),
  ]);
}

/** @throws OperatorError NO_DATABASE, DATABASE_NOT_RUNNING */
function refuseNoBackup({ source: { record }, databaseRuns }: UpdateFacts, backup: boolean): void {
  if (!backup) return;
  if (record.product.postgres === null)
    throw new OperatorError("NO_DATABASE", "There is no Postgres that could be dumped before the update.", {
      hint: "leave out --backup",
    });
  if (databaseRuns) return;
  throw new OperatorError(
    "DATABASE_NOT_RUNNING",
    `The database of ${record.name} does not run, so there is nothing to dump before the window.`,
    {
      hint: `graph-mgr launch ${record.name}   (or leave out --backup: its volume stays as it is)`,
    },
  );
}

/** @throws OperatorError OTHER_PRODUCT */
function refuseOther({ product, source }: UpdateFacts): void {
  if (product.product === source.record.product.product) return;
  throw new OperatorError(
    "OTHER_PRODUCT",
    `The bundle is of the product ${product.product}, and ${source.record.name} is of ${source.record.product.product}.`,
    { hint: "graph-mgr install BUNDLE   (puts it beside)" },
  );
}

/**
 * A Postgres that counts as running and yet does not answer: nothing would start it, and the window would open only to fail.
 * @throws OperatorError DATABASE_STUCK
 */
function refuseStuckDatabase({ record, containers }: UpdateFacts["source"]): void {
  const service = record.product.postgres?.service;
  const stuck = containers.find(each => each.service === service && (each.state === "paused" || each.state === "restarting"));
  if (service === undefined || stuck === undefined) return;
  const { name } = record;
  throw new OperatorError("DATABASE_STUCK", `The ${service} of ${name} is ${stuck.state}, so its database does not answer.`, {
    hint:
      stuck.state === "paused"
        ? `docker unpause ${stuck.name}`
        : `graph-mgr logs ${name}   (says why); once it is mended, or stopped with \`graph-mgr stop ${name}\`, update again`,
  });
}

/** What is only gone through must migrate its data with nobody looking. @throws OperatorError NO_INNER_SERVICES */
function refuseOpen(between: readonly UpdateFacts[]): void {
  const open = between.find(({ inner }) => inner.length === 0);
  if (open === undefined) return;
  const { release } = open.instance;
  throw new OperatorError(
    "NO_INNER_SERVICES",
    `${release} cannot be gone through unseen: every service of it publishes a port or needs one that does.`,
    { hint: `update to ${release} first, without --via-path` },
  );
}

/** @throws OperatorError MERGE_CONFLICT, COMPOSE_EDITED, MERGE_NOT_EXACT */
function refuseMerge(all: readonly UpdateFacts[]): void {
  const isOneOfMany = all.length > 1;
  const conflicts = all.flatMap(({ merge, instance }) =>
    isOneOfMany ? merge.conflicts.map(each => ({ ...each, name: ofRelease(instance.release, each.name) })) : merge.conflicts,
  );
  if (conflicts.length > 0) throw conflictError(conflicts);
  // Where conflicts are left, the merge is not one yet.
  const violations = all.flatMap(({ merge, instance }) =>
    merge.violations.map(say => (isOneOfMany ? `${instance.release}: ${say}` : say)),
  );
  if (violations.length === 0) return;
  throw new OperatorError("MERGE_NOT_EXACT", `After the merge Compose would see something else: ${violations.join(" ")}`, {
    hint: `--resolve ${isOneOfMany ? "VERSION/" : ""}FILE:KEY=mine   (for the key that the value is made of)`,
  });
}
