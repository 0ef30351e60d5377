import type { UpdateFacts } from "../survey/update.ts";
import { mergeNotes } from "./merge-notes.ts";
import { externalNote, sharedNotes } from "./refusals.ts";
import type { UpdateRequest } from "./update.ts";

/** What the administrator should know before saying yes. */
export function notesOnUpdate(facts: UpdateFacts, request: UpdateRequest): readonly string[] {
  const { source, volumes, merge, ports } = facts;
  const old = source.record;
  const before = new Map(old.ports.map(({ service, container, host }) => [`${service}:${container}`, host] as const));
  const outside = facts.outsideBinds.filter(
    bind => bind.kind !== "path" || bind.readOnly || request.shareBinds.includes(bind.source),
  );
  return [
    ...mergeNotes(merge.decisions),
    ...merge.dropped,
    ...request.reasons,
    ...(facts.page === null
      ? ["there is no maintenance page for this product: visitors find nobody while the data moves"]
      : facts.page.notes),
    ...volumes
      .filter(({ to, exists }) => to === null && exists)
      .map(({ from }) => `the new release has no volume like ${from}, which stays with ${old.name}`),
    ...ports
      .filter(({ service, container }) => !before.has(`${service}:${container}`))
      .map(({ service, container, host }) => `${service}:${container} is new and gets port ${host}`),
    ...(facts.inner.length === 0
      ? ["every service of this product publishes a port or needs one that does, so nothing is tried before visitors come in"]
      : []),
    ...sharedNotes(outside),
    ...facts.externalVolumes.map(externalNote),
    `${old.name} stays as it is, with its folder and volumes, until it is removed`,
  ];
}
