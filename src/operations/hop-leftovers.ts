import { ownTag } from "../domain/instance.ts";
import { ownVolumes } from "../domain/shared-resources.ts";
import type { PlannedStep } from "../plan/step.ts";
import { dropDump, dropScratch, forgetRecord, removeContainers, removeImages, removeTree, removeVolume } from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import type { HopPlace } from "./hop.ts";
import { type LayOut, projectOf } from "./lay-out.ts";

/**
 * What was only gone through is of no use once the last release serves, and holds a copy of all data. Every step can be gone on with after a
 * cut, and there is no way back from any: the instance before has everything.
 * @param last the release that serves
 */
export function leftoverSteps(facts: UpdateFacts, layOut: LayOut, { home }: HopPlace, last: UpdateFacts): readonly PlannedStep[] {
  const { instance, model, names, images } = facts;
  const { name: project, dir } = projectOf(layOut);
  const volumes = new Set(ownVolumes(model).map(({ name }) => names.volumes[name] ?? name));
  return [
    removeContainers.step({ project, dir, instance: instance.name, anonymousVolumes: true }),
    // First, so that nobody is told of an instance of which there is only half.
    forgetRecord.step({ path: home.record(instance.name), name: instance.name }),
    ...[...volumes].map(name => removeVolume.step({ name, isOwn: true })),
    removeTree.step({ path: dir, helperImage: last.helperImage }),
    ...(facts.isPristineKept ? [] : [dropScratch.step({ path: layOut.pristine })]),
    removeImages.step({
      slug: instance.slug,
      tags: images.images.map(({ service }) => ownTag(instance.slug, service)),
      ids: [...vendorTags(facts, last)],
    }),
  ];
}

/** Its images by names that its bundle brought and that no release which stays goes by: on containerd nobody knows their ids before. */
function vendorTags({ images, home }: UpdateFacts, last: UpdateFacts): readonly string[] {
  const kept = new Set([
    ...last.images.archive.flatMap(({ tags }) => tags),
    ...last.images.images.map(({ reference }) => reference),
    ...home.records.flatMap(record => Object.values(record.images).map(({ reference }) => reference)),
  ]);
  const own = images.images.filter(({ from, reference }) => from === "bundle" && !kept.has(reference));
  return [...new Set(own.map(({ reference }) => reference))];
}

/** A dump that was taken of what is gone. */
export const dropHopDump = ({ dump }: HopPlace, { helperImage }: UpdateFacts): PlannedStep =>
  dropDump.step({ path: dump, helperImage });
