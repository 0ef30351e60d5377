import { ownTag } from "../domain/instance.ts";
import { bytes, several } from "../domain/units.ts";
import { goesByItself, totalBytes, type Unused, type UnusedWhat } from "../domain/unused.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import { removeImages, removeTree, removeUnused, removeVolume } from "../steps/index.ts";
import type { Removed } from "../survey/removed.ts";
import type { UnusedFacts } from "../survey/unused.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";

export interface PruneRequest {
  readonly volumes: boolean;
  /** What was typed after `--confirm`. */
  readonly confirm: string | undefined;
}

const SORTS: readonly (readonly [UnusedWhat, one: string, many: string])[] = [
  ["operation", "finished operation", "finished operations"],
  ["attic", "earlier version of a file", "earlier versions of files"],
  ["history", "history of an instance that is gone", "histories of instances that are gone"],
  ["pristine", "folder of vendor's files", "folders of vendor's files"],
  ["leftover", "leftover", "leftovers"],
];

/** What nobody could want back: everything else goes by name. Null where there is nothing of it. */
export function planPruneAll(facts: UnusedFacts, occasion: Occasion): Plan | null {
  const going = facts.unused.filter(goesByItself);
  if (going.length === 0) return null;
  const files = SORTS.flatMap(([what, one, many]) => {
    const all = going.filter(each => each.what === what);
    if (all.length === 0) return [];
    return [
      removeUnused.step({
        what: `${all.length} ${all.length === 1 ? one : many}`,
        sizeBytes: totalBytes(all),
        paths: all.flatMap(({ paths }) => paths),
        helperImage: facts.helperImage,
      }),
    ];
  });
  return pruned(facts, going, [...files, ...untagged(going)], occasion, "no instance, no data and no backup is touched");
}

/** By project. Only names are taken: where it was the last one of an image that nobody uses, Docker removes that as well. */
function untagged(going: readonly Unused[]): readonly PlannedStep[] {
  const tags = going.filter(({ what }) => what === "image").map(({ name }) => name);
  const slugs = [...new Set(tags.map(tag => tag.split("/")[1] ?? ""))];
  return slugs.map(slug => removeImages.step({ slug, tags: tags.filter(tag => tag.split("/")[1] === slug), ids: [] }));
}

/** A database as it was before an update; it went nowhere else, so its name is typed. */
export function planPruneDump(facts: UnusedFacts, dump: Unused, request: PruneRequest, occasion: Occasion): Plan {
  refuseUnconfirmed(dump.name, `the dump ${dump.name}`, { ...request, volumes: true }, "");
  const steps = dump.paths.map(path => removeTree.step({ path, helperImage: null }));
  return pruned(facts, [dump], steps, occasion, "what is deleted cannot be brought back");
}

/** What the home knows of backups that are not there any more. */
export function planPruneNote(facts: UnusedFacts, note: Unused, occasion: Occasion): Plan {
  const what = "what is noted of them";
  const steps = [removeUnused.step({ what, sizeBytes: 0, paths: note.paths, helperImage: null })];
  return {
    ...pruned(facts, [note], steps, occasion, "no backup is touched; one that comes back can be restored by its file"),
    summary: `Forget ${several(note.paths.length, "backup")} in ${note.name}`,
  };
}

/** @throws OperatorError NEEDS_CONFIRM, VOLUME_IN_USE */
export function planPruneVolume(facts: UnusedFacts, volume: Unused, request: PruneRequest, occasion: Occasion): Plan {
  refuseUnconfirmed(volume.name, `the volume ${volume.name}`, request);
  refuseUsed(facts, [volume.name]);
  return pruned(facts, [volume], [removeVolume.step({ name: volume.name })], occasion, "what is deleted cannot be brought back");
}

/**
 * What `remove` moved aside, for good: folder and volumes are of no use without each other, so they go together.
 * @param freeImages ids that came with it and that nobody else has
 * @throws OperatorError NEEDS_CONFIRM, VOLUME_IN_USE
 */
export function planPruneRemoved(
  facts: UnusedFacts,
  unused: Unused,
  { record, folder }: Removed,
  freeImages: readonly string[],
  request: PruneRequest,
  occasion: Occasion,
): Plan {
  refuseUnconfirmed(unused.name, `${record.name}, which was removed, with its database and files`, request);
  const volumes = [...new Set(record.volumes.map(({ name }) => name))].filter(name =>
    facts.volumes.some(each => each.name === name),
  );
  refuseUsed(facts, volumes);
  return pruned(
    facts,
    [unused],
    [
      ...volumes.map(name => removeVolume.step({ name })),
      removeTree.step({ path: folder, helperImage: facts.helperImage }),
      removeTree.step({ path: `${folder}.json`, helperImage: null }),
      removeImages.step({
        slug: record.project,
        tags: Object.keys(record.images).map(service => ownTag(record.project, service)),
        ids: freeImages,
      }),
    ],
    occasion,
    `deleted for good: the folder ${folder} and ${volumes.length} volumes`,
  );
}

function refuseUnconfirmed(name: string, what: string, { volumes, confirm }: PruneRequest, flag = "--volumes "): void {
  if (volumes && confirm === name) return;
  throw new OperatorError("NEEDS_CONFIRM", `Deleting ${what} deletes data for good; the name must be typed for that.`, {
    exit: confirm === undefined ? EXIT.usage : EXIT.refused,
    hint: `graph-mgr prune ${name} ${flag}--confirm ${name}`,
  });
}

function refuseUsed({ containers }: UnusedFacts, volumes: readonly string[]): void {
  for (const { name: container, mounts } of containers) {
    const mount = mounts.find(({ name }) => name !== null && volumes.includes(name));
    if (mount !== undefined)
      throw new OperatorError("VOLUME_IN_USE", `The container ${container} mounts the volume ${mount.name}.`, {
        hint: `look at it: docker inspect ${container}`,
      });
  }
}

function pruned(
  { home, engine }: UnusedFacts,
  going: readonly Unused[],
  steps: readonly PlannedStep[],
  occasion: Occasion,
  note: string,
): Plan {
  const [first] = going;
  const what = going.length === 1 && first !== undefined ? first.name : `${going.length} things that nothing needs`;
  return newPlan({
    id: operationId("prune", occasion),
    operation: "prune",
    instance: null,
    home: home.path,
    engine,
    summary: `Delete ${what} (${bytes(totalBytes(going))})`,
    notes: [note],
    wayBack: null,
    steps,
  });
}
