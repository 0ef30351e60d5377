import { expect, it } from "vitest";
import { BACK } from "../../src/cli/ask.ts";
import { askAll, BackTo, type Question, SKIPPED } from "../../src/cli/questionnaire.ts";

interface State {
  readonly a?: string;
  readonly b?: string;
  readonly c?: string;
}
type Key = keyof State;
type Answer = string | typeof BACK | typeof SKIPPED | BackTo;

/** A wizard that is answered from a list; what was asked, and with which default, is written down. */
async function wizard(keys: readonly Key[], answers: readonly Answer[]) {
  const left = [...answers];
  const asked: string[] = [];
  const questions = keys.map(
    (key): Question<State> => ({
      key,
      async ask(state, canGoBack, earlier) {
        const answer = left.shift();
        if (answer !== SKIPPED) asked.push(`${key}${canGoBack ? "" : "!"}${earlier === undefined ? "" : ` (${earlier[key]})`}`);
        if (answer === undefined) throw new Error("no more answers");
        return typeof answer === "string" ? { ...state, [key]: answer } : answer;
      },
    }),
  );
  return { state: await askAll<State>({}, questions), asked, left };
}

it("asks in order, and the first question has no way back", async () => {
  expect(await wizard(["a", "b", "c"], ["1", "2", "3"])).toEqual({
    state: { a: "1", b: "2", c: "3" },
    asked: ["a!", "b", "c"],
    left: [],
  });
});

it("goes back to the question before, with its answer as the default and without it in the state", async () => {
  const { state, asked } = await wizard(["a", "b", "c"], ["1", "2", BACK, "22", "3"]);
  expect([state, asked]).toEqual([{ a: "1", b: "22", c: "3" }, ["a!", "b", "c", "b (2)", "c"]]);
});

it("goes back to the beginning and keeps the defaults of all", async () => {
  const { state, asked } = await wizard(["a", "b", "c"], ["1", "2", BACK, BACK, "1", "2", "3"]);
  expect([state, asked]).toEqual([{ a: "1", b: "2", c: "3" }, ["a!", "b", "c", "b (2)", "a! (1)", "b (2)", "c"]]);
});

it("passes over what was not asked, forwards and back", async () => {
  const { state, asked } = await wizard(["a", "b", "c"], ["1", SKIPPED, BACK, "11", SKIPPED, "3"]);
  expect([state, asked]).toEqual([{ a: "11", c: "3" }, ["a!", "c", "a! (1)", "c"]]);
});

it("has no way back when everything before was given", async () => {
  expect((await wizard(["a", "b"], [SKIPPED, "2"])).asked).toEqual(["b!"]);
});

it("goes back to a question by name, or one back when that one was not asked", async () => {
  const far = await wizard(["a", "b", "c"], ["1", "2", new BackTo("a"), "11", "2", "3"]);
  expect([far.state, far.asked]).toEqual([{ a: "11", b: "2", c: "3" }, ["a!", "b", "c", "a! (1)", "b (2)", "c"]]);
  const given = await wizard(["a", "b", "c"], [SKIPPED, "2", new BackTo("a"), "22", "3"]);
  expect([given.state, given.asked]).toEqual([{ b: "22", c: "3" }, ["b!", "c", "b! (2)", "c"]]);
});

it("repeats a question until it does not arise, and goes back through its answers one by one", async () => {
  const asked: string[] = [];
  const answers = ["1", "2", "<", "<", "11", "22", "done"];
  const many: Question<readonly string[]> = {
    key: "many",
    repeats: true,
    async ask(state, canGoBack, earlier) {
      if (state.length >= 2) return SKIPPED;
      asked.push(`${state.length + 1}${canGoBack ? "" : "!"} (${earlier?.at(-1) ?? ""})`);
      return [...state, answers.shift()!];
    },
  };
  const last: Question<readonly string[]> = {
    key: "last",
    async ask(state, canGoBack) {
      asked.push(`last${canGoBack ? "" : "!"}`);
      const answer = answers.shift()!;
      return answer === "<" ? BACK : [...state, answer];
    },
  };
  const back: Question<readonly string[]> = {
    ...many,
    async ask(...given) {
      if (answers[0] !== "<" || given[0].length !== 1) return await many.ask(...given);
      answers.shift();
      asked.push("2 <");
      return BACK;
    },
  };
  expect(await askAll<readonly string[]>([], [back, last])).toEqual(["11", "22", "done"]);
  expect(asked).toEqual(["1! ()", "2 ()", "last", "2 <", "1! (1)", "2 (2)", "last"]);
});
