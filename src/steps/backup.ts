import { basename, dirname } from "node:path";
import type { Compression } from "../domain/backup-compression.ts";
import type { BackupLock } from "../domain/backup-lock.ts";
import { type BackupNote, noteToText, parseNote } from "../domain/backup-note.ts";
import { beside, isRemote } from "../domain/backup-place.ts";
import { OperatorError } from "../errors.ts";
import type { BackupJob, BackupPrint } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import { passphraseAt, unlock } from "./backup-key.ts";
import type { Context } from "./context.ts";
import { missingAbove, removeEmpty } from "./missing-folders.ts";

type Write = {
  /** The name that it will have. */
  readonly path: string;
  /** Of the instance. */
  readonly record: string;
  readonly manifest: BackupJob["manifest"];
  readonly compression: Compression;
  /** A folder; it is read from end to end while it goes into the archive. */
  readonly dump: string | null;
  readonly trees: BackupJob["trees"];
  readonly volumes: BackupJob["volumes"];
  readonly withImages: boolean;
  readonly helperImage: string;
  readonly lock: BackupLock | null;
  /** What was written is noted there, in the operation's folder: whoever cannot open it can still compare it. */
  readonly print: string;
};

/** On another machine a folder stays that was made for a backup. */
const foldersAbove = async (path: string, context: Context): Promise<readonly string[]> =>
  isRemote(path) ? [] : await missingAbove(path, context);

/** Streams an instance into an archive, which does not have its name yet. The instance is only read. */
export const writeBackup = defineStep({
  kind: "backup.write",
  title: ({ manifest, withImages, lock }: Write) =>
    `${lock ? "Encrypt" : "Write"} the files${manifest.postgres === null ? "" : ", the dump"}${withImages ? ", the images" : ""} and settings of ${manifest.instance} into an archive`,
  look: async ({ path }, context: Context) => ({ missing: await foldersAbove(path, context) }),
  async do({ path, record, lock, print, ...job }, context: Context) {
    const { world, progress } = context;
    const text = await world.files.read(record);
    if (text === null)
      throw new OperatorError("NO_RECORD", `The record of ${job.manifest.instance} is gone.`, { hint: "graph-mgr list" });
    if (!isRemote(path)) await world.files.makeFolder(dirname(path));
    await world.backups.remove(beside(path, "writing"));
    const whole = { ...job, record: text, lock: await lockFor(lock ?? null, context) };
    const [written, read] = await Promise.allSettled([
      world.backups.write(whole, beside(path, "writing"), progress),
      job.dump === null ? null : world.postgres.verify(job.dump, job.helperImage, () => {}),
    ]);
    // Both have ended: nothing is left at work.
    if (written.status === "rejected") throw written.reason;
    if (read.status === "rejected") throw read.reason;
    if (print !== undefined) await world.files.write(print, `${JSON.stringify(written.value)}\n`, 0o600);
    await world.backups.rename(beside(path, "writing"), beside(path, "unread"));
  },
  isDone: ({ path }, { world }) => world.backups.exists(beside(path, "unread")),
  async undo({ path }, context, { missing }) {
    for (const what of ["writing", "unread"] as const) await context.world.backups.remove(beside(path, what));
    await removeEmpty(missing, context);
  },
});

async function lockFor(lock: BackupLock | null, context: Context): Promise<BackupJob["lock"]> {
  if (lock === null || lock.kind === "recipients") return lock;
  return { passphrase: await passphraseAt(lock.file, context) };
}

type Accept = {
  readonly path: string;
  readonly sequence: number;
  readonly note: string;
  readonly withImages: boolean;
  readonly lock: BackupLock | null;
  readonly print: string;
  readonly of: { readonly instance: string; readonly release: string; readonly createdAt: string };
};

/** Reads all of it back; only then it has its name and is listed. */
export const acceptBackup = defineStep({
  kind: "backup.accept",
  title: ({ path }: Accept) => `Read it back from end to end, and name it ${basename(path)}`,
  look: async ({ note }, context: Context) => ({ missing: await missingAbove(note, context) }),
  async do(input, context: Context) {
    const { path, sequence, note, withImages, lock } = input;
    const { files, backups } = context.world;
    const unread = beside(path, "unread");
    const at = (await backups.exists(unread)) ? unread : path;
    const found = await readBack(at, input, context);
    const verified = { at: context.world.now().toISOString(), how: "created" as const };
    const known = {
      schema: 1 as const,
      sequence,
      path,
      ...found,
      withImages,
      encrypted: lock?.kind ?? null,
      verified,
      drilled: null,
    };
    await files.write(note, noteToText(known), 0o600);
    if (at !== path) await backups.rename(at, path);
  },
  isDone: async ({ path, note }, { world }) => (await world.files.exists(note)) && (await world.backups.exists(path)),
  async undo({ path, note }, context, { missing }) {
    await context.world.backups.remove(path);
    await context.world.files.remove(note);
    await removeEmpty(missing, context);
  },
});

type Found = Pick<BackupNote, "instance" | "release" | "createdAt" | "sizeBytes" | "digest" | "sha256">;

/**
 * Every byte of it, decrypted with the key that it was encrypted with. That key is gone with the process that made it: after a cut, what was
 * encrypted for others can only be held against what was written.
 */
async function readBack(at: string, { print, lock, of }: Accept, context: Context): Promise<Found> {
  const { world, progress, remark } = context;
  const text = print === undefined ? null : await world.files.read(print);
  const written = text === null ? null : (JSON.parse(text) as Written);
  if (isRemote(at)) return { ...of, ...(await compared(at, written, context)) };
  if (lock?.kind === "passphrase") await unlock({ kind: "passphrase", file: lock.file }, context);
  try {
    const { source, sizeBytes, manifest } = await world.backups.check(at, progress);
    const { instance, release, createdAt } = manifest;
    return { instance, release, createdAt, sizeBytes, digest: source.digest, sha256: written?.sha256 ?? null };
  } catch (error) {
    if (!(error instanceof OperatorError && error.code === "BACKUP_LOCKED")) throw error;
  }
  const found = await compared(at, written, context);
  remark("The backup was compared with what was written, byte by byte, but not opened: whoever could was cut off.");
  return { ...of, ...found };
}

type Written = BackupPrint & { readonly digest: string };

/** What lies there, read where it lies, against what was sent there. */
async function compared(at: string, written: Written | null, { world, progress }: Context): Promise<Written> {
  const there = await world.backups.print(at, progress);
  if (written === null || there.sha256 !== written.sha256)
    throw new OperatorError("BACKUP_DAMAGED", `The backup ${at} is not what was written.`, {
      hint: "graph-mgr undo   (and make it again)",
    });
  const { sizeBytes, digest, sha256 } = written;
  return { sizeBytes, digest, sha256 };
}

type Drilled = {
  readonly note: string;
  /** Of the backup that was restored: another one may have its name by now. */
  readonly digest: string;
  /** ISO 8601; of the clock on the wall, because a drill may be gone on with after a cut. */
  readonly begunAt: string;
};

/** Notes that a backup was restored, came up, and had everything; nothing where it is not one of this home any more. */
export const noteDrill = defineStep({
  kind: "backup.note-drill",
  title: (_: Drilled) => "Note that it was restored, and how long that took",
  look: async ({ note }, { world }: Context) => ({ text: await world.files.read(note) }),
  async do(input, { world, operation }) {
    const known = await noteOf(input, world);
    const at = world.now().toISOString();
    const drilled = { at, tookMs: Math.max(0, Date.parse(at) - Date.parse(input.begunAt)), operation: operation.id };
    if (known) await world.files.write(input.note, noteToText({ ...known, verified: { at, how: "verify" }, drilled }), 0o600);
  },
  async isDone(input, { world, operation }) {
    const known = await noteOf(input, world);
    return known === null || known.drilled?.operation === operation.id;
  },
  async undo({ note }, { world }, { text }) {
    if (text !== null) await world.files.write(note, text, 0o600);
  },
});

async function noteOf({ note, digest }: Drilled, { files }: Context["world"]): Promise<BackupNote | null> {
  const text = await files.read(note);
  const known = text === null ? null : parseNote(text, note);
  return known?.digest === digest ? known : null;
}

type Reclaim = {
  /** A repository. */
  readonly place: string;
  /** Written when it was done, in the operation's folder. */
  readonly proof: string;
};

/** A repository keeps what backups were made of until it is told to look which of it is needed. */
export const reclaimRoom = defineStep({
  kind: "backup.reclaim",
  title: ({ place }: Reclaim) => `Give the room back that they took in ${place}`,
  look: async () => null,
  async do({ place, proof }, { world }: Context) {
    await world.backups.reclaim(place);
    await world.files.write(proof, `${JSON.stringify({ place })}\n`, 0o600);
  },
  isDone: ({ proof }, { world }) => world.files.exists(proof),
  undo: { never: "what is deleted is gone; `graph-mgr resume` finishes" },
});

type Forget = { readonly path: string; readonly note: string; readonly sequence: number };

/** Deletes a backup and what is known of it. */
export const deleteBackup = defineStep({
  kind: "backup.delete",
  title: ({ sequence, path }: Forget) => `Delete the backup ${sequence}, ${path}`,
  look: async () => null,
  async do({ path, note }, { world }: Context) {
    await world.backups.remove(path);
    await world.files.remove(note);
  },
  isDone: async ({ path, note }, { world }) => !(await world.files.exists(note)) && !(await world.backups.exists(path)),
  undo: { never: "what is deleted is gone; `graph-mgr resume` finishes" },
});
