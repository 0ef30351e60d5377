import { join } from "node:path";
import type { CopyData } from "../domain/copy-data.ts";
import { Home } from "../domain/home.ts";
import { portPlace } from "../domain/isolation.ts";
import { layoutFor } from "../domain/product.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitHealth,
  copyTree,
  copyVolume,
  dropDump,
  dumpDatabase,
  launch,
  resetData,
  restoreDatabase,
  stop,
} from "../steps/index.ts";
import type { CopyFacts, SourceVolume } from "../survey/copy.ts";
import { editSteps, type LayOut, launchSteps, projectOf, relaunchSteps, settleSteps } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { externalNote, sharedNotes } from "./refusals.ts";
import { refuseCopy } from "./refuse-copy.ts";
import { stopStep } from "./run-instance.ts";

export interface CopyRequest {
  readonly data: CopyData;
  readonly launch: boolean;
  /** Stop the source for the copy and start it again. */
  readonly stopSource: boolean;
}

/** A second, isolated instance of an installed release. The source is only read; with `--stop-source` it is stopped meanwhile. */
export function planCopy(facts: CopyFacts, request: CopyRequest, occasion: Occasion): Plan {
  refuseCopy(facts, request);
  const { instance, source } = facts;
  const { record } = source;
  const home = new Home(facts.home.home.path);
  const id = operationId("copy", occasion);
  const layOut = layOutOf(facts, home, id, occasion);
  const database = record.product.postgres;
  const helperImage =
    (database === null ? undefined : record.images[database.service]?.id) ?? Object.values(record.images)[0]?.id ?? null;
  const dump = join(home.operation(id), "dump");
  const target = {
    name: instance.name,
    project: instance.slug,
    dir: home.instanceDir(instance.name),
    envFiles: record.envFiles,
    services: facts.source.active,
  };
  const isDump = request.data === "dump" && database !== null && helperImage !== null;
  const leaveOut = [...facts.imageArchives, ...(request.data === "none" ? layOut.layout.data : [])];
  const brought =
    request.data === "none" ? [] : facts.volumes.filter(({ key, exists }) => exists && !(isDump && key === database.volume));
  const sourceDatabase = (service: string, image: string) => ({
    project: { name: record.project, dir: record.dir, envFiles: record.envFiles },
    instance: record.name,
    service,
    helperImage: image,
  });
  return newPlan({
    id,
    operation: "copy",
    instance: instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Copy ${record.name} to ${instance.name}`,
    notes: notesOn(facts, request),
    wayBack: `graph-mgr remove ${instance.name}`,
    steps: [
      ...(request.stopSource ? [stopStep(source)] : []),
      // The database first and the files after it: then every row that came along has its file.
      ...(isDump ? [dumpDatabase.step({ source: sourceDatabase(database.service, helperImage), to: dump })] : []),
      copyTree.step({ from: record.dir, to: home.staging(id), leaveOut, helperImage }),
      ...(request.data === "none"
        ? [resetData.step({ dir: home.staging(id), pristine: record.pristine, folders: layOut.layout.data })]
        : []),
      ...facts.moves.map(({ from, to, entries }) =>
        copyTree.step({ from, to, leaveOut: request.data === "none" ? [...(entries ?? [])] : [], helperImage }),
      ),
      ...editSteps(layOut),
      ...settleSteps(layOut),
      ...(helperImage === null ? [] : brought.map(volume => copyVolumeStep(volume, facts, home, id, helperImage))),
      ...(isDump ? restoreSteps(facts, layOut, { dump, service: database.service, helperImage, launch: request.launch }) : []),
      ...(request.stopSource
        ? relaunchSteps({ ...record, services: source.active }, source.recordPath, record.product.health)
        : []),
      ...(request.launch ? launchSteps(target, record.product.health) : []),
    ],
    result: { version: instance.release, project: instance.slug, ports: layOut.ports.map(port => ({ ...port })) },
  });
}

function layOutOf(facts: CopyFacts, home: Home, id: string, occasion: Occasion): LayOut {
  const { record, active } = facts.source;
  return {
    home: home.path,
    operation: id,
    instance: facts.instance,
    engine: { id: facts.engine.id, imageStore: facts.engine.imageStore },
    product: record.product,
    layout: { ...layoutFor(record.product, record.release), envFiles: record.envFiles },
    model: facts.model,
    before: record.dir,
    names: facts.names,
    ports: facts.ports.map(({ service, container, protocol, host }) => ({ service, container, protocol, host })),
    binds: Object.fromEntries(facts.moves.map(({ from, to }) => [from, to])),
    images: Object.entries(record.images).map(([service, { id: config, reference, shipped = false }]) => ({
      service,
      reference,
      config,
      layers: facts.layersOf[service] ?? [],
      shipped,
    })),
    active,
    pristine: record.pristine,
    origin: { how: "copy", from: record.name, operation: id },
    createdAt: occasion.now.toISOString(),
    set: {},
    generateSecrets: false,
  };
}

function copyVolumeStep(
  { key, name, writers }: SourceVolume,
  facts: CopyFacts,
  home: Home,
  id: string,
  helperImage: string,
): PlannedStep {
  const { record } = facts.source;
  const to = Object.entries(facts.names.volumes).find(([old]) => old === name)?.[1] ?? `${facts.instance.slug}_${key}`;
  const isCluster = record.product.postgres?.volume === key;
  const content = isCluster ? "cluster" : writers.length > 0 ? "live-files" : "files";
  return copyVolume.step({ from: name, to, helperImage, content, proof: join(home.operation(id), `volume-${key}.json`) });
}

function restoreSteps(
  facts: CopyFacts,
  layOut: LayOut,
  {
    dump,
    service,
    helperImage,
    launch: staysUp,
  }: { readonly dump: string; readonly service: string; readonly helperImage: string; readonly launch: boolean },
): readonly PlannedStep[] {
  const project = projectOf(layOut);
  const { health } = facts.source.record.product;
  const home = new Home(layOut.home);
  const instance = facts.instance.name;
  return [
    // Postgres alone: the application must not see a database that is not there yet.
    launch.step({ project, instance, services: [service], all: false }),
    awaitHealth.step({ project: project.name, instance, services: [service], ...health }),
    restoreDatabase.step({
      target: { project, instance, service, helperImage },
      from: dump,
      proof: join(home.operation(layOut.operation), "database-proof.json"),
    }),
    dropDump.step({ path: dump, helperImage }),
    ...(staysUp ? [] : [stop.step({ project: project.name, instance, record: home.record(instance), graceSeconds: 60 })]),
  ];
}

function notesOn(facts: CopyFacts, request: CopyRequest): readonly string[] {
  const { source, ports, outside } = facts;
  const live = facts.volumes.filter(({ writers }) => writers.length > 0);
  const isRunning = live.length > 0;
  return [
    ...ports.filter(({ instead }) => instead !== null).map(port => `${portPlace(port)} gets port ${port.host}`),
    ...(request.data !== "none" && isRunning && !request.stopSource
      ? [
          "the source goes on serving: every row that comes along has its file, unless that is deleted or rewritten meanwhile; what is written after the dump began does not come along",
        ]
      : []),
    ...(request.stopSource ? [`${source.record.name} is stopped for the copy and started again`] : []),
    ...(request.data === "none" ? ["it starts empty; the first who signs up becomes its administrator"] : []),
    ...(request.data === "none"
      ? []
      : source.anonymous.map(
          ({ service, target }) => `${service} keeps ${target} in a volume without a name, which does not come along`,
        )),
    "it has the same secrets and users as its source; browsers may mix up the logins of two instances on one host name",
    ...facts.moves.map(({ from, to }) => `${to} takes the place of ${from}; removing the copy leaves it there`),
    ...sharedNotes(facts.outsideBinds.filter(bind => bind.kind !== "path" || bind.readOnly)),
    ...facts.externalVolumes.map(externalNote),
    ...outside.map(({ key, what }) => `${key} is set: the copy ${what} as well`),
    ...(request.launch ? [] : ["it is not launched"]),
  ];
}
