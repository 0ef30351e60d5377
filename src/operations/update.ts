import { join } from "node:path";
import { currentTarget, Home } from "../domain/home.ts";
import { layoutFor } from "../domain/product.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitAnswer,
  awaitHealth,
  carryTree,
  commit,
  copyVolume,
  databaseAlone,
  dropScratch,
  dumpDatabase,
  keepMerged,
  keepPristine,
  launch,
  loadImages,
  maintenanceDown,
  maintenanceUp,
  mergeConfiguration,
  openFront,
  quiet,
  restoreDatabase,
  setCurrent,
  takeBaseline,
  unpackBundle,
} from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { editSteps, type LayOut, projectOf, settleSteps } from "./lay-out.ts";
import { pageOf } from "./page.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseUpdate } from "./refuse-update.ts";
import { notesOnUpdate } from "./update-notes.ts";
import { estimateUpdate } from "./window-estimate.ts";

export interface UpdateRequest {
  readonly method: "dump" | "copy" | "none";
  /** Why this method, for people. */
  readonly reasons: readonly string[];
  /** Writable folders outside of the instance that both releases use, knowingly. */
  readonly shareBinds: readonly string[];
  /** Releases whose instructions were read; an empty text where there is only one. */
  readonly acknowledged: readonly string[];
  /** How long the new release may take to become healthy; null for what its product says. */
  readonly healthTimeoutSeconds: number | null;
}

const GRACE_SECONDS = 120;
const ANSWER_SECONDS = 120;

/**
 * The order is the safety: everything that takes long is done while the old release serves; then whoever writes is stopped, the data moves and is proven
 * equal, the new release comes up where nobody reaches it, and visitors are let in last. Until they are, any failure puts the old one back to serving.
 */
export function planUpdate(given: UpdateFacts, request: UpdateRequest, occasion: Occasion): Plan {
  refuseUpdate(given, request);
  const facts = withPatience(given, request.healthTimeoutSeconds);
  const { source, instance, product } = facts;
  const { record } = source;
  const home = new Home(facts.home.home.path);
  const id = operationId("update", occasion);
  const layOut = layOutOf(facts, home, id, occasion);
  return newPlan({
    id,
    operation: "update",
    instance: instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Update ${record.name} to ${instance.name} from ${facts.bundle.path}`,
    notes: notesOnUpdate(facts, request),
    wayBack: "graph-mgr rollback",
    steps: [
      ...prepareSteps(facts, layOut, home, id),
      ...moveSteps(facts, request, layOut, home, id),
      ...openSteps(facts, layOut),
      ...(source.isCurrent ? [setCurrent.step({ link: home.current(), target: currentTarget(instance) })] : []),
      dropScratch.step({ path: home.prepared(instance.release, facts.bundle.digest) }),
    ],
    result: {
      version: instance.release,
      project: instance.slug,
      from: record.name,
      method: request.method,
      estimate: estimateUpdate(facts, request.method === "none" ? null : request.method),
      ports: layOut.ports.map(port => ({ ...port })),
      health: { ...product.health },
    },
  });
}

function withPatience(facts: UpdateFacts, timeoutSeconds: number | null): UpdateFacts {
  if (timeoutSeconds === null) return facts;
  const { product } = facts;
  return { ...facts, product: { ...product, health: { ...product.health, timeoutSeconds } } };
}

/** While the old release serves. */
function prepareSteps(facts: UpdateFacts, layOut: LayOut, home: Home, id: string): readonly PlannedStep[] {
  const { bundle, instance, merge, source } = facts;
  const staging = home.staging(id);
  const merged = join(home.operation(id), "merged");
  const keep = { from: staging, release: instance.release };
  return [
    unpackBundle.step({ bundle: { ...bundle }, to: staging }),
    keepPristine.step({ ...keep, to: home.pristine(instance.release, bundle.digest), paths: facts.shippedPaths }),
    ...loadSteps(facts, home),
    mergeConfiguration.step({
      from: source.record.dir,
      to: staging,
      seen: merge.seen,
      paths: merge.paths,
      answers: join(home.operation(id), "answers.json"),
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

/** In the window, with nobody writing. */
function moveSteps(
  facts: UpdateFacts,
  { method }: UpdateRequest,
  layOut: LayOut,
  home: Home,
  id: string,
): readonly PlannedStep[] {
  const { record, recordPath } = facts.source;
  const old = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const next = projectOf(layOut);
  const instance = facts.instance.name;
  const database = record.product.postgres;
  const stopping = { project: record.project, instance: record.name, record: recordPath, graceSeconds: GRACE_SECONDS };
  const helperImage = facts.helperImage;
  const isDump = method === "dump" && database !== null;
  const dump = join(home.backups(), id, "database");
  const page = pageOf(facts.page, home, id);
  const source = { project: old, instance: record.name, service: database?.service ?? "", helperImage };
  const service = facts.product.postgres?.service ?? "";
  return [
    quiet.step({ ...stopping, keep: isDump ? [database.service] : [] }),
    ...(page === null ? [] : [maintenanceUp.step(page)]),
    ...(isDump
      ? [
          ...(facts.databaseRuns
            ? []
            : [
                launch.step({ project: old, instance: record.name, services: [database.service], all: false }),
                awaitHealth.step({
                  project: old.name,
                  instance: record.name,
                  services: [database.service],
                  ...record.product.health,
                }),
              ]),
          databaseAlone.step({ source }),
          dumpDatabase.step({ source, to: dump }),
          quiet.step({ ...stopping, keep: [] }),
        ]
      : []),
    ...facts.trees
      .filter(({ exists }) => exists)
      .map(({ from, to }, index) =>
        carryTree.step({
          from: join(record.dir, from),
          to: join(layOut.home, "releases", instance, to),
          aside: join(home.operation(id), "aside", String(index)),
          helperImage,
        }),
      ),
    ...facts.volumes.flatMap(({ key, from, to, exists }) => {
      if (to === null || !exists || (isDump && key === database.volume)) return [];
      const content = key === database?.volume ? ("cluster" as const) : ("files" as const);
      return [copyVolume.step({ from, to, helperImage, content, proof: join(home.operation(id), `volume-${key}.json`) })];
    }),
    ...(isDump
      ? [
          launch.step({ project: next, instance, services: [service], all: false }),
          awaitHealth.step({ project: next.name, instance, services: [service], ...facts.product.health }),
          restoreDatabase.step({
            target: { project: next, instance, service, helperImage },
            from: dump,
            proof: join(home.operation(id), "database-proof.json"),
          }),
        ]
      : []),
    ...(facts.inner.length === 0
      ? []
      : [
          launch.step({ project: next, instance, services: facts.inner, all: false }),
          awaitHealth.step({ project: next.name, instance, services: facts.inner, ...facts.product.health }),
        ]),
    takeBaseline.step({
      target:
        facts.product.postgres === null || !facts.inner.includes(service)
          ? null
          : { project: next, instance, service, helperImage },
      to: join(home.operation(id), "baseline.json"),
    }),
    ...(page === null ? [] : [maintenanceDown.step(page)]),
  ];
}

/** Visitors are let in; once they were answered there is no undo. */
function openSteps(facts: UpdateFacts, layOut: LayOut): readonly PlannedStep[] {
  const project = projectOf(layOut);
  const instance = facts.instance.name;
  const services = [...facts.active];
  const { probe } = facts;
  return [
    openFront.step({ project, instance, services, probe }),
    awaitHealth.step({ project: project.name, instance, services, ...facts.product.health }),
    awaitAnswer.step({ instance, probe, timeoutSeconds: ANSWER_SECONDS }),
    commit.step({ instance }),
  ];
}

function layOutOf(facts: UpdateFacts, home: Home, id: string, occasion: Occasion): LayOut {
  const { instance, bundle, record } = { ...facts, record: facts.source.record };
  return {
    home: home.path,
    operation: id,
    instance,
    engine: { id: facts.engine.id, imageStore: facts.engine.imageStore },
    product: facts.product,
    layout: layoutFor(facts.product, instance.release),
    model: facts.model,
    before: home.staging(id),
    names: facts.names,
    ports: facts.ports,
    binds: {},
    images: facts.images.images.map(image => ({ ...image, shipped: image.from !== "engine" })),
    active: facts.active,
    pristine: home.pristine(instance.release, bundle.digest),
    origin: { how: "update", from: record.name, operation: id },
    createdAt: occasion.now.toISOString(),
    set: {},
    generateSecrets: false,
  };
}
