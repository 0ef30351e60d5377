import { z } from "zod";

/** What two graph-mgr say to each other while an instance moves from one machine to another: JSON over ssh (docs/formats.md). */
const port = z.object({ port: z.number().int(), by: z.string().max(300) });

const there = z.object({
  schema: z.literal(1),
  /** Docker's of the engine there. */
  engine: z.object({
    id: z.string().max(200),
    version: z.string().max(100),
    compose: z.string().max(100),
    architecture: z.string().max(40),
    imageStore: z.enum(["classic", "containerd"]),
  }),
  /** Ids of all containers there: cloned machines have engines of one id, and no two engines one container. */
  containers: z.array(z.string().max(100)).max(100_000),
  home: z.string().max(4096),
  /** Instances of that home. */
  instances: z.array(z.string().max(300)).max(10_000),
  /** What is to be finished there first; null when nothing is. */
  unfinished: z.string().max(1000).nullable(),
  freeBytes: z.number(),
  /** ISO 8601. */
  clock: z.iso.datetime(),
  /** Of the ports that were asked for, those that cannot be had. */
  takenPorts: z.array(port).max(1000),
});

/** Another machine as its own graph-mgr finds it. */
export type ThereFacts = z.infer<typeof there>;

const arrival = z.object({
  schema: z.literal(1),
  /** What became of the archive; null while nothing did. */
  instance: z.string().max(300).nullable(),
  /** Whether something about it was cut off there. */
  unfinished: z.boolean(),
  /** Some of it runs. */
  running: z.boolean(),
  /** All of it runs, and is not known to be unhealthy. */
  serving: z.boolean(),
  ports: z
    .array(z.object({ service: z.string().max(255), container: z.number().int(), host: z.number().int().nullable() }))
    .max(1000),
});

/** How far an instance is that moves to another machine, as that machine says it. */
export type Arrival = z.infer<typeof arrival>;

export const NOT_ARRIVED: Arrival = { schema: 1, instance: null, unfinished: false, running: false, serving: false, ports: [] };

const ahead = z.object({
  schema: z.literal(1),
  /** sha256 of each part of the files that was sent before, as it was read then. */
  chunks: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(1_000_000),
});

/** What the other machine has of an instance before its move. */
export type Ahead = z.infer<typeof ahead>;

/** Null for what is no such answer. */
export const parseAhead = (value: unknown): Ahead | null => ahead.safeParse(value).data ?? null;
export const parseThere = (value: unknown): ThereFacts | null => there.safeParse(value).data ?? null;
export const parseArrival = (value: unknown): Arrival | null => arrival.safeParse(value).data ?? null;

/** A move is named like the operation that makes it, and the name stands in a path over there. */
export const isMoveName = (text: string): boolean => /^[0-9]{8}T[0-9]{6}Z-migrate-[a-z0-9]{1,12}$/.test(text);
