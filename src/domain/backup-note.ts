import { z } from "zod";
import { OperatorError } from "../errors.ts";
import { placeAt } from "./backup-place.ts";
import { show } from "./names.ts";

const note = z.object({
  schema: z.literal(1),
  sequence: z.number().int().positive(),
  path: z.string(),
  instance: z.string(),
  release: z.string(),
  createdAt: z.iso.datetime(),
  sizeBytes: z.number().int().nonnegative(),
  withImages: z.boolean(),
  /** Of its manifest. */
  digest: z.string(),
  /** Of the file as it was written; null where that is not known. */
  sha256: z.string().nullable().default(null),
  /** What opens it; null for what is not encrypted. */
  encrypted: z.enum(["recipients", "passphrase"]).nullable().default(null),
  /**
   * When it was last found whole, and by what; null when the last look found it damaged. `compared`: nobody could open it, but it is byte by
   * byte what was written, and that was read when it was made.
   */
  verified: z.object({ at: z.iso.datetime(), how: z.enum(["created", "verify", "compared"]) }).nullable(),
  /** When it was last restored for a trial, how long that took until the instance was healthy, and by which operation. */
  drilled: z
    .object({ at: z.iso.datetime(), tookMs: z.number().int().nonnegative(), operation: z.string() })
    .nullable()
    .default(null),
});

/** What a home knows of one backup (`.graph-mgr/backups/<sequence>.json`). */
export type BackupNote = z.infer<typeof note>;

/** @throws OperatorError BAD_RECORD */
export function parseNote(text: string, path: string): BackupNote {
  try {
    return note.parse(JSON.parse(text));
  } catch (cause) {
    throw new OperatorError("BAD_RECORD", `${path} cannot be read.`, {
      hint: "move it away; `graph-mgr backup verify FILE` makes it anew",
      cause,
    });
  }
}

export const noteToText = (value: BackupNote): string => `${JSON.stringify(value, null, 1)}\n`;

/** A backup that is there. `damaged`: the last look at it found it so; what nobody has looked at yet is neither verified nor damaged. */
export type ListedBackup = Omit<BackupNote, "schema" | "digest" | "sha256"> & { readonly damaged: boolean };

/** How many are kept: the newest, and the newest of as many days and weeks. */
export interface Keep {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
}

const DAY_MS = 86_400_000;
/** Weeks begin on Monday, and 1970 began on a Thursday. */
const weekOf = (time: string): number => Math.floor((Date.parse(time) / DAY_MS + 3) / 7);
const dayOf = (time: string): number => Math.floor(Date.parse(time) / DAY_MS);

/**
 * Those that go. Only what was verified counts as kept: a day that has a good backup and a later one that was never verified keeps the good
 * one. The newest verified one of each instance always stays, and so does all that is newer than it; by their numbers, because clocks go wrong.
 * @param backups of the home's own making: a file that was copied here may have any number
 */
export function prunable(backups: readonly ListedBackup[], keep: Keep): readonly ListedBackup[] {
  return [...new Set(backups.map(({ instance }) => instance))]
    .flatMap(instance =>
      ofInstance(
        backups.filter(each => each.instance === instance),
        keep,
      ),
    )
    .sort((a, b) => a.sequence - b.sequence);
}

function ofInstance(backups: readonly ListedBackup[], { last, daily, weekly }: Keep): readonly ListedBackup[] {
  const newestFirst = [...backups].sort((a, b) => b.sequence - a.sequence);
  const good = newestFirst.filter(({ verified }) => verified !== null);
  const [newest] = good;
  if (newest === undefined) return [];
  const kept = new Set([
    ...good.slice(0, last),
    ...firstOfEach(good, dayOf).slice(0, daily),
    ...firstOfEach(good, weekOf).slice(0, weekly),
  ]);
  return newestFirst.filter(each => !kept.has(each) && each.sequence < newest.sequence);
}

function firstOfEach(backups: readonly ListedBackup[], of: (time: string) => number): readonly ListedBackup[] {
  const seen = new Set<number>();
  return backups.filter(({ createdAt }) => {
    const span = of(createdAt);
    if (seen.has(span)) return false;
    seen.add(span);
    return true;
  });
}

/** The newest of each instance that was found whole: what is left when all others are deleted. */
export function newestGood(backups: readonly ListedBackup[]): readonly ListedBackup[] {
  const newestFirst = backups.filter(({ verified }) => verified !== null).sort((a, b) => b.sequence - a.sequence);
  return newestFirst.filter((each, at) => newestFirst.findIndex(({ instance }) => instance === each.instance) === at);
}

/** The backup that is meant by its number, or the path that it is. @throws OperatorError NO_BACKUP, BACKUP_AMBIGUOUS */
export function choosePath(
  backups: readonly Pick<ListedBackup, "sequence" | "path">[],
  word: string,
  resolve: (path: string) => string,
): string {
  if (!/^\d{1,9}$/.test(word)) return placeAt(word, resolve);
  const [found, ...others] = backups.filter(({ sequence }) => sequence === Number(word));
  if (found && others.length > 0)
    throw new OperatorError("BACKUP_AMBIGUOUS", `${others.length + 1} backups have the number ${word}.`, {
      hint: `give the file: ${[found, ...others].map(({ path }) => path).join(" or ")}`,
    });
  if (found) return found.path;
  const numbers = backups.map(({ sequence }) => sequence).join(", ");
  throw new OperatorError(
    "NO_BACKUP",
    `There is no backup ${show(word)} in this home${numbers === "" ? "" : `; there is ${numbers}`}.`,
    {
      hint: "graph-mgr backup list",
    },
  );
}
