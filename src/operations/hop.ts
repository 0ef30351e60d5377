import { join } from "node:path";
import type { Home } from "../domain/home.ts";
import { layoutFor } from "../domain/product.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitHealth,
  carryTree,
  copyVolume,
  databaseAlone,
  dropScratch,
  dumpDatabase,
  keepMerged,
  keepPristine,
  launch,
  loadImages,
  mergeConfiguration,
  quiet,
  restoreDatabase,
  unpackBundle,
} from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { editSteps, type LayOut, projectOf, settleSteps } from "./lay-out.ts";
import type { UpdateRequest } from "./update.ts";

/** One release further: what was found, and what is wanted. An update of one hop is the usual one. */
export interface Hop {
  readonly facts: UpdateFacts;
  readonly request: UpdateRequest;
}

/** Where one hop of an update works. */
export interface HopPlace {
  readonly home: Home;
  readonly operation: string;
  /** What this hop writes down, in the operation's folder. */
  readonly work: string;
  /** Where its dump goes. */
  readonly dump: string;
  /** The instance that the update began with. */
  readonly first: string;
  readonly createdAt: string;
  /** Whether what is left is an instance of this very operation. */
  readonly isPassing: boolean;
  /** Whether the release is one of several, and so needs a name. */
  readonly isOneOfMany: boolean;
}

const GRACE_SECONDS = 120;

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

/**
 * In the window: the data moves, with nobody writing, and the new release comes up without its front, so that its own migrations run.
 * @param closed what follows once visitors are turned away
 */
export function moveSteps(
  { facts, request: { method } }: Hop,
  layOut: LayOut,
  place: HopPlace,
  closed: readonly PlannedStep[],
): readonly PlannedStep[] {
  const { record, recordPath } = facts.source;
  const { work, dump, isPassing } = place;
  const old = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const next = projectOf(layOut);
  const instance = facts.instance.name;
  const database = record.product.postgres;
  const stopping = {
    project: record.project,
    instance: record.name,
    record: recordPath,
    graceSeconds: GRACE_SECONDS,
    ...(isPassing ? { isPassing } : {}),
  };
  const helperImage = facts.helperImage;
  const isDump = method === "dump" && database !== null;
  const source = { project: old, instance: record.name, service: database?.service ?? "", helperImage };
  const service = facts.product.postgres?.service ?? "";
  return [
    quiet.step({ ...stopping, keep: isDump ? [database.service] : [] }),
    ...closed,
    ...(isDump
      ? [
          ...(facts.databaseRuns ? [] : upSteps(old, record.name, [database.service], record.product.health)),
          databaseAlone.step({ source }),
          dumpDatabase.step({ source, to: dump }),
          quiet.step({ ...stopping, keep: [] }),
        ]
      : []),
    ...facts.trees
      .filter(({ exists }) => exists !== false)
      .map(({ from, to, exists }, index) =>
        carryTree.step({
          from: join(record.dir, from),
          to: join(next.dir, to),
          aside: join(work, "aside", String(index)),
          helperImage,
          ...(exists === null ? { mayLack: true } : {}),
        }),
      ),
    ...facts.volumes.flatMap(({ key, from, to, exists }) => {
      if (to === null || !exists || (isDump && key === database.volume)) return [];
      const content = key === database?.volume ? ("cluster" as const) : ("files" as const);
      return [copyVolume.step({ from, to, helperImage, content, proof: join(work, `volume-${key}.json`) })];
    }),
    ...(isDump
      ? [
          ...upSteps(next, instance, [service], facts.product.health),
          restoreDatabase.step({
            target: { project: next, instance, service, helperImage },
            from: dump,
            proof: join(work, "database-proof.json"),
          }),
        ]
      : []),
    ...(facts.inner.length === 0 ? [] : upSteps(next, instance, facts.inner, facts.product.health)),
  ];
}

function upSteps(
  project: ReturnType<typeof projectOf>,
  instance: string,
  services: readonly string[],
  health: UpdateFacts["product"]["health"],
): readonly PlannedStep[] {
  return [
    launch.step({ project, instance, services, all: false }),
    awaitHealth.step({ project: project.name, instance, services, ...health }),
  ];
}

/** The release of a hop as an instance of its own. */
export function layOutOf(facts: UpdateFacts, { home, operation, first, createdAt }: HopPlace): LayOut {
  const { instance, bundle } = facts;
  return {
    home: home.path,
    operation,
    instance,
    engine: { id: facts.engine.id, imageStore: facts.engine.imageStore },
    product: facts.product,
    layout: layoutFor(facts.product, instance.release),
    model: facts.model,
    before: home.staging(operation),
    names: facts.names,
    ports: facts.ports,
    binds: {},
    images: facts.images.images.map(image => ({ ...image, shipped: image.from !== "engine" })),
    active: facts.active,
    pristine: home.pristine(instance.release, bundle.digest),
    origin: { how: "update", from: first, operation },
    createdAt,
    set: {},
    generateSecrets: false,
  };
}
