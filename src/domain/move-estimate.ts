import type { MoveMethod } from "./move-method.ts";

/** Bytes a second of each part. */
export interface Throughput {
  /** Of databases, by their size on disk. */
  readonly dump: number;
  readonly restore: number;
  /** Of the source's rows being read and summed, and of the copy's. */
  readonly prove: number;
  /** Of a volume or a folder, copied and proven by digest. */
  readonly copy: number;
}

/**
 * On two idle cores a database of 1.2 GB (`pgbench -i -s 60` and 1.5 million rows of jsonb, in a volume of 2.4 GB) took 2.7 s to dump, 8.9 to
 * restore, 1.5 to be summed, and its volume 3.9 s to copy; less what the proofs beside it take
 * (docs/decisions.md, "How long the window is").
 */
const USUAL: Throughput = { dump: 250e6, restore: 130e6, prove: 450e6, copy: 250e6 };

/**
 * What is read where something was written into large tables since they were moved, in readings of all rows: one of the source's for its proof, two for the
 * list of its rows, one to compare the lists, and one of the copy's for the proof in the end (docs/decisions.md). Where nothing was written it is two.
 */
const READS_TO_FOLLOW = 5;

/** Containers that start and stop, checkpoints, files that are few and small: what takes its time however little there is. */
const FIXED_SECONDS = { dump: 2, restore: 4, prove: 2, copy: 2 } as const;

export interface Window {
  /** Before the window, and not a part of it. */
  readonly aheadSeconds: number;
  readonly dumpSeconds: number;
  /** With the comparison of what came out of it. */
  readonly restoreSeconds: number;
  /** Of what was moved ahead: both sides are compared, and what was written since is moved, which is taken to be some rows of each table. */
  readonly followSeconds: number;
  /** Of volume and folders. */
  readonly copySeconds: number;
  readonly totalSeconds: number;
}

export interface ToMove {
  readonly method: MoveMethod;
  readonly databaseBytes: number;
  readonly volumeBytes: number;
  /** Folders and other volumes that are copied whatever the method. */
  readonly treeBytes: number;
  /** Whether it is dumped and restored before the window, with only the rest left to follow in it. */
  readonly isAhead?: boolean;
  /** What an earlier operation took on this machine, where one is known. */
  readonly measured?: Partial<Throughput>;
}

/** How long data is on its way; without stopping and starting the product, which takes what its health checks take. */
export function estimateWindow({
  method,
  databaseBytes,
  volumeBytes,
  treeBytes,
  isAhead = false,
  measured = {},
}: ToMove): Window {
  const rate = { ...USUAL, ...measured };
  const seconds = (part: keyof Throughput, bytes: number) => FIXED_SECONDS[part] + bytes / rate[part];
  const dump = method === "dump" ? seconds("dump", databaseBytes) : 0;
  const restore = method === "dump" ? seconds("restore", databaseBytes) + seconds("prove", databaseBytes) : 0;
  // The copy's rows are listed as well.
  const ahead = dump + restore + databaseBytes / rate.prove;
  const [dumpSeconds, restoreSeconds, aheadSeconds] = isAhead ? [0, 0, ahead] : [dump, restore, 0];
  const followSeconds = isAhead ? seconds("prove", READS_TO_FOLLOW * databaseBytes) : 0;
  const copied = (method === "copy" ? volumeBytes : 0) + treeBytes;
  const copySeconds = copied === 0 ? 0 : seconds("copy", copied);
  const totalSeconds = dumpSeconds + restoreSeconds + followSeconds + copySeconds;
  return { aheadSeconds, dumpSeconds, restoreSeconds, followSeconds, copySeconds, totalSeconds };
}

/** Too little to tell a rate from. */
const SAMPLE_BYTES = 50e6;

/**
 * A rate from what a part took: for `measured`, from an earlier operation or a sample.
 * @returns undefined when it was too little to tell
 */
export function throughputOf(part: keyof Throughput, bytes: number, tookMs: number): number | undefined {
  const workSeconds = tookMs / 1000 - FIXED_SECONDS[part];
  if (bytes < SAMPLE_BYTES || tookMs <= 0) return undefined;
  // Of a short run most is fixed, and what is left says nothing.
  return bytes / Math.max(workSeconds, tookMs / 4000);
}
