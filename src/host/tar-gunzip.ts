import { createGunzip } from "node:zlib";
import { isZero } from "./tar-bytes.ts";
import { damaged, notTar, tooLarge } from "./tar-fault.ts";
import { LIMITS, type Limits } from "./tar-limits.ts";

/** Other ways to compress, by how they begin, with the program that takes them off. */
const OTHERS: readonly (readonly [magic: string, name: string, program: string])[] = [
  ["fd377a585a00", "xz", "xz -dc"],
  ["28b52ffd", "zstd", "zstd -dc"],
  ["425a68", "bzip2", "bzip2 -dc"],
  ["504b0304", "zip", "unzip"],
  ["1f9d", "compress", "uncompress -c"],
];

const HEAD_BYTES = 6;

/** The first bytes of a stream, in hexadecimal digits, and the stream as if nobody had looked. Close it, or read it to its end. */
export async function peeked(source: AsyncIterable<Buffer>): Promise<{ start: string; whole: AsyncGenerator<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    // Where another one follows, it may lie in the memory of this one.
    head = head.length === 0 && next.value.length >= HEAD_BYTES ? next.value : Buffer.concat([head, next.value]);
  }
  return { start: head.toString("hex", 0, HEAD_BYTES), whole: resumed(head, chunks) };
}

export const isGzip = (start: string) => start.startsWith("1f8b");

/** The bytes below a gzip compression, or the bytes themselves when there is none; told by the content, not by a name. */
export async function* decompressed(source: AsyncIterable<Buffer>, limits: Limits = LIMITS): AsyncGenerator<Buffer> {
  const { start, whole } = await peeked(source);
  const other = OTHERS.find(([magic]) => start.startsWith(magic));
  if (other === undefined) return yield* isGzip(start) ? members(whole, limits) : whole;
  await letGo(whole);
  throw notTar(`it is compressed with ${other[1]}; what can be read is tar and tar with gzip (take it off with ${other[2]})`);
}

/** The bytes below what must be a gzip compression; pieces of it may share their memory. */
export async function* gunzipped(source: AsyncIterable<Buffer>, limits: Limits): AsyncGenerator<Buffer> {
  const { start, whole } = await peeked(source);
  if (isGzip(start)) return yield* members(whole, limits);
  await letGo(whole);
  throw damaged("it is not compressed as it should be");
}

/** One that was not begun has nothing to end. */
async function letGo(whole: AsyncGenerator<Buffer>): Promise<void> {
  await whole.next();
  await whole.return(undefined);
}

async function* resumed(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}

/**
 * zlib works in a thread of its own, so that this and the hashing of what comes out overlap; it is twice as fast as the
 * gzip program. zlib's stream stops at the first byte that is no further member and drops the rest in silence: what it
 * left is looked at here, and anything but padding with zeros is damage.
 */
async function* members(source: AsyncIterable<Buffer>, limits: Limits): AsyncGenerator<Buffer> {
  const engine = createGunzip({ chunkSize: limits.chunkBytes });
  let abandoned = false;
  let failure: unknown = null;
  let wake = () => {};
  engine.once("end", () => wake());
  engine.once("close", () => wake());

  const feed = async () => {
    let fedBytes = 0;
    let over = false;
    for await (const chunk of source) {
      if (abandoned) return;
      let left = chunk;
      if (!over) {
        await new Promise<void>(resolve => {
          wake = resolve;
          engine.write(chunk, () => resolve());
        });
        if (abandoned || engine.errored !== null) return;
        left = chunk.subarray(engine.bytesWritten - fedBytes);
        fedBytes += chunk.length;
        over = left.length > 0 || engine.readableEnded;
      }
      if (over && !isZero(left)) throw damaged("there is something else behind the compressed data");
    }
    if (!over) engine.end();
  };
  const fed = feed().catch((error: unknown) => {
    failure = error;
    engine.destroy();
  });

  try {
    let bytes = 0;
    for await (const piece of engine as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > limits.ratioFromBytes && bytes > limits.ratio * engine.bytesWritten) {
        throw tooLarge(`it is compressed more than ${limits.ratio} times, as only an archive made to fill a disk is`);
      }
      yield piece;
    }
    // What is behind the compressed data is looked at to its end.
    await fed;
  } catch (error) {
    await fed;
    throw failure ?? faultOf(error);
  } finally {
    abandoned = true;
    engine.destroy();
    await fed;
  }
  if (failure !== null) throw failure;
}

function faultOf(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "Z_BUF_ERROR") return damaged("its compressed data ends too early");
  return code.startsWith("Z_") && error instanceof Error ? damaged(`its compressed data is broken (${error.message})`) : error;
}
