import { pipeline, Readable, type Transform } from "node:stream";
import { createGzip } from "node:zlib";
import type { Compression } from "../domain/backup.ts";
import type { Executor } from "./exec.ts";
import { decompressed } from "./tar-gunzip.ts";
import type { Limits } from "./tar-limits.ts";

/** A dump inside is compressed already, and configuration is small: a higher level costs time and saves little. */
const GZIP_LEVEL = 3;
const ZSTD_LEVEL = 3;

type Squeeze = (source: AsyncIterable<Buffer>, executor: Executor) => AsyncIterable<Buffer>;
type Unfold = (source: AsyncIterable<Buffer>, executor: Executor, limits: Limits) => AsyncIterable<Buffer>;

const zstd = (...args: readonly string[]) => ({ program: "zstd", args: ["--quiet", "--stdout", ...args, "-"] });
const readable = (source: AsyncIterable<Buffer>): Readable => Readable.from(source, { objectMode: false });

const WAYS: Readonly<Record<Compression, { readonly squeeze: Squeeze; readonly unfold: Unfold }>> = {
  none: { squeeze: source => source, unfold: source => source },
  gzip: {
    squeeze: source => through(source, createGzip({ level: GZIP_LEVEL, chunkSize: 2 ** 18 })),
    unfold: (source, _, limits) => decompressed(source, limits),
  },
  zstd: {
    squeeze: (source, executor) => executor.pipe(zstd(`-${ZSTD_LEVEL}`, "--check"), readable(source)),
    unfold: (source, executor) => executor.pipe(zstd("--decompress"), readable(source)),
  },
};

export const squeezed = (way: Compression, source: AsyncIterable<Buffer>, executor: Executor): AsyncIterable<Buffer> =>
  WAYS[way].squeeze(source, executor);

export const unfolded = (
  way: Compression,
  source: AsyncIterable<Buffer>,
  executor: Executor,
  limits: Limits,
): AsyncIterable<Buffer> => WAYS[way].unfold(source, executor, limits);

async function* through(source: AsyncIterable<Buffer>, transform: Transform): AsyncGenerator<Buffer> {
  let failure: unknown = null;
  pipeline(readable(source), transform, error => {
    failure = error;
  });
  for await (const piece of transform as AsyncIterable<Buffer>) yield piece;
  if (failure !== null && failure !== undefined) throw failure;
}
