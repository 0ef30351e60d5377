import type { OperationEntry } from "../plan/operations.ts";
import type { Plan } from "../plan/plan.ts";
import type { Session } from "./session.ts";

/** `install of v2.22.2`. */
export const nameOf = ({ operation, instance }: Plan): string => `${operation}${instance === null ? "" : ` of ${instance}`}`;

export const unfinishedText = ({ plan, stepsDone }: OperationEntry): string =>
  `The ${nameOf(plan)} is not finished; ${stepsDone} of ${plan.steps.length} steps are done.`;

/**
 * Clears away answers, which may be secrets, of operations that need them no more: cut off before the first step, or after the last word of
 * the journal. With the home's lock held. @returns all operations
 */
export async function clearAnswers(store: Session["store"]): Promise<readonly OperationEntry[]> {
  const all = await store.list();
  for (const { plan, outcome } of all) if (outcome !== "unfinished") await store.close(plan.id);
  return all;
}

/** Looking goes on while an operation is unfinished; it is only said. */
export async function noticeUnfinished({ store, note }: Session): Promise<void> {
  const unfinished = (await store.list()).find(({ outcome }) => outcome === "unfinished");
  if (unfinished) note(`${unfinishedText(unfinished)} See graph-mgr resume, graph-mgr undo.`);
}
