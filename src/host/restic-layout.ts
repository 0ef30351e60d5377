import { MEMBERS, parseManifest } from "../domain/backup.ts";
import { fileOf, HEAD, TAIL } from "../domain/restic-snapshots.ts";
import { damagedBackup } from "./backup-errors.ts";
import { memberHeader, padded } from "./backup-members.ts";
import { BLOCK_BYTES, parseHeader } from "./tar-header.ts";
import { END_BLOCKS, paddingFor } from "./tar-write.ts";

/** A stretch of an archive: bytes that are known without reading, or where they are stored. */
export interface Stretch {
  /** In the archive. */
  readonly at: number;
  readonly sizeBytes: number;
  readonly from: Buffer | { readonly file: string; readonly at: number };
}

export interface Layout {
  readonly stretches: readonly Stretch[];
  /** How long each stored file is. */
  readonly files: ReadonlyMap<string, number>;
  readonly sizeBytes: number;
}

/** Where everything of an archive is that was taken apart. @param tail the file with its manifest @throws OperatorError BACKUP_DAMAGED, BACKUP_UNKNOWN */
export function layoutOf(path: string, tail: Buffer): Layout {
  const manifest = parseManifest(manifestIn(path, tail), path);
  const seconds = Math.trunc(Date.parse(manifest.createdAt) / 1000);
  const stretches: Stretch[] = [];
  const files = new Map<string, number>();
  let at = 0;
  const put = (sizeBytes: number, from: Stretch["from"]) => {
    if (sizeBytes > 0) stretches.push({ at, sizeBytes, from });
    at += sizeBytes;
  };
  for (const { name, sizeBytes } of manifest.members) {
    const file = fileOf(name);
    const before = (files.get(file) ?? 0) + (file === HEAD ? BLOCK_BYTES : 0);
    put(BLOCK_BYTES, memberHeader(name, sizeBytes, seconds));
    put(sizeBytes, { file, at: before });
    put(padded(sizeBytes) - sizeBytes, paddingFor(sizeBytes));
    files.set(file, before + (file === HEAD ? padded(sizeBytes) : sizeBytes));
  }
  files.set(HEAD, (files.get(HEAD) ?? 0) + END_BLOCKS.length);
  put(tail.length, tail);
  return { stretches, files, sizeBytes: at };
}

/** The text of the first member. */
function manifestIn(path: string, tail: Buffer): string {
  const wrong = () => damagedBackup(path, MEMBERS.manifest, `${TAIL} does not begin with it`);
  try {
    const { name, sizeBytes } = parseHeader(tail.subarray(0, BLOCK_BYTES));
    if (name.toString("latin1") === MEMBERS.manifest && BLOCK_BYTES + sizeBytes <= tail.length)
      return tail.toString("utf8", BLOCK_BYTES, BLOCK_BYTES + sizeBytes);
  } catch {
    throw wrong();
  }
  throw wrong();
}

/** The stretch that a place of the archive is in; undefined behind its end. */
export function stretchAt({ stretches }: Layout, at: number): Stretch | undefined {
  let [low, high] = [0, stretches.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((stretches[middle]?.at ?? 0) <= at) low = middle;
    else high = middle;
  }
  const found = stretches[low];
  return found && at < found.at + found.sizeBytes ? found : undefined;
}
