import { EXIT, OperatorError } from "../errors.ts";
import type { OperationEntry } from "../plan/operations.ts";
import { type Plan, spoken } from "../plan/plan.ts";
import type { Session } from "./session.ts";

/** `install of v2.22.2`. */
export const nameOf = ({ operation, instance }: Plan): string =>
  `${spoken(operation)}${instance === null ? "" : ` of ${instance}`}`;

export const unfinishedText = ({ plan, stepsDone, closing }: OperationEntry): string =>
  closing === null
    ? `The ${nameOf(plan)} is not finished; ${stepsDone} of ${plan.steps.length} steps are done.`
    : `The ${nameOf(plan)} is ${closing}, and was cut off before it was closed.`;

/** What is to be typed now. */
export const wayOut = ({ closing }: OperationEntry): string =>
  closing === null
    ? "graph-mgr resume   (goes on with it; graph-mgr undo takes it back)"
    : "graph-mgr resume   (closes it: it changes nothing else)";

/** What was undone and cut off while it was closed cannot be gone on with: what its steps need may be gone. */
export const undoneAlready = (plan: Plan): OperatorError =>
  new OperatorError("ALREADY_CLOSED", `The ${nameOf(plan)} had been undone when it was cut off; it is closed now.`, {
    exit: EXIT.undone,
    hint: `graph-mgr operations show ${plan.id}   (tells what it was; the command that began it begins anew)`,
  });

/** The same the other way round. */
export const doneAlready = (plan: Plan): OperatorError =>
  new OperatorError(
    "ALREADY_DONE",
    `The ${nameOf(plan)} was done when it was cut off, and is closed now; undo is for operations that are not.`,
    {
      ...(plan.wayBack === null ? {} : { hint: plan.wayBack }),
    },
  );

/**
 * Clears away answers, which may be secrets, of operations that need them no more: cut off before the first step, or, by an older version,
 * after the last word of the journal. With the home's lock held.
 */
export async function clearAnswers(store: Session["store"]): Promise<void> {
  await store.clearAwayUnplanned();
  for (const { plan, outcome } of await store.list()) if (outcome !== "unfinished") await store.clearAway(plan.id);
}

/** Looking goes on while an operation is unfinished; it is only said. */
export async function noticeUnfinished({ store, note }: Session): Promise<void> {
  const unfinished = (await store.list()).find(({ outcome }) => outcome === "unfinished");
  if (!unfinished) return;
  note(`${unfinishedText(unfinished)} See graph-mgr resume${unfinished.closing === null ? ", graph-mgr undo" : ""}.`);
}
