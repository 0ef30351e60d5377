import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { OpenBundle } from "./bundle-open.ts";
import { damaged } from "./tar-fault.ts";
import { decompressed } from "./tar-gunzip.ts";
import { LIMITS, type Limits } from "./tar-limits.ts";
import { readTar } from "./tar-reader.ts";
import type { Progress } from "./world.ts";

/** An archive on disk, open. The digest is the sha256 of the whole file, in hexadecimal digits. */
type OpenArchive = Omit<OpenBundle, "kind">;

/** @param doing what is said of the progress: "Checking the bundle" */
export async function openArchive(
  path: string,
  doing: string,
  progress: Progress,
  limits: Limits = LIMITS,
): Promise<OpenArchive> {
  const file = await open(path, "r");
  try {
    const { size, mtimeMs } = await file.stat();
    const report = reporter(doing, size, progress);
    const hash = createHash("sha256");
    let readBytes = 0;
    const raw = async function* () {
      for await (const chunk of chunksOf(file, limits.readBytes)) {
        hash.update(chunk);
        readBytes += chunk.length;
        report(readBytes);
        yield chunk;
      }
    };
    return {
      sizeBytes: size,
      modifiedMs: mtimeMs,
      entries: readTar(decompressed(raw(), limits), limits),
      digest: () => hash.digest("hex"),
      async isUnchanged() {
        const now = await file.stat();
        return now.size === size && now.mtimeMs === mtimeMs;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A file's content from its start, without closing it. A disk that cannot be read is damage, too. */
export async function* chunksOf(file: FileHandle, chunkBytes: number): AsyncGenerator<Buffer> {
  const read = (at: number) => file.read(Buffer.allocUnsafeSlow(chunkBytes), 0, chunkBytes, at).catch(unreadable);
  let next = read(0);
  // One read ahead: the disk works while the chunk before is hashed.
  try {
    for (let at = 0; ; ) {
      const { bytesRead, buffer } = await next;
      if (bytesRead === 0) return;
      at += bytesRead;
      next = read(at);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await next.catch(() => {});
  }
}

function unreadable(error: NodeJS.ErrnoException): never {
  throw error.code === "EIO" ? damaged("the disk cannot read it (EIO)") : error;
}

/** Tells the progress in percent, at most four times a second. */
export function reporter(doing: string, sizeBytes: number, progress: Progress): (doneBytes: number) => void {
  let lastMs = 0;
  return doneBytes => {
    const nowMs = performance.now();
    if (nowMs - lastMs < 250 && doneBytes < sizeBytes) return;
    lastMs = nowMs;
    progress(`${doing}: ${Math.floor((100 * doneBytes) / Math.max(1, sizeBytes))} % of ${Math.ceil(sizeBytes / 1e6)} MB`);
  };
}
