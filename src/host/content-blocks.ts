import { createHash } from "node:crypto";

/** Between these a block ends where its content says so. */
const LEAST_BYTES = 2 ** 20;
const MOST_BYTES = 4 * 2 ** 20;
/** One place in two million ends a block: the upper bits, which the last 32 bytes before it have made. */
const ENDS_AT = (2 ** 21 - 1) << 11;

/** A number for each value of a byte, the same on every machine. */
const GEAR = Uint32Array.from({ length: 256 }, (_, value) =>
  createHash("sha256").update(`graph-mgr block ${value}`).digest().readUInt32LE(0),
);

/**
 * The same bytes in blocks that end where the content says so: what is changed in one place changes the blocks around it, and those behind it
 * are what they were, wherever they have come to stand. Each block is valid until the one after the next is asked for.
 */
export async function* contentBlocks(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let [block, other] = [Buffer.allocUnsafeSlow(MOST_BYTES), Buffer.allocUnsafeSlow(MOST_BYTES)];
  let bytes = 0;
  let hash = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      const skipped = Math.min(piece.length, at + Math.max(0, LEAST_BYTES - bytes));
      const most = Math.min(piece.length, at + MOST_BYTES - bytes);
      let end = skipped;
      let isEnd = false;
      while (end < most && !isEnd) {
        hash = ((hash << 1) + (GEAR[piece[end++] ?? 0] ?? 0)) | 0;
        isEnd = (hash & ENDS_AT) === 0;
      }
      bytes += piece.copy(block, bytes, at, end);
      at = end;
      if (!isEnd && bytes < MOST_BYTES) continue;
      yield block.subarray(0, bytes);
      [block, other] = [other, block];
      bytes = 0;
      hash = 0;
    }
  }
  if (bytes > 0) yield block.subarray(0, bytes);
}
