import { describe, expect, it } from "vitest";
import { downtimeText, watchDowntime } from "../../src/cli/downtime.ts";
import type { Session } from "../../src/cli/session.ts";
import type { BootClock } from "../../src/host/world.ts";
import type { Entry } from "../../src/plan/journal.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { RunEvent } from "../../src/plan/runner.ts";

const NOON = "2026-10-25T12:00:00.000Z";
const YEAR_MS = 366 * 86_400_000;
/** Of which 2 s go by under the eyes of this run. */
const WATCHED_MS = 2000;

const plan = (...kinds: readonly string[]) =>
  ({
    steps: kinds.map(kind => ({ kind, input: { keep: ["postgres"], probe: { port: 80, tls: false, path: "/" } } })),
  }) as unknown as Plan;
const UPDATE = plan("bundle.unpack", "instance.quiet", "front.open");

interface Host {
  /** What a run before wrote down. */
  readonly entries?: readonly Entry[];
  readonly wallMs?: number;
  readonly boot?: BootClock | null;
  /** Whether visitors still go without it in the end. */
  readonly isDown?: boolean;
  /** Services that ran when the window was opened. */
  readonly running?: readonly string[];
}

/** Carries out the steps by their numbers, and tells what visitors went without. */
async function downtimeOf(
  { entries = [], wallMs = Date.parse(NOON), boot = null, isDown = false, running = ["caddy", "postgres"] }: Host,
  steps = [0, 1, 2],
  of = UPDATE,
) {
  const session = {
    world: { now: () => new Date(wallMs), sinceBoot: async () => boot, elapsedMs: () => 0 },
    watchPort: () => ({ isDown: () => isDown, stop: async () => ({ downtimeMs: WATCHED_MS, gaps: [], isDown }) }),
  } as unknown as Session;
  const written = [...entries];
  const journal = { read: async () => written, append: async () => {}, settle: async () => {} };
  const downtime = await watchDowntime(session, { plan: of, journal });
  for (const step of steps) {
    if (step === 1) {
      const containers = ["caddy", "postgres"].map(service => ({ service, running: running.includes(service) }));
      written.push({ type: "doing", step, before: { openedAt: NOON, openedBoot: { boot: "a", ms: 1 }, containers } });
    }
    downtime.on({ type: "doing", step });
  }
  return await downtime.end();
}

const opened = (over: object = {}): readonly Entry[] => [
  { type: "doing", step: 0, before: null },
  { type: "done", step: 0 },
  { type: "doing", step: 1, before: { openedAt: NOON, openedBoot: { boot: "a", ms: 50_000 }, ...over } },
];
const after = (ms: number) => Date.parse(NOON) + ms;

it("is what was seen, of a run that nobody cut off, wherever the clock is set meanwhile", async () => {
  for (const wallMs of [after(0), after(YEAR_MS), after(-YEAR_MS)])
    expect(await downtimeOf({ wallMs, boot: { boot: "a", ms: 99_000 } })).toEqual({ downtimeMs: WATCHED_MS });
});

it("F66 counts from when a run before opened the window, and no clock that is set changes that", async () => {
  const boot = { boot: "a", ms: 110_000 };
  for (const wallMs of [after(60_000), after(YEAR_MS), after(-YEAR_MS)])
    expect(await downtimeOf({ entries: opened(), wallMs, boot }, [2])).toEqual({ downtimeMs: 60_000 + WATCHED_MS });
});

it("says when visitors still go without it", async () => {
  const seen = await downtimeOf({ isDown: true });
  expect(seen).toEqual({ downtimeMs: WATCHED_MS, downtimeGoesOn: true });
  expect(downtimeText({ downtimeMs: 61_400, downtimeGoesOn: true })).toBe(
    "Visitors have gone without it for 1 min 1 s so far, and still do.",
  );
});

it("F66 goes by the wall clock where the machine was started anew, says so, and is never negative", async () => {
  const told = async (over: Host, before: object = {}) =>
    await downtimeOf({ entries: opened(before), boot: { boot: "b", ms: 10_000 }, ...over }, [2]);
  const byTheClock = { downtimeMs: 60_000 + WATCHED_MS, downtimeApproximate: true };
  expect(await told({ wallMs: after(60_000) })).toEqual(byTheClock);
  expect(await told({ wallMs: after(-YEAR_MS) })).toEqual({ downtimeMs: WATCHED_MS, downtimeApproximate: true });
  // A container that was started anew, a system that does not tell, and a journal of an older version.
  expect(await told({ wallMs: after(60_000), boot: { boot: "a", ms: 10_000 } })).toEqual(byTheClock);
  expect(await told({ wallMs: after(60_000), boot: null })).toEqual(byTheClock);
  expect(await told({ wallMs: after(60_000) }, { openedBoot: undefined })).toEqual(byTheClock);
});

it("leaves out a window that was closed again: the old release served until this run", async () => {
  const entries: readonly Entry[] = [...opened(), { type: "undoing", step: 1 }, { type: "undone", step: 1 }];
  expect(await downtimeOf({ entries, wallMs: after(YEAR_MS), boot: { boot: "a", ms: 900_000 } }, [0, 1, 2])).toEqual({
    downtimeMs: WATCHED_MS,
  });
});

it("is none where nobody was turned away, or nobody visits", async () => {
  expect(await downtimeOf({}, [0])).toBeNull();
  expect(await downtimeOf({}, [0, 1, 2], plan("bundle.unpack", "volume.create", "front.open"))).toBeNull();
  expect(await downtimeOf({}, [0, 1], plan("bundle.unpack", "instance.quiet"))).toBeNull();
});

it("is none of an instance that was stopped before, or of which only the database ran, and nobody waits for an answer", async () => {
  for (const running of [[], ["postgres"]]) expect(await downtimeOf({ running, isDown: true })).toBeNull();
  expect(await downtimeOf({ running: ["caddy"], isDown: true })).not.toBeNull();
});

it("is told to people, and where it is not exact, as such", () => {
  expect(downtimeText({ downtimeMs: 61_400 })).toBe("Visitors went without it for 1 min 1 s.");
  expect(downtimeText({ downtimeMs: 61_400, downtimeApproximate: true })).toBe("Visitors went without it for about 1 min.");
});

describe("of a move to another machine", () => {
  const MOVE = plan("migrate.ahead", "instance.quiet", "migrate.send", "migrate.open", "migrate.commit");

  /** Each event takes a second. */
  async function moved(events: readonly Pick<RunEvent, "type" | "step">[], entries: readonly Entry[] = []) {
    let nowMs = 0;
    const world = { now: () => new Date(NOON), sinceBoot: async () => ({ boot: "a", ms: 60_000 }), elapsedMs: () => nowMs };
    const journal = { read: async () => entries, append: async () => {}, settle: async () => {} };
    const downtime = await watchDowntime({ world } as unknown as Session, { plan: MOVE, journal });
    for (const event of events) {
      downtime.on(event);
      nowMs += 1000;
    }
    return await downtime.end();
  }

  it("is from the stop of the writers until it serves there", async () => {
    const doing = [0, 1, 2, 3].flatMap(step => [{ type: "doing", step } as const, { type: "done", step } as const]);
    expect(await moved([...doing, { type: "doing", step: 4 }, { type: "done", step: 4 }])).toEqual({ downtimeMs: 5000 });
  });

  it("is until it serves here again, where it goes back", async () => {
    expect(
      await moved([
        { type: "doing", step: 1 },
        { type: "doing", step: 2 },
        { type: "undoing", step: 1 },
        { type: "undone", step: 1 },
        { type: "undoing", step: 0 },
      ]),
    ).toEqual({ downtimeMs: 3000 });
  });

  it("goes on where it serves nowhere", async () => {
    expect(await moved([{ type: "doing", step: 1 }])).toEqual({ downtimeMs: 1000, downtimeGoesOn: true });
  });

  it("F66 counts from when a run before opened the window, and is not told where it served there already", async () => {
    const events = [
      { type: "doing", step: 3 },
      { type: "done", step: 3 },
    ] as const;
    expect(await moved(events, opened())).toEqual({ downtimeMs: 10_000 + 1000 });
    expect(await moved([{ type: "doing", step: 4 }], [...opened(), { type: "done", step: 3 }])).toBeNull();
  });

  it("is none of a clone, and before the window", async () => {
    expect(await moved([{ type: "doing", step: 0 }])).toBeNull();
  });
});
