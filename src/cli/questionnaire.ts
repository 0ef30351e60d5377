import { BACK } from "./ask.ts";

/**
 * One question of a wizard: changes the state, or goes back. A question whose answer is already there (a flag gave it, or
 * it does not arise) says `skipped`, and going back passes over it.
 */
export type Question<State> = (state: State, canGoBack: boolean) => Promise<State | typeof BACK | "skipped">;

/** Asks in order; `< back` returns to the question before with the state that it was asked in. */
export async function askAll<State>(initial: State, questions: readonly Question<State>[]): Promise<State> {
  const asked: { readonly index: number; readonly state: State }[] = [];
  let state = initial;
  for (let index = 0; index < questions.length; ) {
    const answer = await questions[index]?.(state, asked.length > 0);
    if (answer === BACK) {
      const before = asked.pop();
      index = before?.index ?? 0;
      state = before?.state ?? initial;
    } else {
      if (answer !== "skipped" && answer !== undefined) {
        asked.push({ index, state });
        state = answer;
      }
      index++;
    }
  }
  return state;
}
