import { BACK } from "./ask.ts";

/** A question whose answer is already there (a flag gave it, or it does not arise); going back passes over it. */
export const SKIPPED = Symbol("skipped");

/** Goes back to an earlier question, because what it was answered with will not do. */
export class BackTo {
  readonly key: string;
  constructor(key: string) {
    this.key = key;
  }
}

export interface Question<State> {
  /** What it is about, for `BackTo`. */
  readonly key: string;
  /** Asked again after each answer, until it does not arise any more: one answer a conflict. */
  readonly repeats?: true;
  /** @param earlier the state after it was answered before, where it was: its default this time */
  readonly ask: (
    state: State,
    canGoBack: boolean,
    earlier: State | undefined,
  ) => Promise<State | typeof BACK | typeof SKIPPED | BackTo>;
}

/** Asks in order; going back returns to the question before, in the state that it was asked in, with its answer as the default. */
export async function askAll<State>(initial: State, questions: readonly Question<State>[]): Promise<State> {
  const asked: { readonly index: number; readonly state: State }[] = [];
  /** By question, and how often it had been asked. */
  const earlier = new Map<string, State>();
  let state = initial;
  const goBack = (): number => {
    const before = asked.pop();
    state = before?.state ?? initial;
    return before?.index ?? 0;
  };
  for (let index = 0; index < questions.length; ) {
    const question = questions[index];
    const place = `${index}:${asked.filter(each => each.index === index).length}`;
    const answer = await question?.ask(state, asked.length > 0, earlier.get(place));
    if (answer === BACK) index = goBack();
    else if (answer instanceof BackTo) {
      const isThere = asked.some(each => questions[each.index]?.key === answer.key);
      do index = goBack();
      while (isThere && questions[index]?.key !== answer.key);
    } else {
      if (answer !== SKIPPED && answer !== undefined) {
        asked.push({ index, state });
        earlier.set(place, answer);
        state = answer;
      }
      if (answer === SKIPPED || question?.repeats !== true) index++;
    }
  }
  return state;
}
