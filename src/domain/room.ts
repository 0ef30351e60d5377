import { OperatorError } from "../errors.ts";

/** Two looks at one file system differ by what is written between them. */
const SAME_DISK_BYTES = 64 * 1024 ** 2;

/** Whether two places with so much free are most likely on one file system. */
export const areOneDisk = (freeBytes: number, otherFreeBytes: number): boolean =>
  Math.abs(freeBytes - otherFreeBytes) < SAME_DISK_BYTES;

/** What an operation needs on disk, and what is there; bytes. */
export interface RoomFacts {
  readonly home: { readonly path: string; readonly neededBytes: number; readonly freeBytes: number };
  readonly engine: { readonly neededBytes: number; readonly freeBytes: number };
  /** Whether both are on one file system, so that the needs add up. */
  readonly isOne: boolean;
  /** What the machine has left; null where it does not tell. */
  readonly freeMemoryBytes: number | null;
}

/** While a database is dumped and restored two servers and their tools run. With less the kernel begins to kill. */
const LEAST_MEMORY_BYTES = 256 * 1024 ** 2;

/** What is left free on top, because a database writes a log while it is restored, and a full disk stops everything. */
const SPARE = 1.15;

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** `1.2 GB`, `340 MB`. */
export const bytesText = (bytes: number): string =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GB` : `${Math.ceil(bytes / MIB)} MB`;

/** What all of these need together, on the disks of the first. @throws RangeError without any */
export function roomForAll(rooms: readonly RoomFacts[]): RoomFacts {
  const [first] = rooms;
  if (first === undefined) throw new RangeError("nothing needs room");
  const sum = (of: (room: RoomFacts) => number): number => rooms.reduce((total, room) => total + of(room), 0);
  return {
    ...first,
    home: { ...first.home, neededBytes: sum(({ home }) => home.neededBytes) },
    engine: { ...first.engine, neededBytes: sum(({ engine }) => engine.neededBytes) },
  };
}

/** What it may come to, for a plan's note. */
export const roomNote = ({ home, engine }: RoomFacts): string =>
  `it takes ${bytesText(home.neededBytes)} in ${home.path} and ${bytesText(engine.neededBytes)} on the Docker Engine's disk at most`;

/** @throws OperatorError NO_ROOM */
export function refuseRoom({ home, engine, isOne }: RoomFacts): void {
  const needs = isOne
    ? [
        {
          where: `the disk of ${home.path} and of the Docker Engine`,
          needed: home.neededBytes + engine.neededBytes,
          free: Math.min(home.freeBytes, engine.freeBytes),
        },
      ]
    : [
        { where: `the disk of ${home.path}`, needed: home.neededBytes, free: home.freeBytes },
        { where: "the disk of the Docker Engine", needed: engine.neededBytes, free: engine.freeBytes },
      ];
  const short = needs.filter(({ needed, free }) => needed * SPARE > free);
  if (short.length === 0) return;
  const what = short.map(
    ({ where, needed, free }) => `${bytesText(needed * SPARE)} on ${where}, where ${bytesText(free)} is free`,
  );
  throw new OperatorError("NO_ROOM", `This takes ${what.join(", and ")}.`, {
    hint: "make room (an old instance: `graph-mgr remove NAME --volumes --confirm NAME`), then run it again",
  });
}

/** @throws OperatorError NO_MEMORY */
export function refuseMemory({ freeMemoryBytes: free }: RoomFacts): void {
  if (free === null || free >= LEAST_MEMORY_BYTES) return;
  throw new OperatorError(
    "NO_MEMORY",
    `This machine has ${bytesText(free)} of memory left, and moving a database takes ${bytesText(LEAST_MEMORY_BYTES)} at least.`,
    { hint: "stop what is not needed (`graph-mgr list`, `docker stats --no-stream`), then run it again" },
  );
}
