import { open, readFile, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { chunkDigest, unframed } from "./chunk-frames.ts";
import { isCode } from "./node-disk.ts";
import { storeStream } from "./store-stream.ts";
import type { InputStore } from "./world.ts";

/**
 * What another machine has sent ahead of a move: its chunks, one behind the other in a file, and beside it their digests and where they lie. The
 * list is written last: without it nothing is there.
 */
const listOf = (path: string): string => `${path}.json`;

/** What is told of at most: 256 GB of them. What is beyond it is sent again. */
const MOST_CHUNKS = 900_000;

type Listed = readonly (readonly [digest: string, at: number, bytes: number])[];

/** What comes in on standard input. */
export const inputStore = (source: AsyncIterable<Buffer | string>): InputStore => ({
  store: path => storeStream(source, path),
  storeAhead: path => storeAhead(source, path),
  storeWhole: (path, ahead) => storeWhole(source, path, ahead),
  digestsAhead,
  removeAhead,
});

async function storeAhead(source: AsyncIterable<Buffer | string>, path: string): Promise<void> {
  await removeAhead(path);
  const listed: [string, number, number][] = [];
  const noted = async function* () {
    let at = 0;
    for await (const chunk of unframed(source, async () => null)) {
      if (listed.length < MOST_CHUNKS) listed.push([chunkDigest(chunk), at, chunk.length]);
      at += chunk.length;
      yield chunk;
    }
  };
  await storeStream(noted(), path);
  await storeStream(Readable.from([Buffer.from(JSON.stringify(listed))]), listOf(path));
}

async function listed(path: string): Promise<Listed> {
  try {
    return JSON.parse(await readFile(listOf(path), "utf8")) as Listed;
  } catch (error) {
    if (isCode(error, "ENOENT") || error instanceof SyntaxError) return [];
    throw error;
  }
}

const digestsAhead = async (path: string): Promise<readonly string[]> => (await listed(path)).map(([digest]) => digest);

async function storeWhole(source: AsyncIterable<Buffer | string>, path: string, ahead: string): Promise<void> {
  const places = new Map((await listed(ahead)).map(([digest, at, bytes]) => [digest, { at, bytes }]));
  const file = places.size === 0 ? null : await open(ahead, "r");
  try {
    const there = async (digest: string): Promise<Buffer | null> => {
      const place = places.get(digest);
      if (place === undefined || file === null) return null;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(place.bytes), 0, place.bytes, place.at);
      return buffer.subarray(0, bytesRead);
    };
    await storeStream(unframed(source, there), path);
  } finally {
    await file?.close();
  }
}

async function removeAhead(path: string): Promise<void> {
  await rm(listOf(path), { force: true });
  await rm(path, { force: true });
}
