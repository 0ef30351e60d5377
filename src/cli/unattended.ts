import { messageOf, OperatorError } from "../errors.ts";
import { resume, undo } from "./commands/operations.ts";
import type { Session } from "./session.ts";
import { nameOf } from "./unfinished.ts";

/** An update may be at work, and takes less. */
const PATIENCE_MS = 3_600_000;
const ASK_AGAIN_MS = 15_000;

/** What may be cleared away with nobody there when it was cut off: nothing of it touches what serves. */
export const BACKUP_KINDS = ["backup-create", "backup-drill", "backup-prune"];

/** Somebody else at work is waited for. @throws OperatorError LOCKED when that takes too long */
export async function patiently<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const { elapsedMs, pause } = session.world;
  const begunMs = elapsedMs();
  for (let hasSaid = false; ; hasSaid = true) {
    try {
      return await work();
    } catch (error) {
      const isLocked = error instanceof OperatorError && error.code === "LOCKED";
      if (!isLocked || elapsedMs() - begunMs > PATIENCE_MS) throw error;
      if (!hasSaid) session.note(`${messageOf(error)} Waiting for that.`);
      await pause(ASK_AGAIN_MS, session.signal);
    }
  }
}

/** What was cut off by a reboot would be in the way of all that follows. Of these kinds alone: what else is unfinished is the operator's to decide. */
export async function clearAway(session: Session, kinds: readonly string[]): Promise<void> {
  if (session.flags.dryRun) return;
  const cut = (await session.store.list()).find(({ outcome }) => outcome === "unfinished");
  if (!cut || !kinds.includes(cut.plan.operation)) return;
  session.note(`The ${nameOf(cut.plan)} is not finished. Unless somebody is at it, that is cleared away first.`);
  const aside: Session = { ...session, flags: { ...session.flags, json: false }, print: session.note };
  try {
    await undo(aside);
  } catch (error) {
    const code = error instanceof OperatorError ? error.code : "";
    // It was done, and is closed now.
    if (code === "ALREADY_DONE") return;
    if (code !== "CANNOT_UNDO") throw error;
    await resume(aside, "stop");
  }
}
