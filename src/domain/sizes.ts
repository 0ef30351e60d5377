import { z } from "zod";

const measurement = z.object({
  at: z.iso.datetime(),
  /** Of the file systems of these paths. */
  disks: z.record(z.string(), z.object({ totalBytes: z.number(), freeBytes: z.number() })),
  /** By Docker's name. */
  volumes: z.record(z.string(), z.number()),
});

const sizes = z.object({ schema: z.literal(1), measurements: z.array(measurement) });

/** What was measured at one moment. */
export type Measurement = z.infer<typeof measurement>;

const MOST = 100;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Measurements that are nearer tell of a single upload, and not of a growth. */
const APART_MS = 4 * HOUR_MS;
/** What grew half a year ago may not grow any more. */
const RECENT_MS = 45 * DAY_MS;

/** Oldest first. Null for what cannot be read: it is made anew. */
export function parseSizes(text: string | null): readonly Measurement[] | null {
  if (text === null) return [];
  try {
    return sizes.parse(JSON.parse(text)).measurements;
  } catch {
    return null;
  }
}

export const sizesToText = (measurements: readonly Measurement[]): string => `${JSON.stringify({ schema: 1, measurements })}\n`;

/** With one more. Of those of one hour the first stays, so that a hundred reach far back; what a clock put into the future goes. */
export function withMeasurement(known: readonly Measurement[], now: Measurement): readonly Measurement[] {
  const at = Date.parse(now.at);
  const past = known.filter(each => Date.parse(each.at) < at);
  const [last, before] = [past.at(-1), past.at(-2)];
  const isCrowded = last !== undefined && before !== undefined && Date.parse(last.at) - Date.parse(before.at) < HOUR_MS;
  return [...(isCrowded ? past.slice(0, -1) : past), now].slice(-MOST);
}

export interface Growth {
  /** Negative where it shrinks. */
  readonly bytesPerDay: number;
  /** How far apart the two looks are that say so. */
  readonly overMs: number;
}

/**
 * How fast something grows, by the first and the last look of the last weeks; null where they are too near to each other to tell.
 * @param sizeIn bytes that it took then; null where it was not measured, or was another disk
 */
export function growthOf(
  measurements: readonly Measurement[],
  sizeIn: (measurement: Measurement) => number | null,
): Growth | null {
  const seen = measurements.flatMap(each => {
    const sizeBytes = sizeIn(each);
    return sizeBytes === null ? [] : [{ atMs: Date.parse(each.at), sizeBytes }];
  });
  const last = seen.at(-1);
  if (last === undefined) return null;
  const first = seen.find(({ atMs }) => last.atMs - atMs <= RECENT_MS);
  if (first === undefined || last.atMs - first.atMs < APART_MS) return null;
  const overMs = last.atMs - first.atMs;
  return { bytesPerDay: ((last.sizeBytes - first.sizeBytes) / overMs) * DAY_MS, overMs };
}

/** What was taken of a disk, as long as it is the same one. */
export const usedOf =
  (path: string, totalBytes: number) =>
  ({ disks }: Measurement): number | null => {
    const disk = disks[path];
    return disk?.totalBytes === totalBytes ? disk.totalBytes - disk.freeBytes : null;
  };

/** What is remembered of a look, for the next one. */
export const measurementOf = (look: {
  readonly now: string;
  readonly machine: {
    readonly disks: readonly {
      readonly path: string;
      readonly room: { readonly totalBytes: number; readonly freeBytes: number } | null;
    }[];
  };
  readonly volumeSizes: Readonly<Record<string, number>> | null;
}): Measurement => ({
  at: look.now,
  disks: Object.fromEntries(
    look.machine.disks.flatMap(({ path, room }) =>
      room === null ? [] : [[path, { totalBytes: room.totalBytes, freeBytes: room.freeBytes }]],
    ),
  ),
  volumes: { ...look.volumeSizes },
});
