import { join } from "node:path";
import { currentTarget, Home } from "../domain/home.ts";
import { ownTag } from "../domain/instance.ts";
import { layoutFor } from "../domain/product.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitHealth,
  copyTree,
  dropDump,
  dropScratch,
  fillBackupVolume,
  launch,
  loadBackupImages,
  loadImages,
  restoreDatabase,
  setCurrent,
  stop,
  unpackBackupDump,
  unpackBackupTree,
} from "../steps/index.ts";
import type { RestoreFacts } from "../survey/restore.ts";
import { editSteps, type LayOut, launchSteps, projectOf, settleSteps } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseRestore } from "./refuse-restore.ts";
import { type RestoreWish, restoreNotes, switches } from "./restore-notes.ts";

/** A backup as a new instance beside whatever is there, which is not touched. @throws OperatorError as `refuseRestore` says */
export function planRestoreBackup(facts: RestoreFacts, wish: RestoreWish, occasion: Occasion): Plan {
  refuseRestore(facts, wish);
  const { instance, backup } = facts;
  const { record, manifest } = backup;
  const home = new Home(facts.home.home.path);
  const id = operationId("backup-restore", occasion);
  const { layOut, steps } = restoreSteps(facts, id, occasion, { staysUp: wish.launch, shareBinds: wish.shareBinds });
  return newPlan({
    id,
    operation: "backup-restore",
    instance: instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Restore ${backup.source.path} (${manifest.instance} as of ${manifest.createdAt}) as ${instance.name}`,
    notes: restoreNotes(facts, wish),
    wayBack: `graph-mgr remove ${instance.name}`,
    steps: [
      ...steps,
      ...(wish.launch ? launchSteps(restoredOf(facts), record.product.health) : []),
      ...(switches(facts, wish) ? [setCurrent.step({ link: home.current(), target: currentTarget(instance) })] : []),
    ],
    result: {
      version: instance.release,
      project: instance.slug,
      ports: layOut.ports.map(port => ({ ...port })),
      backup: backup.source.path,
      left: switches(facts, wish) ? facts.home.current : null,
    },
  });
}

/**
 * Everything of a backup as an instance, with its database proven.
 * @param how.staysUp whether Postgres goes on running
 * @param how.shareBinds what it may share; null where nobody can be asked
 * @param settled what else has to be done once its folder is there and before anything of it runs
 */
export function restoreSteps(
  facts: RestoreFacts,
  id: string,
  occasion: Occasion,
  how: { readonly staysUp: boolean; readonly shareBinds: readonly string[] | null },
  settled: (layOut: LayOut) => readonly PlannedStep[] = () => [],
): { readonly layOut: LayOut; readonly steps: readonly PlannedStep[] } {
  const home = new Home(facts.home.home.path);
  const layOut = { ...layOutOf(facts, home, id, occasion), ...(how.shareBinds === null ? {} : { shared: how.shareBinds }) };
  const backup = sourceOf(facts);
  const helperImage = helperOf(facts);
  const before = { dir: layOut.before, staging: home.staging(id) };
  const steps = [
    ...imageSteps(facts),
    unpackBackupTree.step({ backup, stream: "pristine", to: layOut.pristine, helperImage }),
    unpackBackupTree.step({ backup, stream: "folder", to: before.staging, helperImage }),
    // What the edits are compared with.
    copyTree.step({ from: before.staging, to: before.dir, leaveOut: [...layOut.layout.data], helperImage }),
    ...editSteps(layOut),
    ...settleSteps(layOut),
    ...settled(layOut),
    dropScratch.step({ path: before.dir }),
    ...volumeSteps(facts, home, id, helperImage),
    ...databaseSteps(facts, layOut, helperImage, how.staysUp),
  ];
  return { layOut, steps };
}

/** The instance that it becomes, as it is launched. */
function restoredOf({ instance, home, backup, active }: RestoreFacts) {
  return {
    name: instance.name,
    project: instance.slug,
    dir: new Home(home.home.path).instanceDir(instance.name),
    envFiles: backup.record.envFiles,
    services: active,
  };
}

/** The first image is as good as any where there is no Postgres. */
export function helperOf({ backup: { record }, images }: RestoreFacts): string {
  const database = images.find(({ service }) => service === record.product.postgres?.service);
  return (database ?? images[0])?.id ?? "";
}

function layOutOf(facts: RestoreFacts, home: Home, id: string, occasion: Occasion): LayOut {
  const { record, source } = facts.backup;
  return {
    home: home.path,
    operation: id,
    instance: facts.instance,
    engine: { id: facts.engine.id, imageStore: facts.engine.imageStore },
    product: record.product,
    layout: { ...layoutFor(record.product, record.release), envFiles: record.envFiles },
    model: facts.model,
    before: join(home.operation(id), "before"),
    names: facts.names,
    ports: facts.ports.map(({ service, container, protocol, host }) => ({ service, container, protocol, host })),
    binds: {},
    images: facts.images.map(({ service, reference, id: config, layers, from }) => ({
      service,
      reference,
      config,
      layers,
      shipped: from !== "engine",
    })),
    active: facts.active,
    pristine: facts.pristine.path,
    origin: { how: "restore", from: source.path, operation: id },
    createdAt: occasion.now.toISOString(),
    set: {},
    generateSecrets: false,
  };
}

/** As its steps open it. */
function sourceOf({ backup: { source } }: Pick<RestoreFacts, "backup">) {
  return { path: source.path, digest: source.digest, key: source.key ?? null };
}

function imageSteps(facts: RestoreFacts): readonly PlannedStep[] {
  const { images, bundle, bundleImages, engine, instance } = facts;
  const lacking = images.filter(({ from }) => from === "backup");
  if (lacking.length > 0)
    return [
      loadBackupImages.step({
        backup: sourceOf(facts),
        images: lacking.map(({ service, id }) => ({ service, id, own: ownTag(instance.slug, service) })),
      }),
    ];
  const shipped = images.filter(({ from }) => from === "bundle");
  if (shipped.length === 0 || bundle === null) return [];
  return [
    loadImages.step({
      bundle: { ...bundle },
      images: bundleImages.map(image => ({ ...image })),
      missing: shipped.map(({ reference }) => reference),
      store: engine.imageStore,
      remember: null,
    }),
  ];
}

function volumeSteps(facts: RestoreFacts, home: Home, id: string, helperImage: string): readonly PlannedStep[] {
  const { backup, model, names } = facts;
  return backup.manifest.streams.flatMap(({ name: stream, key }) => {
    const resolved = key === null ? undefined : model.volumes?.[key]?.name;
    const volume = resolved === undefined ? undefined : names.volumes[resolved];
    if (volume === undefined) return [];
    return [
      fillBackupVolume.step({
        backup: sourceOf(facts),
        stream,
        volume,
        helperImage,
        proof: join(home.operation(id), `${stream}.json`),
      }),
    ];
  });
}

function databaseSteps(facts: RestoreFacts, layOut: LayOut, helperImage: string, staysUp: boolean): readonly PlannedStep[] {
  const { record, manifest } = facts.backup;
  const service = record.product.postgres?.service;
  if (manifest.postgres === null || service === undefined) return [];
  const project = projectOf(layOut);
  const home = new Home(layOut.home);
  const { name } = facts.instance;
  const dump = join(home.operation(layOut.operation), "dump");
  return [
    unpackBackupDump.step({ backup: sourceOf(facts), to: dump }),
    // Postgres alone: the application must not see a database that is not there yet.
    launch.step({ project, instance: name, services: [service], all: false }),
    awaitHealth.step({ project: project.name, instance: name, services: [service], ...record.product.health }),
    restoreDatabase.step({
      target: { project, instance: name, service, helperImage },
      from: dump,
      proof: join(home.operation(layOut.operation), "database-proof.json"),
    }),
    dropDump.step({ path: dump, helperImage }),
    ...(staysUp ? [] : [stop.step({ project: project.name, instance: name, record: home.record(name), graceSeconds: 60 })]),
  ];
}
