import { hash } from "node:crypto";
import { OperatorError } from "../errors.ts";
import { closingOf, type Entry, type Journal } from "./journal.ts";
import { PLAN_SCHEMA, type Plan } from "./plan.ts";

/** What closing an operation needs of its run. */
export interface Closable {
  readonly plan: Plan;
  readonly journal: Journal;
  /** Removes, durably, what the operation kept for itself and nobody may find later: answers, which may be secrets. May be called again. */
  readonly clearAway: () => Promise<void>;
}

/** How an operation ended. */
export interface Ending {
  readonly outcome: "done" | "undone";
  /** What is not as it should be all the same, or could not be put back: a sentence each. */
  readonly remarks: readonly string[];
}

/** Binds a journal to its plan, so that a swapped plan.json is noticed. */
export const planDigest = (plan: Plan): string => hash("sha256", JSON.stringify(plan));

/**
 * The journal's entries, once it is sure that they are about this plan. A new journal is opened.
 * @throws OperatorError PLAN_CHANGED
 */
export async function entriesFor(plan: Plan, journal: Journal): Promise<readonly Entry[]> {
  const entries = await journal.read();
  const digest = planDigest(plan);
  const opened = entries[0];
  if (!opened) {
    await journal.append({ type: "opened", schema: PLAN_SCHEMA, plan: digest });
    return entries;
  }
  if (opened.type !== "opened" || opened.plan !== digest) {
    throw new OperatorError("PLAN_CHANGED", `The plan of operation ${plan.id} is not the one that its journal was begun with.`, {
      hint: "do not go on by hand; keep the folder `.graph-mgr/operations` and ask for help",
    });
  }
  await journal.settle();
  return entries;
}

/**
 * The end of an operation, in two words. After the first, steps are neither carried out nor put back any more, so that what they needed can go;
 * the second is written when it is gone. Whoever is cut off between them leaves an operation that is not finished, and is seen.
 */
export async function close(run: Closable, ending: Ending): Promise<Ending> {
  await run.journal.append({ type: "closing", outcome: ending.outcome });
  return await finish(run, ending);
}

/**
 * Brings an operation to its last word that was cut off on the way there. No step is looked at.
 * @returns null where it was not on the way there, and nothing was done
 * @throws OperatorError PLAN_CHANGED
 */
export async function finishClosing(run: Closable): Promise<Ending | null> {
  const outcome = closingOf(await run.journal.read());
  if (outcome === null) return null;
  await entriesFor(run.plan, run.journal);
  return await finish(run, { outcome, remarks: [] });
}

async function finish({ journal, clearAway }: Closable, ending: Ending): Promise<Ending> {
  await clearAway();
  await journal.append({ type: "closed", outcome: ending.outcome });
  return ending;
}
