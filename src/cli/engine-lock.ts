import type { Lock } from "../plan/operations.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunEvent } from "../plan/runner.ts";
import type { Session } from "./session.ts";

/** A wait that is longer is explained. */
const WORTH_SAYING_MS = 1500;

/** The engine's lock, for what takes names, ports or images of the engine, which other homes take from too. */
export interface EngineLock {
  /** Waits for it, unless it is held already. */
  take(): Promise<void>;
  release(): Promise<void>;
}

/** @param command what it is called for others */
export function engineLock(session: Session, command: string): EngineLock {
  let held: Lock | null = null;
  return {
    async take() {
      if (held !== null) return;
      const { id } = await session.world.engine.about();
      const waiting = setTimeout(
        () =>
          session.note(
            "Another graph-mgr is at work on this engine, in this home or another; it is waited for, a quarter of an hour at most.",
          ),
        WORTH_SAYING_MS,
      );
      try {
        held = await session.lockEngine(id, command);
      } finally {
        clearTimeout(waiting);
      }
    },
    async release() {
      const lock = held;
      held = null;
      await lock?.release();
    },
  };
}

/** Names and ports are taken once the containers are up; waiting for their health needs no lock. */
export const untilHealthy =
  (lock: EngineLock, { steps }: Plan) =>
  (event: RunEvent): void => {
    if (event.type === "doing" && steps[event.step]?.kind === "instance.healthy") void lock.release();
  };
