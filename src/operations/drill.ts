import { Home } from "../domain/home.ts";
import { ownTag } from "../domain/instance.ts";
import { roomNote } from "../domain/room.ts";
import { ownVolumes } from "../domain/shared-resources.ts";
import { innerServices } from "../domain/window.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitHealth,
  closeNetworks,
  dropScratch,
  forgetRecord,
  launch,
  noteDrill,
  removeContainers,
  removeImages,
  removeTree,
  removeVolume,
  stop,
} from "../steps/index.ts";
import type { RestoreFacts } from "../survey/restore.ts";
import { type LayOut, projectOf } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseRestore } from "./refuse-restore.ts";
import { helperOf, restoreSteps } from "./restore.ts";

const GRACE_SECONDS = 60;

/** How an instance that only stands for a trial is called: `drill-a1b2`, whatever signs the random text has. */
export const drillName = (random: string): string => `drill-${random.toLowerCase().replaceAll(/[^a-z0-9]/g, "x")}`;

/**
 * A backup as a throw-away instance, which nobody reaches from outside: restored, proven, started, noted, and taken away again, all in one
 * operation, so that a cut in the middle leaves nothing that `resume` or `undo` does not clear away.
 * @param note of the home about this backup; null for a file of somebody else's
 * @throws OperatorError DRILL_SHARED, and as `refuseRestore` says
 */
export function planDrill(facts: RestoreFacts, note: string | null, occasion: Occasion): Plan {
  refuseRestore(facts, { launch: true, shareBinds: [] });
  refuseExternal(facts);
  const { instance, backup, model, active } = facts;
  const { record, source, manifest, digest } = { ...backup, digest: backup.source.digest };
  const id = operationId("backup-drill", occasion);
  const { layOut, steps } = restoreSteps(facts, id, occasion, { staysUp: true, shareBinds: null }, closeSteps);
  const project = projectOf(layOut);
  const inner = innerServices(model, active);
  const front = active.filter(service => !inner.includes(service));
  return newPlan({
    id,
    operation: "backup-drill",
    instance: instance.name,
    home: layOut.home,
    engine: facts.engine.id,
    summary: `Restore ${source.path} (${manifest.instance} as of ${manifest.createdAt}) for a trial, as ${instance.name}, and remove it again`,
    notes: [
      "it starts with the settings of the instance that was backed up, and its networks lead nowhere: what it does by itself, such as sending mail, reaches nobody",
      ...(front.length === 0 ? [] : [`${front.join(", ")} stays off, so that nobody reaches it from outside`]),
      `${roomNote(facts.room)}, until it is removed`,
    ],
    wayBack: null,
    steps: [
      ...steps,
      ...(inner.length === 0
        ? []
        : [
            launch.step({ project, instance: instance.name, services: inner, all: false }),
            awaitHealth.step({ project: project.name, instance: instance.name, services: inner, ...record.product.health }),
          ]),
      ...(note === null ? [] : [noteDrill.step({ note, digest, begunAt: occasion.now.toISOString() })]),
      ...removeSteps(facts, layOut),
    ],
    result: { version: instance.release, backup: source.path, from: manifest.instance },
  });
}

/** Whoever runs for the trial reaches no one outside. */
function closeSteps(layOut: LayOut): readonly PlannedStep[] {
  const networks = Object.keys(layOut.model.networks ?? {});
  if (networks.length === 0) return [];
  return [closeNetworks.step({ project: projectOf(layOut), instance: layOut.instance.name, networks })];
}

/** What is not the instance's own would be met by the one that serves and by the trial. */
function refuseExternal({ externalVolumes, model, backup }: RestoreFacts): void {
  const [volume] = externalVolumes;
  const [, network] = Object.entries(model.networks ?? {}).find(([, { external }]) => external === true) ?? [];
  if (volume === undefined && network === undefined) return;
  const what =
    volume === undefined
      ? `the network ${network?.name}, which is not its own: a trial would meet those who use it`
      : `the volume ${volume}, which is not its own: a trial would write to what others use`;
  throw new OperatorError("DRILL_SHARED", `${backup.manifest.instance} uses ${what}.`, {
    hint: `graph-mgr backup verify ${backup.source.path}   (reads every byte, and starts nothing)`,
  });
}

/** Every step can be gone on with after a cut; from the first volume on there is no way back, and none is needed. */
function removeSteps(facts: RestoreFacts, layOut: LayOut): readonly PlannedStep[] {
  const { instance, model, names, images, pristine } = facts;
  const home = new Home(layOut.home);
  const { name: project, dir } = projectOf(layOut);
  const record = home.record(instance.name);
  const volumes = new Set(ownVolumes(model).map(({ name }) => names.volumes[name] ?? name));
  const loaded = images.filter(({ from }) => from !== "engine");
  return [
    stop.step({ project, instance: instance.name, record, graceSeconds: GRACE_SECONDS }),
    removeContainers.step({ project, dir, instance: instance.name, anonymousVolumes: true }),
    forgetRecord.step({ path: record, name: instance.name }),
    ...[...volumes].map(name => removeVolume.step({ name, isOwn: true })),
    removeTree.step({ path: dir, helperImage: helperOf(facts) }),
    ...(pristine.isKept ? [] : [dropScratch.step({ path: pristine.path })]),
    removeImages.step({
      slug: instance.slug,
      tags: images.map(({ service }) => ownTag(instance.slug, service)),
      ids: [...new Set(loaded.map(({ id }) => id))],
    }),
  ];
}
