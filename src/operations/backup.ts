import { join } from "node:path";
import { BACKUP_FORMAT, type BackupManifest, MEMBERS } from "../domain/backup.ts";
import type { Compression } from "../domain/backup-compression.ts";
import type { BackupLock } from "../domain/backup-lock.ts";
import { backupName } from "../domain/backup-name.ts";
import { beneath, isRemote } from "../domain/backup-place.ts";
import { Home } from "../domain/home.ts";
import { isMoved } from "../domain/instance.ts";
import { isRestic } from "../domain/restic-place.ts";
import { bytesText } from "../domain/room.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import { acceptBackup, awaitHealth, dropDump, dumpDatabase, launch, writeBackup } from "../steps/index.ts";
import type { BackupFacts } from "../survey/backup.ts";
import { relaunchSteps } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { isRunning, refuseBackup } from "./refuse-backup.ts";
import { stopStep } from "./run-instance.ts";

export interface BackupRequest {
  /** Null: what suits the place. */
  readonly compression: Compression | null;
  readonly withImages: boolean;
  /** Stop the instance meanwhile, and start it again. */
  readonly stopSource: boolean;
  readonly lock: BackupLock | null;
}

/** One archive of an instance, as it serves or as it stands. @throws OperatorError as `refuseBackup` says */
export function planBackup(facts: BackupFacts, request: BackupRequest, occasion: Occasion): Plan {
  refuseBackup(facts, request);
  const { instance, sequence, postgres, helperImage, room } = facts;
  const { record } = instance;
  const home = new Home(instance.home);
  const id = operationId("backup-create", occasion);
  const createdAt = occasion.now.toISOString();
  const path = beneath(facts.to, backupName(sequence, record.name, createdAt, request.lock !== null));
  const dump = postgres === null ? null : join(home.operation(id), "dump");
  const stops = request.stopSource && isRunning(facts);
  const print = join(home.operation(id), "written.json");
  const write = writeBackup.step({
    path,
    record: instance.recordPath,
    manifest: { ...manifestOf(facts, createdAt), guarantee: isRunning(facts) && !stops ? "live" : "still" },
    compression: compressionAt(facts.to, request.compression),
    dump,
    trees: [
      { stream: "folder", path: record.dir, leaveOut: [...facts.imageArchives] },
      { stream: "pristine", path: record.pristine, leaveOut: [] },
    ],
    volumes: facts.volumes.map(({ key, name }, index) => ({ stream: `volume-${index + 1}`, key, name })),
    withImages: request.withImages,
    helperImage,
    lock: request.lock,
    print,
  });
  return newPlan({
    id,
    operation: "backup-create",
    instance: record.name,
    home: instance.home,
    engine: record.engine,
    summary: `Back up ${record.name} to ${path}`,
    notes: [...notesOn(facts, stops, request.lock), ...(isRestic(path) ? [RESTIC] : isRemote(path) ? [REMOTE] : [])],
    wayBack: null,
    steps: [
      ...(stops ? [stopStep(instance)] : []),
      // The database first and the files after it: then every row has its file.
      ...(dump === null || postgres === null ? [] : dumpSteps(facts, dump, stops || !postgres.isUp)),
      write,
      ...(stops ? relaunchSteps({ ...record, services: instance.active }, instance.recordPath, record.product.health) : []),
      acceptBackup.step({
        path,
        sequence,
        note: home.backupNote(sequence),
        withImages: request.withImages,
        lock: request.lock,
        print,
        of: { instance: record.name, release: record.release, createdAt },
      }),
      ...(dump === null ? [] : [dropDump.step({ path: dump, helperImage })]),
    ],
    result: {
      backup: path,
      sequence,
      leftOut: [...facts.leftOut],
      madeFolder: facts.isMade,
      estimate: { neededBytes: room.neededBytes, freeBytes: room.freeBytes },
    },
  });
}

/** What is compressed twice is not alike twice, so a repository, which compresses by itself, would keep all of it each time. */
export const compressionAt = (place: string, asked: Compression | null): Compression =>
  asked ?? (isRestic(place) ? "none" : "gzip");

const RESTIC =
  "only what the repository does not have takes room there, and time on the way; all of it is read from there before it has its name";
const REMOTE = "it is streamed there, and read there before it has its name: no copy of it lies on this machine";

/** @param alone Postgres does not run, and is started for this alone */
function dumpSteps(
  { instance, postgres, helperImage, to: place }: BackupFacts,
  to: string,
  alone: boolean,
): readonly PlannedStep[] {
  const { record } = instance;
  const service = postgres?.service ?? "";
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const source = { project, instance: record.name, service, helperImage };
  // It is read back while it goes into the archive.
  const dump = dumpDatabase.step({ source, to, isPlain: isRestic(place) });
  if (!alone) return [dump];
  return [
    launch.step({ project, instance: record.name, services: [service], all: false }),
    awaitHealth.step({ project: record.project, instance: record.name, services: [service], ...record.product.health }),
    dump,
    stopStep(instance),
  ];
}

/** What a backup says of itself, but for how consistent it is. */
export const manifestOf = (facts: BackupFacts, createdAt: string): Omit<BackupManifest, "streams" | "members" | "guarantee"> => {
  const { record } = facts.instance;
  const { postgres } = facts;
  return {
    schema: BACKUP_FORMAT,
    sequence: facts.sequence,
    createdAt,
    instance: record.name,
    release: record.release,
    product: record.product.product,
    layout: record.layout,
    architecture: facts.architecture,
    postgres:
      postgres === null
        ? null
        : {
            major: postgres.image.major,
            version: postgres.image.version,
            libc: { ...postgres.image.libc },
            proof: MEMBERS.proof,
            sizeBytes: postgres.sizeBytes,
          },
    images: facts.images.map(image => ({ ...image, layers: [...image.layers] })),
    leftOut: [...facts.leftOut],
  };
};

function notesOn(facts: BackupFacts, stops: boolean, lock: BackupLock | null): readonly string[] {
  const { postgres, instance } = facts;
  const { name } = instance.record;
  return [
    ...(stops ? [`${name} is stopped until the archive is written, and started again`] : []),
    ...(isRunning(facts) && !stops
      ? [
          "it goes on serving: the database is as at one moment, and every row has its file, unless that is deleted or rewritten meanwhile",
        ]
      : []),
    ...(!isRunning(facts) && postgres !== null
      ? [`${name} is stopped: its ${postgres.service} alone is started for the dump, and stopped again`]
      : []),
    ...(isMoved(instance.record)
      ? [`${name} has moved to ${instance.record.movedTo}; what was written there since is not in the backup`]
      : []),
    // Where a plan is confirmed it is made twice, and must be the same although data grows.
    ...(stops ? [] : [roomText(facts)]),
    ...facts.leftOut.map(what => `not in the backup: ${what}`),
    secrecyOf(lock),
  ];
}

function roomText({ to, room: { at, neededBytes, freeBytes } }: BackupFacts): string {
  const what = at === to ? "it takes" : `the dump takes, until it is in ${to},`;
  return `${what} ${bytesText(neededBytes)} at most; ${bytesText(freeBytes)} is free ${at === to ? "there" : `in ${at}`}`;
}

function secrecyOf(lock: BackupLock | null): string {
  if (lock === null) return "it holds everything, passwords and secrets included: keep it as you keep the database";
  if (lock.kind === "passphrase")
    return "it is encrypted: without the passphrase nobody can open it, and nobody can bring that back";
  const { length } = lock.recipients;
  return `it is encrypted to ${length === 1 ? "one recipient" : `${length} recipients`}: without a secret key of theirs nobody can open it, this machine included`;
}
