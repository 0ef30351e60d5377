import type { BackupNote } from "../domain/backup-note.ts";
import { isRemote } from "../domain/backup-place.ts";
import type { Home } from "../domain/home.ts";
import { beganAt } from "../domain/schedule.ts";
import type { World } from "../host/world.ts";
import type { OperationEntry } from "../plan/operations.ts";
import { surveyNotes } from "./backups.ts";

type Noted = Pick<BackupNote, "sequence" | "path" | "createdAt" | "sizeBytes" | "encrypted">;

/** How safe an instance's data is, by what the home has noted: nothing is read but its own notes. */
export interface LastBackup {
  /** The newest that is there; one that lies elsewhere counts as there, because nobody asks another machine for a look. */
  readonly backup: Noted | null;
  /** When a backup of it was found whole for the last time, and by what. */
  readonly verified: { readonly sequence: number; readonly at: string; readonly how: "created" | "verify" | "compared" } | null;
  /** When one was restored for a trial for the last time; `tookMs` is null where that backup is not there any more. */
  readonly drill: { readonly at: string; readonly tookMs: number | null; readonly operation: string } | null;
}

const isThere = async ({ files }: Pick<World, "files">, { path }: BackupNote): Promise<boolean> =>
  isRemote(path) || (await files.exists(path));

/** The newest backup of an instance that is there, with as few looks as that takes. @param notes of the home, oldest first */
export async function newestBackup(
  world: Pick<World, "files">,
  notes: readonly BackupNote[],
  instance: string,
): Promise<BackupNote | null> {
  for (const note of notes.toReversed()) if (note.instance === instance && (await isThere(world, note))) return note;
  return null;
}

/** @param operations of the home, oldest first */
export async function surveyLastBackup(
  world: Pick<World, "files">,
  home: Home,
  instance: string,
  operations: readonly OperationEntry[],
): Promise<LastBackup> {
  const noted = (await surveyNotes(world, home)).filter(each => each.instance === instance);
  const there: BackupNote[] = [];
  for (const note of noted) if (await isThere(world, note)) there.push(note);
  const newest = there.at(-1);
  const whole = there
    .flatMap(({ sequence, verified }) => (verified === null ? [] : [{ sequence, ...verified }]))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .at(-1);
  return {
    backup:
      newest === undefined
        ? null
        : {
            sequence: newest.sequence,
            path: newest.path,
            createdAt: newest.createdAt,
            sizeBytes: newest.sizeBytes,
            encrypted: newest.encrypted,
          },
    verified: whole ?? null,
    drill: lastDrill(noted, instance, operations),
  };
}

/** By the operations, because backups that were restored are deleted in time. */
function lastDrill(notes: readonly BackupNote[], instance: string, operations: readonly OperationEntry[]): LastBackup["drill"] {
  const last = operations.findLast(
    ({ plan, outcome }) => plan.operation === "backup-drill" && outcome === "done" && plan.result?.["from"] === instance,
  );
  if (last === undefined) return null;
  const noted = notes.find(({ drilled }) => drilled?.operation === last.plan.id)?.drilled;
  const at = noted?.at ?? beganAt(last.plan.id);
  return at === null ? null : { at, tookMs: noted?.tookMs ?? null, operation: last.plan.id };
}
