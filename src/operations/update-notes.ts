import { portPlace } from "../domain/isolation.ts";
import type { Hop } from "./hop.ts";
import { mergeNotes } from "./merge-notes.ts";
import { externalNote, hostNetworkNotes, sharedNotes } from "./refusals.ts";
import type { Hops } from "./update.ts";

/** What the administrator should know before saying yes. */
export function notesOnUpdate(hops: Hops): readonly string[] {
  const { source, page } = hops[0].facts;
  const between = hops.slice(0, -1).map(({ facts }) => facts.instance.name);
  const isOneOfMany = between.length > 0;
  return [
    ...(isOneOfMany
      ? [
          `it goes through ${between.join(", ")} in one window: nobody from outside reaches what is between, and it is removed when ${hops.at(-1)?.facts.instance.name} serves`,
        ]
      : []),
    ...hops.flatMap(({ facts, request }) =>
      [...mergeNotes(facts.merge.decisions), ...facts.merge.dropped, ...request.reasons].map(say =>
        isOneOfMany ? `${facts.instance.release}: ${say}` : say,
      ),
    ),
    ...(page === null
      ? ["there is no maintenance page for this product: visitors find nobody while the data moves"]
      : page.notes),
    ...hops.flatMap(notesOnVolumes),
    ...notesOnBeside(hops[0]),
    ...notesOnPorts(hops),
    ...new Set(hops.flatMap(notesOnHop)),
    `${source.record.name} stays as it is, with its folder and volumes, until it is removed`,
  ];
}

function notesOnVolumes({ facts: { source, volumes, instance } }: Hop, index: number): readonly string[] {
  return volumes
    .filter(({ to, exists }) => to === null && exists)
    .map(({ key, from }) =>
      index === 0
        ? `the new release has no volume like ${from}, which stays with ${source.record.name}`
        : `${instance.release} has no volume like ${key} of ${source.record.release}, which goes with it`,
    );
}

const MANY_PATHS = 12;

/** What the administrator put beside the vendor's files, and what Docker put beside the named volumes. */
function notesOnBeside({ facts: { source, beside } }: Hop): readonly string[] {
  const { folders, behind } = beside;
  const more = behind.length > MANY_PATHS ? ` and ${behind.length - MANY_PATHS} more` : "";
  return [
    ...folders.map(path => `${path} is yours and is carried as it is.`),
    ...(behind.length === 0
      ? []
      : [
          `Stays behind in ${source.record.dir}, unless the new release brings it: ${behind.slice(0, MANY_PATHS).join(", ")}${more}.`,
        ]),
    ...source.anonymous.map(
      ({ service, target }) => `${service} keeps ${target} in a volume without a name, which does not come along`,
    ),
  ];
}

/** What is between publishes nothing. */
function notesOnPorts(hops: Hops): readonly string[] {
  const old = hops[0].facts.source.record;
  const before = new Set(old.ports.map(portPlace));
  return (hops.at(-1)?.facts.ports ?? [])
    .filter(port => !before.has(portPlace(port)))
    .map(port => `${portPlace(port)} is new and gets port ${port.host}`);
}

function notesOnHop({ facts, request }: Hop): readonly string[] {
  const outside = facts.outsideBinds.filter(
    bind => bind.kind !== "path" || bind.readOnly || request.shareBinds.includes(bind.source),
  );
  return [
    ...(facts.inner.length === 0
      ? ["every service of this product publishes a port or needs one that does, so nothing is tried before visitors come in"]
      : []),
    ...sharedNotes(outside),
    ...hostNetworkNotes(facts),
    ...facts.externalVolumes.map(externalNote),
  ];
}
