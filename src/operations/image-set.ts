import { join } from "node:path";
import { Home } from "../domain/home.ts";
import { IMAGE_SET_FORMAT, type ImageList, isThere } from "../domain/image-set.ts";
import { bytesText } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { importImages, writeImageSet } from "../steps/index.ts";
import type { ExportFacts, ImportFacts } from "../survey/image-set.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";

const shortId = (id: string): string => id.slice(7, 19);
const named = ({ id, tags }: { readonly id: string; readonly tags: readonly string[] }): string => tags[0] ?? shortId(id);

/** @throws OperatorError OTHER_ARCHITECTURE, OTHER_IMAGE_STORE */
function refuseOthers(
  from: { readonly architecture: string; readonly imageStore: string },
  to: { readonly architecture: string; readonly imageStore: string },
): void {
  if (from.architecture !== to.architecture)
    throw new OperatorError(
      "OTHER_ARCHITECTURE",
      `The images are for ${from.architecture}, and the machine that they are to go to is ${to.architecture}.`,
      { hint: "take the vendor's bundle for that machine" },
    );
  // The ids of the two kinds are digests of different things, so what is recorded here would not be found there.
  if (from.imageStore !== to.imageStore)
    throw new OperatorError(
      "OTHER_IMAGE_STORE",
      `The engine that the images come from keeps them in the ${from.imageStore} store, the other one in the ${to.imageStore} store; they call the same image by different ids.`,
      { hint: "take the vendor's bundle there: graph-mgr install BUNDLE" },
    );
}

/**
 * Images as one file, for a machine that cannot pull them.
 * @param have what that machine has; null where that is not known, and all go along
 * @throws OperatorError EXISTS, NOTHING_LACKING, NO_ROOM, OTHER_ARCHITECTURE, OTHER_IMAGE_STORE
 */
export function planExport(facts: ExportFacts, have: ImageList | null, occasion: Occasion): Plan {
  const { engine, of, to } = facts;
  if (to.exists)
    throw new OperatorError("EXISTS", `There is already a file ${to.path}.`, { hint: "give another name with --to" });
  if (have !== null) refuseOthers(engine, have);
  const images = facts.images.filter(image => have === null || !isThere(image, have));
  if (images.length === 0)
    throw new OperatorError("NOTHING_LACKING", `The other machine has all ${facts.images.length} images of ${of}.`, {
      hint: "nothing has to be carried there",
    });
  if (facts.sizeBytes > to.freeBytes)
    throw new OperatorError(
      "NO_ROOM",
      `This may take ${bytesText(facts.sizeBytes)}, and ${bytesText(to.freeBytes)} is free at ${to.path}.`,
      { hint: "make room, or give --to on another disk" },
    );
  const id = operationId("export", occasion);
  const there = facts.images.filter(image => !images.includes(image));
  return newPlan({
    id,
    operation: "export",
    instance: null,
    home: facts.home,
    engine: engine.id,
    summary: `Export the images of ${of} to ${to.path}`,
    notes: [
      ...images.map(image => `goes along: ${image.tags.join(", ") || shortId(image.id)}`),
      ...there.map(image => `the other machine has ${named(image)}`),
    ],
    wayBack: null,
    steps: [
      writeImageSet.step({
        path: to.path,
        note: join(new Home(facts.home).operation(id), "exported.json"),
        manifest: {
          schema: IMAGE_SET_FORMAT,
          kind: "images",
          createdAt: occasion.now.toISOString(),
          architecture: engine.architecture,
          imageStore: engine.imageStore,
          images: images.map(image => ({ ...image })),
        },
      }),
    ],
    result: { file: to.path, images: images.map(({ id: image, tags }) => ({ id: image, tags: [...tags] })) },
  });
}

/** Loads what `planExport` wrote, and takes no name from anything. @throws OperatorError OTHER_ARCHITECTURE, OTHER_IMAGE_STORE */
export function planImport({ home, engine, set, present, taken }: ImportFacts, occasion: Occasion): Plan {
  const { manifest, source } = set;
  refuseOthers(manifest, engine);
  const lacking = manifest.images.filter(({ id }) => !present.includes(id));
  return newPlan({
    id: operationId("import", occasion),
    operation: "import",
    instance: null,
    home,
    engine: engine.id,
    summary: `Import the images of ${source.path}`,
    notes: [
      ...lacking.map(image => `new here: ${image.tags.join(", ") || shortId(image.id)}`),
      ...manifest.images.filter(({ id }) => present.includes(id)).map(image => `here already: ${named(image)}`),
      ...taken.map(({ tag, id }) => `${tag} goes on naming another image here (${shortId(id)})`),
    ],
    wayBack: null,
    steps: [
      importImages.step({
        set: { ...source },
        images: manifest.images.map(({ id, tags }) => ({ id, tags })),
        store: engine.imageStore,
      }),
    ],
    result: { file: source.path, loaded: lacking.map(({ id }) => id) },
  });
}
