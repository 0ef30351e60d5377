import { chmod, mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { type BackupStream, MEMBERS, partName } from "../domain/backup.ts";
import { OperatorError } from "../errors.ts";
import { measured } from "./backup-check.ts";
import { damagedBackup, faultIn } from "./backup-errors.ts";
import { type BackupFile, READ_BYTES } from "./backup-file.ts";
import { judged, TREE_LIMITS, type TreeEntry } from "./backup-tree.ts";
import { sharedBy, unfolded } from "./compression.ts";
import type { Executor } from "./exec.ts";
import { readTar } from "./tar-reader.ts";
import { END_BLOCKS, entryHeader, paddingFor } from "./tar-write.ts";
import { TreeDigest } from "./tree-digest.ts";
import { pathExists, removeTree, syncFolder } from "./unpack-tree.ts";

/** @throws OperatorError BACKUP_DAMAGED */
export function streamIn({ path, manifest }: BackupFile, name: string): BackupStream {
  const stream = manifest.streams.find(each => each.name === name);
  if (stream === undefined) throw damagedBackup(path, name, "it is not there");
  return stream;
}

/** A stream as it was before it was compressed. What is wrong with a part is found at its end, and undoes whatever came of it. */
export async function* streamBytes(backup: BackupFile, stream: BackupStream, executor: Executor): AsyncGenerator<Buffer> {
  const parts = async function* () {
    const memory = sharedBy(stream.compression, Buffer.allocUnsafeSlow(READ_BYTES));
    for (let part = 1; part <= stream.parts; part++) yield* backup.read(partName(stream.name, stream.compression, part), memory);
  };
  try {
    yield* measured(unfolded(stream.compression, parts(), executor, TREE_LIMITS), stream);
  } catch (error) {
    throw faultIn(backup.path, stream.name, error);
  }
}

/**
 * Has a tree written by `write`, which gets an archive of it that was put together anew: clean names, links last, nothing that another
 * tar could read in another way. Returns the digests of which the tree must have one then.
 */
export async function writeTree(
  backup: BackupFile,
  name: string,
  executor: Executor,
  write: (archive: Readable) => Promise<unknown>,
): Promise<readonly string[]> {
  const seen = new TreeDigest();
  const entries = judged(readTar(streamBytes(backup, streamIn(backup, name), executor), TREE_LIMITS));
  const state: { trouble: unknown } = { trouble: null };
  const anew = async function* () {
    try {
      yield* rewritten(seen.along(entries));
    } catch (error) {
      state.trouble = error;
      throw error;
    }
  };
  const archive = Readable.from(anew(), { objectMode: false });
  // Whoever reads it may let go of it before it fails.
  archive.on("error", () => {});
  try {
    await write(archive);
  } catch (error) {
    throw faultIn(backup.path, name, state.trouble ?? error);
  } finally {
    archive.destroy();
  }
  if (state.trouble !== null) throw faultIn(backup.path, name, state.trouble);
  return seen.digests();
}

async function* rewritten(entries: AsyncIterable<TreeEntry>): AsyncGenerator<Buffer> {
  const links: Buffer[] = [];
  for await (const entry of entries) {
    const header = entryHeader({
      ...entry,
      path: entry.path === "" ? "." : `./${entry.path}`,
      linkTarget: targetOf(entry),
      modifiedSeconds: entry.modifiedMs / 1000,
    });
    if (entry.type === "link") {
      links.push(header);
      continue;
    }
    yield header;
    for await (const piece of entry.content) yield piece;
    if (entry.sizeBytes > 0) yield paddingFor(entry.sizeBytes);
  }
  yield* links;
  yield END_BLOCKS;
}

const targetOf = ({ type, linkTarget }: TreeEntry): string => (type === "hardlink" ? `./${linkTarget}` : linkTarget);

/** The dump's files into a folder that appears whole. @throws OperatorError EXISTS */
export async function unpackDump(backup: BackupFile, to: string): Promise<void> {
  if (await pathExists(to)) throw new OperatorError("EXISTS", `There is already ${to}.`);
  const part = `${to}.part`;
  await removeTree(part);
  await mkdir(part, { mode: 0o700 });
  await chmod(part, 0o700);
  const folders = new Set([part]);
  const memory = Buffer.allocUnsafeSlow(READ_BYTES);
  for (const { name } of backup.members.filter(each => each.name.startsWith(MEMBERS.database))) {
    const path = join(part, name.slice(MEMBERS.database.length));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    folders.add(dirname(path));
    const file = await open(path, "wx", 0o600);
    try {
      for await (const piece of backup.read(name, memory))
        for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
      await file.sync();
    } finally {
      await file.close();
    }
  }
  for (const folder of folders) await syncFolder(folder);
  await rename(part, to);
  await syncFolder(dirname(to));
}
