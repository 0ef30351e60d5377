import { expect, it } from "vitest";
import { type RoomFacts, refuseMemory, refuseRoom } from "../../src/domain/room.ts";
import { OperatorError } from "../../src/errors.ts";

const GIB = 1024 ** 3;
const room = (over: Partial<RoomFacts> = {}): RoomFacts => ({
  home: { path: "/srv", neededBytes: GIB, freeBytes: 10 * GIB },
  engine: { neededBytes: GIB, freeBytes: 10 * GIB },
  isOne: false,
  freeMemoryBytes: GIB,
  ...over,
});

function said(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof OperatorError) return `${error.code} ${error.message}`;
    throw error;
  }
}

it("15 % are left free on top of what is needed, and where both are one disk the needs add up", () => {
  const engine = { neededBytes: GIB, freeBytes: 1.16 * GIB };
  expect(said(() => refuseRoom(room({ engine })))).toBeNull();
  expect(said(() => refuseRoom(room({ engine: { ...engine, freeBytes: 1.14 * GIB } })))).toBe(
    "NO_ROOM This takes 1.1 GB on the disk of the Docker Engine, where 1.1 GB is free.",
  );
  expect(said(() => refuseRoom(room({ engine, isOne: true })))).toBe(
    "NO_ROOM This takes 2.3 GB on the disk of /srv and of the Docker Engine, where 1.2 GB is free.",
  );
});

it("too little memory is said before anything stops; a system that does not tell is no reason", () => {
  expect(said(() => refuseMemory(room({ freeMemoryBytes: 100 * 1024 ** 2 })))).toBe(
    "NO_MEMORY This machine has 100 MB of memory left, and moving a database takes 256 MB at least.",
  );
  expect(said(() => refuseMemory(room({ freeMemoryBytes: 256 * 1024 ** 2 })))).toBeNull();
  expect(said(() => refuseMemory(room({ freeMemoryBytes: null })))).toBeNull();
});
