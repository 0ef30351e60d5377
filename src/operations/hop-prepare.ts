import { join } from "node:path";
import type { Home } from "../domain/home.ts";
import type { PlannedStep } from "../plan/step.ts";
import { dropScratch, keepMerged, keepPristine, loadImages, mergeConfiguration, unpackBundle } from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import type { HopPlace } from "./hop.ts";
import { editSteps, type LayOut, settleSteps } from "./lay-out.ts";

/** While the old release serves. */
export function prepareSteps(facts: UpdateFacts, layOut: LayOut, place: HopPlace): readonly PlannedStep[] {
  const { bundle, instance, merge, source } = facts;
  const { home, operation, work } = place;
  const staging = home.staging(operation);
  const merged = join(work, "merged");
  const keep = { from: staging, release: instance.release };
  return [
    unpackBundle.step({ bundle: { ...bundle }, to: staging }),
    keepPristine.step({ ...keep, to: layOut.pristine, paths: facts.shippedPaths }),
    ...loadSteps(facts, home),
    mergeConfiguration.step({
      from: source.record.dir,
      to: staging,
      seen: merge.seen,
      paths: merge.paths,
      answers: join(home.operation(operation), "answers.json"),
      ...(place.isOneOfMany ? { release: instance.release } : {}),
    }),
    keepMerged.step({ ...keep, to: merged, paths: facts.textPaths }),
    ...editSteps({ ...layOut, before: merged }),
    dropScratch.step({ path: merged }),
    ...settleSteps(layOut),
  ];
}

/** Nothing to do where they were loaded ahead; what that brought is taken away again on the way back. */
export function loadSteps({ images, bundle, engine, instance }: UpdateFacts, home: Home): readonly PlannedStep[] {
  if (images.archive.length === 0) return [];
  const missing = images.toLoad.map(({ tags, config }) => tags[0] ?? config.slice(7, 19));
  const all = images.archive.map(image => ({ ...image }));
  const remember = home.prepared(instance.release, bundle.digest);
  return [loadImages.step({ bundle: { ...bundle }, images: all, missing, store: engine.imageStore, remember })];
}
