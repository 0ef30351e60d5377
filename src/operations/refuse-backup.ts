import { isUp } from "../domain/health.ts";
import { isRestic } from "../domain/restic-place.ts";
import { bytesText } from "../domain/room.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { BackupFacts } from "../survey/backup.ts";
import { type BackupRequest, compressionAt } from "./backup.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";

export const isRunning = ({ instance }: Pick<BackupFacts, "instance">): boolean => instance.containers.some(isUp);

/** What is kept free on top of what a backup takes. */
const SPARE = 1.15;

/** Everything that stands against a backup, before anything is begun. */
export function refuseBackup(facts: BackupFacts, request: BackupRequest): void {
  const { instance, postgres, to } = facts;
  const { record } = instance;
  const { stopSource } = request;
  refuseTwice(to, request);
  refuseOutsiders(instance, postgres?.isUp ? "running" : "any state");
  refuseMissingVolumes(instance, "what it held could not be backed up");
  refusePlace(facts);
  if (!facts.hasPristine)
    throw new OperatorError("NO_FOLDER", `The vendor's own files of ${record.name}, ${record.pristine}, are gone.`, {
      hint: "bring the folder back from a copy of the home",
    });
  if (record.product.postgres !== null && postgres === null)
    throw new OperatorError(
      "NO_POSTGRES",
      `The image of ${record.product.postgres.service} of ${record.name} has no Postgres in it.`,
      { hint: "graph-mgr status" },
    );
  if (postgres !== null && !postgres.isUp && isRunning(facts) && !stopSource)
    throw new OperatorError(
      "DATABASE_DOWN",
      `${record.name} runs without its ${postgres.service}, so its database cannot be dumped.`,
      {
        hint: `graph-mgr launch ${record.name}   (or stop it, or --stop-source)`,
      },
    );
  refuseLiveVolumes(facts, stopSource);
  const compression = compressionAt(to, request.compression);
  if (!facts.compressions.includes(compression))
    throw new OperatorError("NO_PROGRAM", `There is no program "${compression}" here.`, { hint: "--compress gzip" });
  const { at, neededBytes, freeBytes } = facts.room;
  if (neededBytes * SPARE > freeBytes)
    throw new OperatorError(
      "NO_ROOM",
      `This may take ${bytesText(neededBytes * SPARE)} in ${at}, where ${bytesText(freeBytes)} is free.`,
      {
        hint: at === to ? "--to a folder on another disk, or `graph-mgr backup prune`" : `make room in ${at}`,
      },
    );
}

function refusePlace({ to, inside, inTheWay }: BackupFacts): void {
  const hint = "--to a folder elsewhere, best on another disk";
  if (inside !== null)
    throw new OperatorError(
      "BAD_PATH",
      `${to} lies in ${inside}, which is backed up itself, so each backup would hold those before it.`,
      { hint },
    );
  if (inTheWay !== null)
    throw new OperatorError("BAD_PATH", `${inTheWay} is no folder, so no backup can lie in ${to}.`, { hint });
}

/** What restic does itself must not be done before: nothing in one backup would be alike in the next. */
function refuseTwice(to: string, { compression, lock }: BackupRequest): void {
  if (!isRestic(to) || (lock === null && (compression ?? "none") === "none")) return;
  const [what, option] = lock === null ? ["compresses", "--compress"] : ["encrypts", "--encrypt and --passphrase-file"];
  throw new OperatorError(
    "USAGE",
    `restic ${what} by itself; if it was done before, each backup would take as much room as the first.`,
    { exit: EXIT.usage, hint: `leave ${option} out` },
  );
}

/** Of what is written while it is read a backup could be torn. */
function refuseLiveVolumes({ volumes, instance: { record } }: BackupFacts, stopSource: boolean): void {
  const busy = volumes.find(({ key, writers }) => writers.length > 0 && !record.product.fileVolumes.includes(key));
  if (busy === undefined || stopSource) return;
  throw new OperatorError(
    "VOLUME_IN_USE",
    `${busy.writers.join(", ")} of ${record.name} may be writing to the volume ${busy.name}; a backup of it could be torn.`,
    { hint: "--stop-source   (stops it until the archive is written, and starts it again)" },
  );
}
