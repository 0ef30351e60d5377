import type { OperationEntry } from "../plan/operations.ts";
import type { Plan } from "../plan/plan.ts";
import type { Session } from "./session.ts";

/** `install of v2.22.2`. */
export const nameOf = ({ operation, instance }: Plan): string => `${operation}${instance === null ? "" : ` of ${instance}`}`;

export const unfinishedText = ({ plan, stepsDone }: OperationEntry): string =>
  `The ${nameOf(plan)} is not finished; ${stepsDone} of ${plan.steps.length} steps are done.`;

/** Looking goes on while an operation is unfinished; it is only said. */
export async function noticeUnfinished({ store, note }: Session): Promise<void> {
  const unfinished = (await store.list()).find(({ outcome }) => outcome === "unfinished");
  if (unfinished) note(`${unfinishedText(unfinished)} See graph-mgr resume, graph-mgr undo.`);
}
