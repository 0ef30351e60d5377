import type { CopyData } from "../../domain/copy-data.ts";
import type { InstanceRecord } from "../../domain/instance.ts";
import { chooseInstance } from "../../domain/instances.ts";
import { instanceName } from "../../domain/names.ts";
import { messageOf } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import type { CopyFacts } from "../../survey/copy.ts";
import type { HomeFacts } from "../../survey/home.ts";
import { BACK } from "../ask.ts";
import type { CopyArgs } from "../commands/copy.ts";
import { askAll, type Question } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { planQuestion } from "./plan.ts";
import { portQuestion } from "./ports.ts";

export interface CopyAnswers extends CopyArgs {
  readonly plan: Plan | null;
}

interface Making {
  readonly home: HomeFacts;
  readonly factsFor: (answers: CopyArgs) => Promise<CopyFacts>;
  readonly planFor: (answers: CopyArgs) => Promise<Plan>;
  /** The method that fits the source as it is now. */
  readonly usualData: (source: InstanceRecord) => Promise<CopyData>;
}

/** Asks for what no flag said; Enter all the way takes the defaults. */
export async function copyWizard(
  session: Session,
  args: CopyArgs,
  { home, factsFor, planFor, usualData }: Making,
): Promise<CopyAnswers> {
  const sourceOf = (state: CopyArgs) => chooseInstance(home.records, home.current, state.instance);
  const which: Question<CopyAnswers> = async (state, canGoBack) => {
    if (state.instance !== undefined || home.records.length <= 1) return "skipped";
    const choices = home.records.map(({ name }) => ({ name, value: name }));
    const answer = await session.ask.select(
      {
        flag: "instance",
        message: "Which instance shall be copied?",
        choices,
        ...(home.current === null ? {} : { initial: home.current }),
      },
      canGoBack,
    );
    return answer === BACK ? BACK : { ...state, instance: answer };
  };
  const named: Question<CopyAnswers> = async (state, canGoBack) => {
    if (state.name !== undefined) return "skipped";
    const { release } = sourceOf(state);
    const check = (text: string) => {
      try {
        const { name } = instanceName(release, text);
        return home.records.some(record => record.name === name) ? `There is already an instance ${name}.` : null;
      } catch (error) {
        return messageOf(error);
      }
    };
    const answer = await session.ask.text(
      { flag: "name", message: `A name for the copy of ${sourceOf(state).name}?`, initial: "copy", check },
      canGoBack,
    );
    return answer === BACK ? BACK : { ...state, name: answer };
  };
  const data: Question<CopyAnswers> = async (state, canGoBack) => {
    if (state.data !== undefined || state.stopSource) return "skipped";
    const choices = [
      { name: "dump: database and files, while the source goes on serving", value: "dump" as const },
      { name: "copy: the volumes byte by byte; the source must be stopped", value: "copy" as const },
      { name: "none: start empty", value: "none" as const },
    ];
    const answer = await session.ask.select<CopyData>(
      { flag: "data", message: "Which data shall come along, and how?", choices, initial: await usualData(sourceOf(state)) },
      canGoBack,
    );
    return answer === BACK ? BACK : { ...state, data: answer };
  };
  const portOf = (protocol: "http" | "https") => async (state: CopyAnswers) => {
    const at = sourceOf(state).product.ports[protocol];
    return (await factsFor(state)).ports.find(({ service, container }) => at?.service === service && at.container === container);
  };
  return await askAll<CopyAnswers>({ ...args, plan: null }, [
    which,
    named,
    data,
    portQuestion(session, "httpPort", portOf("http")),
    portQuestion(session, "httpsPort", portOf("https")),
    planQuestion<CopyAnswers>(session, planFor),
  ]);
}
