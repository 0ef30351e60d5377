import { join } from "node:path";
import { sequenceIn } from "../domain/backup.ts";
import { type BackupNote, type ListedBackup, parseNote } from "../domain/backup-note.ts";
import { Home } from "../domain/home.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";

/** Notes of all backups that this home ever knew and nobody pruned, whether they are there or not. */
export async function surveyNotes({ files }: Pick<World, "files">, home: Home): Promise<readonly BackupNote[]> {
  const notes: BackupNote[] = [];
  for (const name of (await files.list(home.backupNotes())).filter(each => /^\d+\.json$/.test(each))) {
    const path = join(home.backupNotes(), name);
    const text = await files.read(path);
    if (text !== null) notes.push(parseNote(text, path));
  }
  return notes;
}

/**
 * The backups that are there, by their numbers: those that the home made, and what else lies in its folder for backups and is one by its
 * name and its own word. What was put there is not verified, whatever it says.
 */
export async function surveyBackups(world: World, homePath: string): Promise<readonly ListedBackup[]> {
  const home = new Home(homePath);
  const notes = await surveyNotes(world, home);
  const listed: ListedBackup[] = [];
  for (const { schema: _, digest: _digest, ...note } of notes) if (await world.files.exists(note.path)) listed.push(note);
  for (const name of await world.files.list(home.backups())) {
    const path = join(home.backups(), name);
    const sequence = sequenceIn(name);
    if (sequence === null || listed.some(each => each.path === path)) continue;
    const glanced = await glanceOrNull(world, path);
    if (glanced === null) continue;
    const { instance, release, createdAt, streams } = glanced.manifest;
    const withImages = streams.some(each => each.name === "images");
    listed.push({
      sequence,
      path,
      instance,
      release,
      createdAt,
      sizeBytes: glanced.sizeBytes,
      withImages,
      verified: null,
      drilled: null,
    });
  }
  return listed.sort((a, b) => a.sequence - b.sequence);
}

/** Null for what is no backup, or is damaged: it is not listed. */
async function glanceOrNull(world: World, path: string) {
  try {
    return await world.backups.glance(path);
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

/** One more than any that there ever was, as far as this home knows. */
export async function nextSequence(world: World, homePath: string): Promise<number> {
  const home = new Home(homePath);
  const noted = (await surveyNotes(world, home)).map(({ sequence }) => sequence);
  const named = (await world.files.list(home.backups())).map(sequenceIn).filter(each => each !== null);
  return Math.max(0, ...noted, ...named) + 1;
}
