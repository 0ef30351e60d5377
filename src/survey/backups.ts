import { basename, dirname, join } from "node:path";
import { sequenceIn } from "../domain/backup-name.ts";
import { type BackupNote, type ListedBackup, parseNote } from "../domain/backup-note.ts";
import { beneath, isRemote } from "../domain/backup-place.ts";
import { Home } from "../domain/home.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";

/** Notes of all backups that this home ever knew and nobody pruned, by their numbers, whether they are there or not. */
export async function surveyNotes({ files }: Pick<World, "files">, home: Home): Promise<readonly BackupNote[]> {
  const notes: BackupNote[] = [];
  for (const name of (await files.list(home.backupNotes())).filter(each => /^\d+\.json$/.test(each))) {
    const path = join(home.backupNotes(), name);
    const text = await files.read(path);
    if (text !== null) notes.push(parseNote(text, path));
  }
  return notes.sort((a, b) => a.sequence - b.sequence);
}

/**
 * The backups that are there, by their numbers: those that the home made, and what else lies in its folder for backups and is one by its
 * name and its own word. What was put there is not verified, whatever it says.
 * @param place a folder, here or on another machine, to look at instead; null: all that are on this machine
 */
export async function surveyBackups(
  world: World,
  homePath: string,
  place: string | null = null,
): Promise<readonly ListedBackup[]> {
  const home = new Home(homePath);
  const folder = place ?? home.backups();
  const notes = await surveyNotes(world, home);
  const listed: ListedBackup[] = [];
  const names = await world.backups.names(folder);
  // Elsewhere each question takes a second or more.
  const isThere = async (path: string) =>
    dirname(path) === folder ? names.includes(basename(path)) : await world.backups.exists(path);
  for (const { schema: _, digest: _digest, sha256: _sha256, ...note } of notes)
    if (isAsked(note.path, place) && (await isThere(note.path))) listed.push({ ...note, damaged: note.verified === null });
  for (const name of names) {
    const path = beneath(folder, name);
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
      encrypted: await world.backups.lockOf(path),
      verified: null,
      drilled: null,
      damaged: false,
    });
  }
  return listed.sort((a, b) => a.sequence - b.sequence);
}

const isAsked = (path: string, place: string | null): boolean => (place === null ? !isRemote(path) : dirname(path) === place);

/** Those of the home that a number may mean: also those on other machines, which nobody asks for that. */
export async function surveyNumbered(world: World, home: Home): Promise<readonly Pick<ListedBackup, "sequence" | "path">[]> {
  const remote = (await surveyNotes(world, home)).filter(({ path }) => isRemote(path));
  return [...(await surveyBackups(world, home.path)), ...remote];
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

/** One more than any that there ever was, as far as this home knows, and than those that lie where it goes. @param there names in that place */
export async function nextSequence(world: World, homePath: string, there: readonly string[]): Promise<number> {
  const home = new Home(homePath);
  const noted = (await surveyNotes(world, home)).map(({ sequence }) => sequence);
  const named = [...there, ...(await world.files.list(home.backups()))].map(sequenceIn).filter(each => each !== null);
  return Math.max(0, ...noted, ...named) + 1;
}
