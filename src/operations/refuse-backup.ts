import { bytesText } from "../domain/room.ts";
import { OperatorError } from "../errors.ts";
import type { BackupFacts } from "../survey/backup.ts";
import type { BackupRequest } from "./backup.ts";
import { refuseMissingVolumes, refuseOutsiders } from "./run-instance.ts";

const isUp = (state: string): boolean => state === "running" || state === "restarting" || state === "paused";

export const isRunning = ({ instance }: Pick<BackupFacts, "instance">): boolean =>
  instance.containers.some(({ state }) => isUp(state));

/** What is kept free on top of what a backup takes. */
const SPARE = 1.15;

/** Everything that stands against a backup, before anything is begun. */
export function refuseBackup(facts: BackupFacts, { compression, stopSource }: BackupRequest): void {
  const { instance, postgres, to } = facts;
  const { record } = instance;
  refuseOutsiders(instance, postgres?.isUp ? "running" : "any state");
  refuseMissingVolumes(instance, "what it held could not be backed up");
  if (facts.isInside)
    throw new OperatorError("BAD_PATH", `${to} is a part of what is backed up, so each backup would hold those before it.`, {
      hint: "--to a folder elsewhere, best on another disk",
    });
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
  if (!facts.compressions.includes(compression))
    throw new OperatorError("NO_PROGRAM", `There is no program "${compression}" here.`, { hint: "--compress gzip" });
  const { neededBytes, freeBytes } = facts.room;
  if (neededBytes * SPARE > freeBytes)
    throw new OperatorError(
      "NO_ROOM",
      `This may take ${bytesText(neededBytes * SPARE)} in ${to}, where ${bytesText(freeBytes)} is free.`,
      {
        hint: "--to a folder on another disk, or `graph-mgr backup prune`",
      },
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
