import { join } from "node:path";
import { Home } from "../domain/home.ts";
import { IMAGE_SET_FORMAT } from "../domain/image-set.ts";
import { bytesText } from "../domain/room.ts";
import { sshTargetText } from "../domain/ssh-target.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  commitMove,
  dropDump,
  dumpDatabase,
  installThere,
  maintenanceDown,
  maintenanceUp,
  noteMoved,
  openThere,
  quiet,
  sendAhead,
  sendImages,
  sendInstance,
} from "../steps/index.ts";
import type { MigrateFacts } from "../survey/migrate.ts";
import { manifestOf } from "./backup.ts";
import { pageOf } from "./page.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseMigrate } from "./refuse-migrate.ts";

export interface MigrateRequest {
  /** A clone: the source is never stopped. */
  readonly keepSource: boolean;
  /** Options for the ports there and their values; empty: the same as here. */
  readonly ports: readonly string[];
  /** Where visitors find it afterwards, for the page here. */
  readonly address: string;
}

const GRACE_SECONDS = 120;

/**
 * An instance onto another machine. What can be sent while it serves is; then whoever writes is stopped, everything is sent, becomes an
 * instance there and is proven equal before it is launched. Until it serves there any failure puts the source back to serving, and the
 * source is started again only once the other machine has said that it does not serve.
 * @throws OperatorError as `refuseMigrate` says
 */
export function planMigrate(facts: MigrateFacts, request: MigrateRequest, occasion: Occasion): Plan {
  refuseMigrate(facts, request);
  const { there, backup } = facts;
  const { instance } = backup;
  const { record } = instance;
  const { keepSource } = request;
  const home = new Home(instance.home);
  const id = operationId("migrate", occasion);
  const createdAt = occasion.now.toISOString();
  const dump = backup.postgres === null ? null : join(home.operation(id), "dump");
  const where = sshTargetText(there.target);
  const page = keepSource ? null : pageOf(facts.page, home, id);
  const moved = keepSource ? null : pageOf(facts.movedPage, home, id);
  const send = sendInstance.step({
    there,
    instance: record.name,
    record: instance.recordPath,
    job: jobOf(facts, createdAt, dump, keepSource),
    ports: [...portsThere(record, request.ports)],
  });
  const ahead = sendAhead.step({
    there,
    instance: record.name,
    record: instance.recordPath,
    // Without the database, which is dumped anew anyway.
    job: jobOf(facts, createdAt, null, true),
  });
  return newPlan({
    id,
    operation: "migrate",
    instance: record.name,
    home: home.path,
    engine: record.engine,
    summary: keepSource ? `Clone ${record.name} to ${where}` : `Move ${record.name} to ${where}`,
    notes: notesOn(facts, request),
    wayBack: null,
    steps: [
      installThere.step({ there }),
      sendImages.step({ there, manifest: manifestOfImages(facts, createdAt) }),
      ...(keepSource ? dumpSteps(facts, dump) : [ahead, ...windowSteps(facts, dump, page)]),
      send,
      openThere.step({ there, instance: record.name, keepsSource: keepSource }),
      ...(keepSource
        ? []
        : [
            commitMove.step({ there, instance: record.name }),
            noteMoved.step({ record: instance.recordPath, instance: record.name, to: `${where} (${request.address})` }),
          ]),
      ...(page === null ? [] : [maintenanceDown.step(page)]),
      ...(moved === null ? [] : [maintenanceUp.step({ ...moved, folder: join(home.operation(id), "moved"), isOptional: true })]),
      ...(dump === null ? [] : [dropDump.step({ path: dump, helperImage: backup.helperImage })]),
    ],
    result: { version: record.release, to: where, address: request.address },
  });
}

function windowSteps(
  { backup: { instance, postgres } }: MigrateFacts,
  dump: string | null,
  page: ReturnType<typeof pageOf>,
): readonly PlannedStep[] {
  const { record } = instance;
  const stopping = { project: record.project, instance: record.name, record: instance.recordPath, graceSeconds: GRACE_SECONDS };
  return [
    quiet.step({ ...stopping, keep: postgres === null ? [] : [postgres.service] }),
    ...(page === null ? [] : [maintenanceUp.step(page)]),
    ...(dump === null ? [] : [dumpStep(instance, postgres?.service ?? "", dump)]),
    ...(postgres === null ? [] : [quiet.step({ ...stopping, keep: [] })]),
  ];
}

/**
 * Every port by its number, so that one that is taken there meanwhile is refused, and none is chosen in its place that nobody here knows of.
 * @param given what was asked for, which beats what it is here
 */
function portsThere(
  { ports, product }: MigrateFacts["backup"]["instance"]["record"],
  given: readonly string[],
): readonly string[] {
  const place = (service: string, container: number, protocol: string) => `${service}:${container}/${protocol}`;
  const asked = new Set(given.map(word => word.replace(/=\d+$/, "")));
  const { http, https } = product.ports;
  if (http !== undefined && asked.has("--http-port")) asked.add(place(http.service, http.container, "tcp"));
  if (https !== undefined && asked.has("--https-port")) asked.add(place(https.service, https.container, "tcp"));
  const own = new Map(ports.map(each => [place(each.service, each.container, each.protocol), each.host]));
  return [
    ...given,
    ...[...own].flatMap(([where, host]) => (host === null || asked.has(where) ? [] : ["--port", `${where}=${host}`])),
  ];
}

/** The database first and the files after it: then every row has its file. */
const dumpSteps = ({ backup: { instance, postgres } }: MigrateFacts, dump: string | null): readonly PlannedStep[] =>
  dump === null ? [] : [dumpStep(instance, postgres?.service ?? "", dump)];

function dumpStep({ record }: MigrateFacts["backup"]["instance"], service: string, to: string): PlannedStep {
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const helperImage = record.images[service]?.id ?? "";
  return dumpDatabase.step({ source: { project, instance: record.name, service, helperImage }, to, readBack: true });
}

function jobOf(
  { backup }: MigrateFacts,
  createdAt: string,
  dump: string | null,
  isLive: boolean,
): Parameters<typeof sendInstance.step>[0]["job"] {
  const { record } = backup.instance;
  return {
    manifest: { ...manifestOf(backup, createdAt), guarantee: isLive ? "live" : "still" },
    // The connection is squeezed, not the archive: of what is squeezed nothing would be as it was sent ahead.
    compression: "none",
    dump,
    trees: [
      { stream: "folder", path: record.dir, leaveOut: [...backup.imageArchives] },
      { stream: "pristine", path: record.pristine, leaveOut: [] },
    ],
    volumes: backup.volumes.map(({ key, name }, index) => ({ stream: `volume-${index + 1}`, key, name })),
    // They were sent before.
    withImages: false,
    // The connection is encrypted, and the other machine has to read it.
    lock: null,
    helperImage: backup.helperImage,
  };
}

const manifestOfImages = ({ images, engine }: MigrateFacts, createdAt: string) => ({
  schema: IMAGE_SET_FORMAT as typeof IMAGE_SET_FORMAT,
  kind: "images" as const,
  createdAt,
  architecture: engine.architecture,
  imageStore: engine.imageStore,
  images: images.map(image => ({ ...image })),
});

function notesOn(
  { backup, there, facts, page, clockMs }: MigrateFacts,
  { keepSource, address }: MigrateRequest,
): readonly string[] {
  const { name } = backup.instance.record;
  const where = sshTargetText(there.target);
  return [
    ...(facts.instances.includes(name) ? [`${name} is there already, so it gets the next free name there`] : []),
    ...(keepSource
      ? [
          `${name} is never stopped: the clone has the database as of one moment, and the files after it; what is written here afterwards is not in it`,
          "the clone has the users, secrets and settings of its source, and acts on the world outside as that does",
        ]
      : [
          `the files are sent while it serves; from step 4 on visitors wait until it serves there: the database is sent in that time, and what has changed in the files, ${bytesText(backup.room.neededBytes)} at most before it is compressed`,
          ...(page === null ? ["there is no maintenance page for this product: visitors find nobody meanwhile"] : page.notes),
          `${name} stays here, complete and off; \`graph-mgr launch ${name} --although-moved\` after it was stopped there goes back, without what was written there`,
          ...(page === null ? [] : [`afterwards the page on its ports here names ${address}`]),
        ]),
    `in ${facts.home} on ${where} the archive lies until it has become an instance; here the dump of the database lies until then`,
    ...backup.leftOut.map(what => `stays behind: ${what}`),
    ...(Math.abs(clockMs) > MENTIONED_CLOCK_MS ? [`the clocks are ${Math.round(Math.abs(clockMs) / 1000)} s apart`] : []),
  ];
}

const MENTIONED_CLOCK_MS = 5000;
