import { isRemote } from "../domain/backup-place.ts";
import { FileSink, type OpenBytes, openFile } from "./backup-bytes.ts";
import { printOf } from "./backup-print.ts";
import type { Executor } from "./exec.ts";
import { createFileStore } from "./file-store.ts";
import { nodeDisk } from "./node-disk.ts";
import { createRemoteBackups } from "./remote-backups.ts";
import type { Backups, Trees } from "./world.ts";

/** Where archives lie: in a folder of this machine, or on another one. */
export function createBackupPlaces(executor: Executor, trees: Pick<Trees, "remove">) {
  const files = createFileStore(nodeDisk);
  const remote = createRemoteBackups(executor);
  const open: OpenBytes = path => (isRemote(path) ? remote.read(path) : openFile(path));
  const work: Pick<Backups, "print" | "exists" | "remove" | "rename" | "names" | "freeBytes"> = {
    print: (path, progress) => (isRemote(path) ? remote.print(path) : printOf(openFile, path, progress)),
    exists: path => (isRemote(path) ? remote.exists(path) : files.exists(path)),
    remove: path => (isRemote(path) ? remote.remove(path) : trees.remove(path, null)),
    rename: (from, to) => (isRemote(from) ? remote.rename(from, to) : files.rename(from, to)),
    names: folder => (isRemote(folder) ? remote.list(folder) : files.list(folder)),
    freeBytes: folder => remote.freeBytes(folder),
  };
  return { open, sink: (path: string) => (isRemote(path) ? remote.write(path) : FileSink.open(path)), work };
}
