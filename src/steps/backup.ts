import { basename, dirname, join } from "node:path";
import type { Compression } from "../domain/backup.ts";
import { type BackupNote, noteToText, parseNote } from "../domain/backup-note.ts";
import { OperatorError } from "../errors.ts";
import type { BackupJob } from "../host/world.ts";
import { defineStep } from "../plan/step.ts";
import type { Context } from "./context.ts";
import { missingAbove, removeEmpty } from "./missing-folders.ts";

type Write = {
  /** The name that it will have. */
  readonly path: string;
  /** Of the instance. */
  readonly record: string;
  readonly manifest: BackupJob["manifest"];
  readonly compression: Compression;
  readonly dump: string | null;
  readonly trees: BackupJob["trees"];
  readonly volumes: BackupJob["volumes"];
  readonly withImages: boolean;
  readonly helperImage: string;
};

/** Hidden, so that nobody takes it for a backup: `writing` until all of it is there, `unread` until it was read back. */
const beside = (path: string, what: "writing" | "unread"): string => join(dirname(path), `.${basename(path)}.${what}`);

/** Streams an instance into an archive, which does not have its name yet. The instance is only read. */
export const writeBackup = defineStep({
  kind: "backup.write",
  title: ({ manifest, withImages }: Write) =>
    `Write the files${manifest.postgres === null ? "" : ", the dump"}${withImages ? ", the images" : ""} and settings of ${manifest.instance} into an archive`,
  look: async ({ path }, context: Context) => ({ missing: await missingAbove(path, context) }),
  async do({ path, record, ...job }, { world, progress }: Context) {
    const text = await world.files.read(record);
    if (text === null)
      throw new OperatorError("NO_RECORD", `The record of ${job.manifest.instance} is gone.`, { hint: "graph-mgr list" });
    await world.files.makeFolder(dirname(path));
    await world.trees.remove(beside(path, "writing"), null);
    await world.backups.write({ ...job, record: text }, beside(path, "writing"), progress);
    await world.files.rename(beside(path, "writing"), beside(path, "unread"));
  },
  isDone: ({ path }, { world }) => world.files.exists(beside(path, "unread")),
  async undo({ path }, context, { missing }) {
    for (const what of ["writing", "unread"] as const) await context.world.trees.remove(beside(path, what), null);
    await removeEmpty(missing, context);
  },
});

type Accept = { readonly path: string; readonly sequence: number; readonly note: string; readonly withImages: boolean };

/** Reads all of it back; only then it has its name and is listed. */
export const acceptBackup = defineStep({
  kind: "backup.accept",
  title: ({ path }: Accept) => `Read it back from end to end, and name it ${basename(path)}`,
  look: async ({ note }, context: Context) => ({ missing: await missingAbove(note, context) }),
  async do({ path, sequence, note, withImages }, { world, progress }: Context) {
    const { files } = world;
    const unread = beside(path, "unread");
    const at = (await files.exists(unread)) ? unread : path;
    const { source, sizeBytes, manifest } = await world.backups.check(at, progress);
    const { instance, release, createdAt } = manifest;
    const verified = { at: world.now().toISOString(), how: "created" as const };
    const known = {
      schema: 1 as const,
      sequence,
      path,
      instance,
      release,
      createdAt,
      sizeBytes,
      withImages,
      digest: source.digest,
      verified,
      drilled: null,
    };
    await files.write(note, noteToText(known), 0o600);
    if (at !== path) await files.rename(at, path);
  },
  isDone: async ({ path, note }, { world }) => (await world.files.exists(path)) && (await world.files.exists(note)),
  async undo({ path, note }, context, { missing }) {
    await context.world.trees.remove(path, null);
    await context.world.files.remove(note);
    await removeEmpty(missing, context);
  },
});

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

type Forget = { readonly path: string; readonly note: string; readonly sequence: number };

/** Deletes a backup and what is known of it. */
export const deleteBackup = defineStep({
  kind: "backup.delete",
  title: ({ sequence, path }: Forget) => `Delete the backup ${sequence}, ${path}`,
  look: async () => null,
  async do({ path, note }, { world }: Context) {
    await world.trees.remove(path, null);
    await world.files.remove(note);
  },
  isDone: async ({ path, note }, { world }) => !(await world.files.exists(path)) && !(await world.files.exists(note)),
  undo: { never: "what is deleted is gone; `graph-mgr resume` finishes" },
});
