import { EXIT, OperatorError } from "../../errors.ts";
import { describePlan, type Plan } from "../../plan/plan.ts";
import { kinds } from "../../steps/index.ts";
import { BACK } from "../ask.ts";
import type { Question } from "../questionnaire.ts";
import type { Session } from "../session.ts";

/** The last question is the plan. A plan that is refused is said, and the question before is asked again. */
export function planQuestion<State extends { readonly plan: Plan | null }>(
  session: Session,
  makePlan: (state: State) => Promise<Plan>,
): Question<State> {
  return async (state, canGoBack) => {
    let plan: Plan;
    try {
      plan = await makePlan(state);
    } catch (error) {
      if (!(error instanceof OperatorError) || !canGoBack || error.exit !== EXIT.refused) throw error;
      session.note(`${error.message}${error.hint === undefined ? "" : `\nTry: ${error.hint}`}`);
      return BACK;
    }
    if (session.flags.dryRun) return { ...state, plan };
    session.note(describePlan(plan, kinds));
    const choices = [
      { name: "Do this", value: "go" as const },
      { name: "Cancel; nothing was changed", value: "cancel" as const },
    ];
    const answer = await session.ask.select({ flag: "yes", message: "This is the plan. Go?", choices }, canGoBack);
    if (answer === BACK) return BACK;
    if (answer === "cancel") throw new OperatorError("CANCELLED", "Cancelled; nothing was changed.", { exit: EXIT.cancelled });
    return { ...state, plan };
  };
}
