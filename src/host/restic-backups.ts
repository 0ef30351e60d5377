import { resticParts } from "../domain/restic-place.ts";
import { contentsIn, type Snapshot, snapshotsIn, TAG, TAIL, tailIn } from "../domain/restic-snapshots.ts";
import { OperatorError } from "../errors.ts";
import type { BackupBytes, BackupSink } from "./backup-bytes.ts";
import { noBackup } from "./backup-errors.ts";
import type { Executor } from "./exec.ts";
import { openRestic, type Restic } from "./restic.ts";
import { openStored } from "./restic-bytes.ts";
import { ResticSink } from "./restic-sink.ts";

/**
 * Archives in repositories of restic: a few snapshots each, found by their tags. Only snapshots with our tag are ever looked at.
 * @param environment with the password, and the keys of the storage
 */
export function createResticBackups(executor: Executor, environment: Readonly<Record<string, string | undefined>>) {
  const at = (path: string) => {
    const { repository, name } = resticParts(path);
    const place = `restic:${repository}`;
    return { place, name, restic: openRestic(executor, environment, place) };
  };
  const look = async (restic: Restic): Promise<readonly Snapshot[]> =>
    snapshotsIn(await restic.runUnlocked("snapshots", "--json", "--tag", TAG));
  return {
    async exists(path: string): Promise<boolean> {
      const { restic, name } = at(path);
      return tailIn(await look(restic), name) !== undefined;
    },
    /** What others have in the repository stays, and so does the room that it took: see `reclaim`. */
    async remove(path: string): Promise<void> {
      const { restic, name } = at(path);
      const snapshots = await look(restic);
      const tails = snapshots.filter(each => each.file === TAIL && each.name === name);
      const contents = contentsIn(snapshots, name);
      // They have one name whatever the archive is called at the moment.
      const isNeeded = snapshots.some(
        each => each.file === TAIL && !tails.includes(each) && contentsIn(contents, each.name).length > 0,
      );
      const gone = [...tails, ...(isNeeded ? [] : contents)].map(({ id }) => id);
      if (gone.length > 0) await restic.runUnlocked("forget", ...gone);
    },
    /** What is there under the new name stays. */
    async rename(from: string, to: string): Promise<void> {
      const { restic, name } = at(from);
      const toName = at(to).name;
      const snapshots = await look(restic);
      const tail = tailIn(snapshots, name);
      if (tail === undefined) throw noBackup(from, "is not there");
      const there = tailIn(snapshots, toName);
      // restic writes the new one before it removes the old: this is where one was cut off.
      if (there?.origin === tail.origin) await restic.runUnlocked("forget", tail.id);
      else if (there !== undefined)
        throw new OperatorError("EXISTS", `There is already ${to}.`, { hint: "graph-mgr backup list --to PLACE" });
      else await restic.runUnlocked("tag", "--set", TAG, "--set", toName, tail.id);
    },
    /** Names of archives, sorted. */
    async list(place: string): Promise<readonly string[]> {
      const snapshots = await look(openRestic(executor, environment, place));
      return [...new Set(snapshots.filter(({ file }) => file === TAIL).map(({ name }) => name))].sort();
    },
    async write(path: string): Promise<BackupSink> {
      const { restic, name } = at(path);
      return new ResticSink(restic, name);
    },
    async read(path: string): Promise<BackupBytes> {
      const { place, restic, name } = at(path);
      return await openStored(restic, place, { path, name, snapshots: await look(restic) });
    },
    /** Deletes what no snapshot needs any more. It needs the repository for itself: a lock that is there stays. */
    async reclaim(place: string): Promise<void> {
      await openRestic(executor, environment, place).run("prune", "--quiet");
    },
  };
}
