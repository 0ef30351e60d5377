import { acknowledgements } from "../../domain/instructions.ts";
import { needsPreparation } from "../../operations/prepare.ts";
import type { Plan } from "../../plan/plan.ts";
import { BACK, cancelled } from "../ask.ts";
import { askAll, BackTo, type Question, SKIPPED } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { fill } from "../surface/questions.ts";
import { UPDATE_QUESTIONS as ASKED } from "../surface/update-questions.ts";
import { shownText, wrap } from "../text.ts";
import type { UpdateMaking, UpdateState } from "../update-making.ts";
import type { Stops } from "../update-way.ts";
import { conflictQuestion } from "./conflict.ts";
import { methodQuestion } from "./method.ts";
import { planQuestion } from "./plan.ts";
import { releaseQuestion } from "./release.ts";

export interface UpdateAnswers extends UpdateState {
  /** Texts that were edited: by the conflict's name, the relative path in the new instance. */
  readonly edited: Readonly<Record<string, string>>;
  /** What is done ahead, agreed to; null where there is nothing. */
  readonly preparing: Plan | null;
  readonly plan: Plan | null;
}

export type UpdateQuestion = Question<UpdateAnswers>;
export type LookOnce = (state: UpdateState) => Promise<Stops>;

/** Asks for what no flag said, up to the first plan: what can be done ahead, or the update where all of that is done. */
export async function updateWizard(session: Session, given: UpdateAnswers, making: UpdateMaking): Promise<UpdateAnswers> {
  const look = remembering(session, making.look);
  // What no answer could change is said before the first question.
  if (given.contents !== null) await look(given);
  return await askAll<UpdateAnswers>(given, [
    { key: "release", ask: releaseQuestion(session, making, look) },
    { key: "instructions", repeats: true, ask: instructionsQuestion(session, look) },
    { key: "conflicts", repeats: true, ask: conflictQuestion(session, look, given.resolutions) },
    prepareQuestion(session, look, making),
    ...windowQuestions(session, look, making),
  ]);
}

/** The rest, once the new release's images are loaded and it is known which Postgres they bring. */
export async function windowWizard(session: Session, answers: UpdateAnswers, making: UpdateMaking): Promise<UpdateAnswers> {
  const look = remembering(session, making.look);
  return await askAll<UpdateAnswers>({ ...answers, preparing: null }, windowQuestions(session, look, making));
}

const windowQuestions = (session: Session, look: LookOnce, making: UpdateMaking): readonly UpdateQuestion[] => {
  const isLater = ({ preparing, prepare }: UpdateAnswers) => preparing !== null || prepare;
  const agree = planQuestion<UpdateAnswers>(session, async state => (await making.windowPlan(state)).plan);
  return [
    { key: "postgres", ask: methodQuestion(session, look, isLater) },
    { ...agree, ask: async (state, ...more) => (isLater(state) ? SKIPPED : await agree.ask(state, ...more)) },
  ];
};

/** Looking takes seconds, and questions in a row see the same machine. Plans look afresh. */
function remembering({ noteInPlace }: Session, look: UpdateMaking["look"]): LookOnce {
  const known = new Map<string, Stops>();
  return async state => {
    const key = JSON.stringify([state.contents?.source, state.release, state.viaPath, state.resolutions]);
    const before = known.get(key);
    if (before !== undefined) return before;
    noteInPlace("  Looking at this machine ...");
    try {
      const found = await look(state);
      known.set(key, found);
      return found;
    } finally {
      noteInPlace("");
    }
  };
}

/** One release after the other: its instructions whole, and whether they were read. */
function instructionsQuestion(session: Session, look: LookOnce): UpdateQuestion["ask"] {
  return async (state, canGoBack) => {
    const instructions = (await look(state)).flatMap(({ facts }) => facts.instructions);
    const [unread] = acknowledgements(instructions, state.acknowledge);
    if (unread === undefined) return SKIPPED;
    const { release, text } = unread;
    session.note(wrap(`\nInstructions for ${release}:\n\n${shownText(text)}\n`, session.columns - 1));
    const [yes, no] = ASKED.instructions.answers;
    const choices = [
      { name: yes, value: true },
      { name: no, value: false },
    ];
    const message = fill(ASKED.instructions.message, { release });
    const answer = await session.ask.select({ ...ASKED.instructions, message, choices }, canGoBack);
    if (answer === false) throw cancelled();
    return answer === BACK ? BACK : { ...state, acknowledge: [...state.acknowledge, release] };
  };
}

/** What is done ahead is a plan of its own; where there is some, the questions end with it. */
function prepareQuestion(session: Session, look: LookOnce, making: UpdateMaking): UpdateQuestion {
  const agree = planQuestion<UpdateAnswers>(session, making.preparePlan);
  return {
    key: "prepare",
    async ask(state, ...more) {
      // A dry run shows the update itself, with what it has to assume.
      const isAsked = needsPreparation(await look(state)) && (state.prepare || !session.flags.dryRun);
      if (!isAsked) return SKIPPED;
      const answer = await agree.ask(state, ...more);
      if (typeof answer === "symbol" || answer instanceof BackTo) return answer;
      return { ...answer, preparing: answer.plan, plan: null };
    },
  };
}
