import { isRemote } from "../domain/backup-place.ts";
import { isRestic } from "../domain/restic-place.ts";
import { FileSink, type OpenBytes, openFile } from "./backup-bytes.ts";
import { printOf } from "./backup-print.ts";
import type { Executor } from "./exec.ts";
import { createFileStore } from "./file-store.ts";
import { nodeDisk } from "./node-disk.ts";
import { createRemoteBackups } from "./remote-backups.ts";
import { publicSettings } from "./restic.ts";
import { createResticBackups } from "./restic-backups.ts";
import type { Backups, Trees } from "./world.ts";

/**
 * Where archives lie: in a folder of this machine, on another one, or in a repository of restic.
 * @param environment what restic is told by
 */
export function createBackupPlaces(
  executor: Executor,
  trees: Pick<Trees, "remove">,
  environment: Readonly<Record<string, string | undefined>>,
) {
  const files = createFileStore(nodeDisk);
  const remote = createRemoteBackups(executor);
  const restic = createResticBackups(executor, environment);
  const elsewhere = (path: string) => (isRestic(path) ? restic : isRemote(path) ? remote : null);
  const open: OpenBytes = path => elsewhere(path)?.read(path) ?? openFile(path);
  const work: Pick<Backups, "print" | "exists" | "remove" | "rename" | "names" | "freeBytes" | "reclaim" | "resticSettings"> = {
    print: (path, progress) => (isRemote(path) && !isRestic(path) ? remote.print(path) : printOf(open, path, progress)),
    exists: path => (elsewhere(path) ?? files).exists(path),
    remove: path => elsewhere(path)?.remove(path) ?? trees.remove(path, null),
    rename: (from, to) => (elsewhere(from) ?? files).rename(from, to),
    names: folder => (elsewhere(folder) ?? files).list(folder),
    freeBytes: folder => remote.freeBytes(folder),
    reclaim: place => restic.reclaim(place),
    resticSettings: async () => publicSettings(environment),
  };
  return { open, sink: (path: string) => elsewhere(path)?.write(path) ?? FileSink.open(path), work };
}
