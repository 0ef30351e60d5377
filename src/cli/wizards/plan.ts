import { EXIT, OperatorError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { BACK, cancelled } from "../ask.ts";
import { planText } from "../plan-text.ts";
import { BackTo, type Question } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { INSTALL_QUESTIONS, OTHER_QUESTIONS } from "../surface/questions.ts";
import { complain } from "./complain.ts";

const { plan: QUESTION } = INSTALL_QUESTIONS;
const { refused: REFUSED } = OTHER_QUESTIONS;

/** Which question's answer a refusal is about. */
const ABOUT: Readonly<Record<string, string>> = {
  PORT_TAKEN: "http-port",
  NAME_TAKEN: "name",
  IS_RUNNING: "data",
  DATABASE_DOWN: "data",
  REQUIRES_PATH: "release",
  NOT_ACKNOWLEDGED: "instructions",
  MERGE_CONFLICT: "conflicts",
  COMPOSE_EDITED: "conflicts",
  MERGE_NOT_EXACT: "conflicts",
  METHOD_UNSAFE: "postgres",
};

/** The last question is the plan. A plan that is refused is said, and what it is about is asked again. */
export function planQuestion<State extends { readonly plan: Plan | null }>(
  session: Session,
  makePlan: (state: State) => Promise<Plan>,
): Question<State> {
  return {
    key: "plan",
    async ask(state, canGoBack) {
      for (;;) {
        const made = await planOrComplain(session, () => makePlan(state), canGoBack);
        if (made instanceof OperatorError) {
          const answer = await afterRefusal(session, ABOUT[made.code]);
          if (answer === "again") continue;
          return answer;
        }
        return await agree(session, { ...state, plan: made }, made, canGoBack);
      }
    },
  };
}

async function planOrComplain(
  session: Session,
  makePlan: () => Promise<Plan>,
  canGoBack: boolean,
): Promise<Plan | OperatorError> {
  try {
    return await makePlan();
  } catch (error) {
    if (!(error instanceof OperatorError) || !canGoBack || error.exit !== EXIT.refused) throw error;
    complain(session, error);
    return error;
  }
}

async function agree<State>(session: Session, state: State, plan: Plan, canGoBack: boolean): Promise<State | typeof BACK> {
  if (session.flags.dryRun) return state;
  session.note(`\n${planText(plan, session.columns)}\n`);
  const [yes, no] = QUESTION.answers;
  const choices = [
    { name: yes, value: "go" as const },
    { name: no, value: "cancel" as const },
  ];
  const answer = await session.ask.select({ ...QUESTION, choices }, canGoBack);
  if (answer === "cancel") throw cancelled();
  return answer === BACK ? BACK : state;
}

async function afterRefusal(session: Session, about: string | undefined): Promise<typeof BACK | BackTo | "again"> {
  const [change, again, cancel] = REFUSED.answers;
  const choices = [
    { name: change, value: "change" as const },
    { name: again, value: "again" as const },
    { name: cancel, value: "cancel" as const },
  ];
  const answer = await session.ask.select({ ...REFUSED, choices }, false);
  if (answer === "cancel") throw cancelled();
  if (answer === "again") return answer;
  return about === undefined ? BACK : new BackTo(about);
}
