import { Readable } from "node:stream";
import type { Compression } from "../domain/backup-compression.ts";
import type { Executor } from "./exec.ts";
import { gzipMembers } from "./gzip-members.ts";
import { gunzipped } from "./tar-gunzip.ts";
import type { Limits } from "./tar-limits.ts";

const ZSTD_LEVEL = 3;

type Squeeze = (source: AsyncIterable<Buffer>, executor: Executor) => AsyncIterable<Buffer>;
type Unfold = (source: AsyncIterable<Buffer>, executor: Executor, limits: Limits) => AsyncIterable<Buffer>;

const zstd = (...args: readonly string[]) => ({ program: "zstd", args: ["--quiet", "--stdout", ...args, "-"] });
const readable = (source: AsyncIterable<Buffer>): Readable => Readable.from(source, { objectMode: false });

const WAYS: Readonly<Record<Compression, { readonly squeeze: Squeeze; readonly unfold: Unfold }>> = {
  none: { squeeze: source => source, unfold: source => source },
  gzip: {
    squeeze: source => gzipMembers(source),
    unfold: (source, _, limits) => gunzipped(source, limits),
  },
  zstd: {
    squeeze: (source, executor) => executor.pipe(zstd(`-${ZSTD_LEVEL}`, "--check"), readable(source)),
    unfold: (source, executor) => executor.pipe(zstd("--decompress"), readable(source)),
  },
};

/** Memory that pieces may share which are unfolded: what is not gzip's keeps pieces for longer than until the next one. */
export const sharedBy = (way: Compression, memory: Buffer): Buffer | undefined => (way === "gzip" ? memory : undefined);

export const squeezed = (way: Compression, source: AsyncIterable<Buffer>, executor: Executor): AsyncIterable<Buffer> =>
  WAYS[way].squeeze(source, executor);

export const unfolded = (
  way: Compression,
  source: AsyncIterable<Buffer>,
  executor: Executor,
  limits: Limits,
): AsyncIterable<Buffer> => WAYS[way].unfold(source, executor, limits);
