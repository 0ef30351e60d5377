import { z } from "zod";
import { nameBeside } from "./backup-place.ts";

/** What all snapshots of ours have; no other is ever touched. */
export const TAG = "graph-mgr";
/** The file with the manifest: written last, and an archive is there if, and under which name, it is. */
export const TAIL = "tail.tar";
/** The file with all that is small, and the dump. */
export const HEAD = "head.tar";

/** The file in which a member lies: parts of a stream are joined again, so that what moves within it stays what it was. */
export function fileOf(member: string): string {
  if (member === "manifest.json" || member === "digest") return TAIL;
  const [, stream] = /^([^/]+)\.\d{8}$/.exec(member) ?? [];
  return stream ?? HEAD;
}

const listed = z
  .array(
    z.object({
      id: z.string(),
      /** Of before its tags were changed. */
      original: z.string().optional(),
      time: z.string(),
      paths: z.array(z.string()),
      tags: z.array(z.string()).nullish(),
    }),
  )
  .nullable();

export interface Snapshot {
  readonly id: string;
  /** Stays the same when it gets another name. */
  readonly origin: string;
  /** Of the archive. */
  readonly name: string;
  /** The one file in it. */
  readonly file: string;
}

/** Ours, the oldest first, of what `restic snapshots --json` printed. */
export const snapshotsIn = (printed: string): readonly Snapshot[] =>
  (listed.parse(JSON.parse(printed)) ?? [])
    .filter(({ tags, paths }) => tags?.includes(TAG) && paths.length === 1)
    .sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
    .flatMap(({ id, original, paths, tags }) => {
      const name = tags?.find(tag => tag !== TAG);
      return name === undefined ? [] : [{ id, origin: original ?? id, name, file: (paths[0] ?? "").replace(/^\//, "") }];
    });

/** The snapshot with the manifest of the archive of this name. */
export const tailIn = (snapshots: readonly Snapshot[], name: string): Snapshot | undefined =>
  snapshots.findLast(each => each.file === TAIL && each.name === name);

/** The others of an archive, which keep their names while it is hidden. */
export const contentsIn = (snapshots: readonly Snapshot[], name: string): readonly Snapshot[] =>
  snapshots.filter(each => each.file !== TAIL && each.name === nameBeside(name));
