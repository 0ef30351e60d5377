import { contentsIn, type Snapshot, TAIL, tailIn } from "../domain/restic-snapshots.ts";
import type { BackupBytes } from "./backup-bytes.ts";
import { damagedBackup, noBackup } from "./backup-errors.ts";
import type { Restic } from "./restic.ts";
import { isDamage, resticFault } from "./restic-faults.ts";
import { layoutOf, stretchAt } from "./restic-layout.ts";
import { damaged } from "./tar-fault.ts";

const MOST_TAIL_BYTES = 300 * 2 ** 20;

/**
 * An archive in a repository, as the one file that it was. Stored files are read forwards by one run of restic each; who goes back begins
 * the file again.
 * @param place the repository
 */
export async function openStored(
  restic: Restic,
  place: string,
  { path, name, snapshots }: { readonly path: string; readonly name: string; readonly snapshots: readonly Snapshot[] },
): Promise<BackupBytes> {
  const tail = tailIn(snapshots, name);
  if (tail === undefined) throw noBackup(path, "is not there");
  const layout = layoutOf(path, await wholeTail(restic, place, { path, tail }));
  const contents = contentsIn(snapshots, name);
  let stored: StoredBytes | null = null;
  const reading = async (file: string, at: number): Promise<StoredBytes> => {
    if (stored?.file === file && stored.at <= at) return stored;
    await stored?.close();
    stored = null;
    const snapshot = contents.findLast(each => each.file === file);
    if (snapshot === undefined) throw damagedBackup(path, file, "its snapshot is not in the repository any more");
    stored = new StoredBytes(restic, place, { file, id: snapshot.id, sizeBytes: layout.files.get(file) ?? 0 });
    return stored;
  };
  return {
    sizeBytes: layout.sizeBytes,
    storedBytes: layout.sizeBytes,
    async read(into, offset, length, at) {
      const stretch = stretchAt(layout, at);
      if (stretch === undefined) return { bytesRead: 0 };
      const within = at - stretch.at;
      const most = Math.min(length, stretch.sizeBytes - within);
      const { from } = stretch;
      if (Buffer.isBuffer(from)) return { bytesRead: from.copy(into, offset, within, within + most) };
      const bytes = await (await reading(from.file, from.at + within)).take(from.at + within, most);
      return { bytesRead: bytes.copy(into, offset) };
    },
    close: async () => await stored?.close(),
  };
}

async function wholeTail(
  restic: Restic,
  place: string,
  { path, tail }: { readonly path: string; readonly tail: Snapshot },
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of restic.pipe("dump", tail.id, `/${TAIL}`)) {
      bytes += piece.length;
      if (bytes > MOST_TAIL_BYTES) throw damagedBackup(path, TAIL, "it is larger than any");
      pieces.push(piece);
    }
  } catch (error) {
    throw isDamage(error) ? damagedBackup(path, TAIL, "restic cannot read it") : resticFault(place, error);
  }
  return Buffer.concat(pieces);
}

/** One stored file, from its beginning on. */
class StoredBytes {
  readonly file: string;
  /** What is read next. */
  at = 0;
  readonly #place: string;
  readonly #sizeBytes: number;
  readonly #pieces: AsyncGenerator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(restic: Restic, place: string, stored: { readonly file: string; readonly id: string; readonly sizeBytes: number }) {
    this.file = stored.file;
    this.#place = place;
    this.#sizeBytes = stored.sizeBytes;
    this.#pieces = restic.pipe("dump", stored.id, `/${stored.file}`);
  }

  /** Some bytes, `most` at most, from a place on that is not behind `at`. @throws ArchiveFault */
  async take(from: number, most: number): Promise<Buffer> {
    while (this.at + this.#held.length <= from) await this.#more();
    const skipped = from - this.at;
    const bytes = this.#held.subarray(skipped, skipped + most);
    this.#held = this.#held.subarray(skipped + bytes.length);
    this.at += skipped + bytes.length;
    // Only when restic has ended well was all of it what it stored.
    if (this.at + this.#held.length === this.#sizeBytes) await this.#end();
    return bytes;
  }

  close = async (): Promise<void> => {
    await this.#pieces.return(undefined).catch(() => undefined);
  };

  async #more(): Promise<void> {
    const { value, done } = await this.#next();
    if (done) throw damaged(`${this.file} ends in it`);
    this.at += this.#held.length;
    this.#held = value;
    if (this.at + value.length > this.#sizeBytes) throw damaged(`${this.file} is longer than it was`);
  }

  async #end(): Promise<void> {
    if (!(await this.#next()).done) throw damaged(`${this.file} is longer than it was`);
  }

  async #next() {
    try {
      return await this.#pieces.next();
    } catch (error) {
      throw isDamage(error) ? damaged(`restic cannot read ${this.file}`) : resticFault(this.#place, error);
    }
  }
}
