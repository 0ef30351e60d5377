import { movedPath } from "../../domain/compose-edit-binds.ts";
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
import { folderMoves } from "../options.ts";
import { askAll, type Question, SKIPPED } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { COPY_QUESTIONS as ASKED, fill } from "../surface/questions.ts";
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
  readonly isRunning: (source: InstanceRecord) => Promise<boolean>;
}

type Answering = Question<CopyAnswers>["ask"];

/** Asks for what no flag said; Enter all the way takes the defaults. */
export async function copyWizard(session: Session, args: CopyArgs, making: Making): Promise<CopyAnswers> {
  const { home, planFor } = making;
  const factsFor = remembering(session, making.factsFor);
  const sourceOf = (state: CopyArgs) => chooseInstance(home.records, home.current, state.instance);
  // A name that is not there is said before the first question.
  if (args.instance !== undefined || home.records.length <= 1) sourceOf(args);
  const portOf = (protocol: "http" | "https") => async (state: CopyAnswers) => {
    const at = sourceOf(state).product.ports[protocol];
    return (await factsFor(state)).ports.find(({ service, container }) => at?.service === service && at.container === container);
  };
  return await askAll<CopyAnswers>({ ...args, plan: null }, [
    { key: "instance", ask: instanceQuestion(session, home) },
    { key: "name", ask: nameQuestion(session, home, sourceOf, factsFor) },
    { key: "data", ask: dataQuestion(session, sourceOf, making) },
    { key: "bind", ask: folderQuestion(session, factsFor) },
    portQuestion(session, "httpPort", portOf("http")),
    portQuestion(session, "httpsPort", portOf("https")),
    planQuestion<CopyAnswers>(session, planFor),
  ]);
}

/** @param isAsking while a question is on the screen */
type Look = (answers: CopyArgs, isAsking?: boolean) => Promise<CopyFacts>;

/** Looking takes a second, and two questions in a row see the same machine. The plan looks afresh. */
function remembering({ noteInPlace }: Session, look: Making["factsFor"]): Look {
  let last: { readonly key: string; readonly facts: CopyFacts } | null = null;
  return async (state, isAsking = false) => {
    const key = JSON.stringify([state.instance, state.name, state.bind, state.httpPort, state.httpsPort]);
    if (last?.key === key) return last.facts;
    // While a question is on the screen it says itself that an answer is being checked.
    if (!isAsking) noteInPlace("  Looking at this machine ...");
    try {
      last = { key, facts: await look(state) };
    } finally {
      if (!isAsking) noteInPlace("");
    }
    return last.facts;
  };
}

function instanceQuestion(session: Session, { records, current }: HomeFacts): Answering {
  return async (state, canGoBack, earlier) => {
    if (state.instance !== undefined || records.length <= 1) return SKIPPED;
    const choices = records.map(({ name }) => ({ name: name === current ? `${name} (current)` : name, value: name }));
    const initial = earlier?.instance ?? current;
    const question = { ...ASKED.instance, choices, ...(initial === null ? {} : { initial }) };
    const answer = await session.ask.select<string>(question, canGoBack);
    return answer === BACK ? BACK : { ...state, instance: answer };
  };
}

function nameQuestion(
  session: Session,
  { records }: HomeFacts,
  sourceOf: (state: CopyArgs) => InstanceRecord,
  factsFor: Look,
): Answering {
  return async (state, canGoBack, earlier) => {
    const { release } = sourceOf(state);
    const problemOf = async (text: string, isAsking: boolean) => {
      const { name } = instanceName(release, text);
      const [claim] = (await factsFor({ ...state, name: text }, isAsking)).claims;
      return claim === undefined ? null : `${name} is taken: ${claim}.`;
    };
    if (state.name !== undefined) {
      // Said before the other questions, as of one that is typed here.
      const problem = await problemOf(state.name, false);
      if (problem === null) return SKIPPED;
      if (earlier === undefined) session.note(problem);
    }
    const check = async (text: string) => {
      try {
        return await problemOf(text, true);
      } catch (error) {
        return messageOf(error);
      }
    };
    const isFree = (name: string) => !records.some(each => each.name === `${release}-${name}`);
    const free = ["copy", ...Array.from({ length: records.length + 1 }, (_, index) => `copy${index + 2}`)].find(isFree) ?? "copy";
    const message = fill(ASKED.name.message, { release });
    const answer = await session.ask.text({ ...ASKED.name, message, initial: earlier?.name ?? free, check }, canGoBack);
    return answer === BACK ? BACK : { ...state, name: answer };
  };
}

function dataQuestion(session: Session, sourceOf: (state: CopyArgs) => InstanceRecord, making: Making): Answering {
  return async (state, canGoBack, earlier) => {
    if (state.data !== undefined || state.stopSource) return SKIPPED;
    const source = sourceOf(state);
    const isRunning = await making.isRunning(source);
    const [dump, stopped, stopping, none] = ASKED.data.answers;
    const choices: readonly { readonly name: string; readonly value: CopyData }[] = [
      ...(isRunning && source.product.postgres !== null ? [{ name: dump, value: "dump" as const }] : []),
      { name: isRunning ? stopping : stopped, value: "copy" },
      { name: none, value: "none" },
    ];
    const question = { ...ASKED.data, choices, initial: earlier?.data ?? (await making.usualData(source)) };
    const answer = await session.ask.select<CopyData>(question, canGoBack);
    return answer === BACK ? BACK : { ...state, data: answer, stopSource: answer === "copy" && isRunning };
  };
}

/** Where the copy's own folders go, one after the other, for those that every instance would write to. */
function folderQuestion(session: Session, factsFor: Look): Answering {
  return async (state, canGoBack) => {
    const { outsideBinds, instance } = await factsFor(state);
    const written = new Set(
      outsideBinds.filter(({ kind, readOnly }) => kind === "path" && !readOnly).map(({ source }) => source),
    );
    const bind = [...state.bind];
    // A folder that holds others settles them too.
    for (const path of [...written].sort((a, b) => a.length - b.length)) {
      if (movedPath(path, folderMoves(bind)) !== null) continue;
      const check = async (text: string) => {
        try {
          folderMoves([...bind, `${path}=${text}`]);
          return (await session.world.files.exists(text)) ? `There is already ${text}.` : null;
        } catch (error) {
          return messageOf(error);
        }
      };
      const message = fill(ASKED.bind.message, { path });
      const answer = await session.ask.text({ ...ASKED.bind, message, initial: `${path}-${instance.suffix}`, check }, canGoBack);
      if (answer === BACK) return BACK;
      bind.push(`${path}=${answer}`);
    }
    return bind.length === state.bind.length ? SKIPPED : { ...state, bind };
  };
}
