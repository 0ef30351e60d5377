import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { crc32, deflateRawSync, gzip } from "node:zlib";
import { inBlocks } from "./blocks.ts";

const compress = promisify(gzip);

/** A dump inside is compressed already, and configuration is small: a higher level costs time and saves little. */
const LEVEL = 1;
/** Small, so that what is worth it and what is not seldom share one: of random bytes a core compresses 30 MB a second, and stores thousands. */
export const BLOCK_BYTES = 2 ** 18;
/** zlib works in the four threads that Node has for such things. */
const MOST_AT_ONCE = 4;
const SAMPLE_BYTES = 2048;
const SAMPLES = 4;
/** What is left of a sample that is worth compressing. */
const WORTH = 0.9;
/** For a sample, of which zlib's usual ones would take longer to make than to use. */
const SAMPLING = { level: LEVEL, windowBits: 13, memLevel: 6, chunkSize: 2 * SAMPLES * SAMPLE_BYTES };
/** What a block usually comes to, or more: memory that is asked for anew each time costs more than to compress. */
const CHUNK_BYTES = 2 ** 16;

/** Where a block waits, and how it is stored, if it is: used again and again, or the collection of garbage would take as long as all else. */
interface Place {
  readonly block: Buffer;
  readonly stored: Buffer;
}

/**
 * As gzip: a file of several members is what they are one after the other (RFC 1952), so each block can be compressed by itself, several at once. What does not
 * get smaller (images, videos, archives) is stored as it is. Each member comes whole, and is valid until the next one is asked for.
 */
export async function* gzipMembers(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism());
  // One for each that waits, and one that is filled meanwhile.
  const places = Array.from({ length: atOnce + 1 }, newPlace);
  const placeOf = (number: number): Place => places[number % places.length] as Place;
  const under: Promise<Buffer>[] = [];
  try {
    let [filled, members] = [0, 0];
    for await (const block of inBlocks(source, BLOCK_BYTES, () => placeOf(filled++).block)) {
      const member = memberOf(block, placeOf(members));
      members += 1;
      // Whoever asks for it hears of it; until then it is nobody's rejection.
      member.catch(() => undefined);
      under.push(member);
      if (under.length > atOnce) yield await (under.shift() as Promise<Buffer>);
    }
    if (members === 0) under.push(memberOf(Buffer.alloc(0), placeOf(0)));
    while (under.length > 0) yield await (under.shift() as Promise<Buffer>);
  } finally {
    await Promise.allSettled(under);
  }
}

const newPlace = (): Place => ({
  block: Buffer.allocUnsafeSlow(BLOCK_BYTES),
  stored: Buffer.allocUnsafeSlow(storedBytes(BLOCK_BYTES)),
});

const memberOf = async (block: Buffer, { stored }: Place): Promise<Buffer> =>
  isWorthIt(block) ? await compress(block, { level: LEVEL, chunkSize: CHUNK_BYTES }) : storedMember(block, stored);

function isWorthIt(block: Buffer): boolean {
  if (block.length <= SAMPLES * SAMPLE_BYTES) return true;
  const step = Math.floor(block.length / SAMPLES);
  // From the middle of each quarter: at the edges there is often the end of something else.
  const sample = Buffer.concat(
    Array.from({ length: SAMPLES }, (_, index) => {
      const at = Math.floor((index + 0.5) * step - SAMPLE_BYTES / 2);
      return block.subarray(at, at + SAMPLE_BYTES);
    }),
  );
  return deflateRawSync(sample, SAMPLING).length < WORTH * sample.length;
}

/** A member's header: deflate, no name, no time, from an unknown system. */
const HEADER = Buffer.from("1f8b08000000000000ff", "hex");
const TRAILER_BYTES = 8;
/** The most that deflate stores in one piece (RFC 1951, 3.2.4). */
const PIECE_BYTES = 65_535;
const PIECE_HEADER_BYTES = 5;

const storedBytes = (bytes: number): number =>
  HEADER.length + Math.ceil(bytes / PIECE_BYTES) * PIECE_HEADER_BYTES + bytes + TRAILER_BYTES;

/** A member that holds its bytes as they are, which zlib would take six times as long to make. @param into where it is put */
function storedMember(block: Buffer, into: Buffer): Buffer {
  let end = HEADER.copy(into);
  for (let at = 0; at < block.length; at += PIECE_BYTES) {
    const piece = block.subarray(at, at + PIECE_BYTES);
    end = into.writeUInt8(at + PIECE_BYTES >= block.length ? 1 : 0, end);
    end = into.writeUInt16LE(piece.length, end);
    end = into.writeUInt16LE(~piece.length & 0xffff, end);
    end += piece.copy(into, end);
  }
  end = into.writeUInt32LE(crc32(block), end);
  return into.subarray(0, into.writeUInt32LE(block.length, end));
}
