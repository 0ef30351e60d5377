import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { inBlocks } from "./blocks.ts";

const compress = promisify(gzip);

/** A dump inside is compressed already, and configuration is small: a higher level costs time and saves little. */
const LEVEL = 1;
/** Small, so that what is worth it and what is not seldom share one: of random bytes a core compresses 30 MB a second, and stores 400. */
export const BLOCK_BYTES = 2 ** 18;
/** zlib works in the four threads that Node has for such things. */
const MOST_AT_ONCE = 4;
const SAMPLE_BYTES = 2048;
const SAMPLES = 4;
/** What is left of a sample that is worth compressing. */
const WORTH = 0.9;

/**
 * As gzip: a file of several members is what they are one after the other (RFC 1952), so each block can be compressed by itself, several at once. What does not
 * get smaller (images, videos, archives) is stored as it is, ten times as fast.
 */
export async function* gzipMembers(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism());
  const under: Promise<Buffer>[] = [];
  try {
    let members = 0;
    for await (const block of inBlocks(source, BLOCK_BYTES)) {
      members += 1;
      const member = memberOf(block);
      // Whoever asks for it hears of it; until then it is nobody's rejection.
      member.catch(() => undefined);
      under.push(member);
      if (under.length > atOnce) yield await (under.shift() as Promise<Buffer>);
    }
    if (members === 0) under.push(memberOf(Buffer.alloc(0)));
    while (under.length > 0) yield await (under.shift() as Promise<Buffer>);
  } finally {
    await Promise.allSettled(under);
  }
}

async function memberOf(block: Buffer): Promise<Buffer> {
  return await compress(block, { level: (await isWorthIt(block)) ? LEVEL : 0, chunkSize: BLOCK_BYTES });
}

async function isWorthIt(block: Buffer): Promise<boolean> {
  if (block.length <= SAMPLES * SAMPLE_BYTES) return true;
  const step = Math.floor(block.length / SAMPLES);
  // From the middle of each quarter: at the edges there is often the end of something else.
  const sample = Buffer.concat(
    Array.from({ length: SAMPLES }, (_, index) => {
      const at = Math.floor((index + 0.5) * step - SAMPLE_BYTES / 2);
      return block.subarray(at, at + SAMPLE_BYTES);
    }),
  );
  return (await compress(sample, { level: LEVEL })).length < WORTH * sample.length;
}
