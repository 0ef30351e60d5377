import { ofRelease } from "../domain/by-release.ts";
import { conflictError } from "../domain/merge-result.ts";
import { refuseRoom, roomForAll } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { Hop } from "./hop.ts";
import { refuseClaims, refuseLacking, refuseOldEngine, refuseServices, refuseShared } from "./refusals.ts";
import { hopsTo, refuseUnread } from "./refuse-path.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";
import type { Hops } from "./update.ts";

/** Everything that stands against an update, on all of its way, before anything is changed. @throws OperatorError */
export function refuseUpdate(hops: Hops): void {
  const [{ facts: first, request }] = hops;
  const all = hops.map(({ facts }) => facts);
  refuseOldEngine(first.engine);
  hops.forEach(refuseOther);
  for (const { path } of all) hopsTo(path, false);
  refuseUnread(
    all.flatMap(({ instructions }) => instructions),
    request.acknowledged,
  );
  for (const facts of all) {
    refuseServices(facts);
    refuseClaims(facts.instance, facts.claims);
  }
  refuseOutsiders(first.source, "any state");
  refuseMissingVolumes(first.source, "there is nothing to update from");
  for (const facts of all) {
    refuseLacking(facts);
    refuseShared(
      facts,
      path => request.shareBinds.includes(path),
      path => `--share-bind ${path}   (both releases would write there, and going back would not bring it back)`,
    );
  }
  refuseOpen(hops.slice(0, -1));
  refuseRoom(roomForAll(all.map(({ room }) => room)));
  const conflicts = all.flatMap(({ merge, instance }) =>
    hops.length === 1
      ? merge.conflicts
      : merge.conflicts.map(each => ({ ...each, name: ofRelease(instance.release, each.name) })),
  );
  if (conflicts.length > 0) throw conflictError(conflicts);
  hops.forEach(refuseNoDatabase);
}

/** @throws OperatorError OTHER_PRODUCT */
function refuseOther({ facts: { product, source } }: Hop): void {
  if (product.product === source.record.product.product) return;
  throw new OperatorError(
    "OTHER_PRODUCT",
    `The bundle is of the product ${product.product}, and ${source.record.name} is of ${source.record.product.product}.`,
    { hint: "graph-mgr install BUNDLE   (puts it beside)" },
  );
}

/** What is only gone through must migrate its data with nobody looking. @throws OperatorError NO_INNER_SERVICES */
function refuseOpen(between: readonly Hop[]): void {
  const open = between.find(({ facts }) => facts.inner.length === 0);
  if (open === undefined) return;
  const { release } = open.facts.instance;
  throw new OperatorError(
    "NO_INNER_SERVICES",
    `${release} cannot be gone through unseen: every service of it publishes a port or needs one that does.`,
    { hint: `update to ${release} first, without --via-path` },
  );
}

/** @throws OperatorError NO_DATABASE */
function refuseNoDatabase({ facts: { source, product, instance }, request: { method } }: Hop): void {
  if (method !== "dump" || (source.record.product.postgres !== null && product.postgres !== null)) return;
  throw new OperatorError("NO_DATABASE", `${source.record.name} or ${instance.name} has no Postgres to dump.`, {
    hint: "--postgres copy",
  });
}
