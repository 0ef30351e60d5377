import { expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { allAtOnce } from "../../src/operations/at-once.ts";

const refuse = (code: string, hint?: string) => () => {
  throw new OperatorError(code, `${code} is so.`, hint === undefined ? {} : { hint });
};
const thrownBy = (...checks: readonly (() => unknown)[]): unknown => {
  try {
    allAtOnce(checks);
    return null;
  } catch (error) {
    return error;
  }
};

it("says nothing where nothing is wrong", () => {
  expect(thrownBy(() => 1)).toBeNull();
});

it("tells a single refusal as it is", () => {
  expect(thrownBy(() => 1, refuse("NO_ROOM", "make room"))).toMatchObject({ message: "NO_ROOM is so.", hint: "make room" });
});

it("tells all of several, with every cure once", () => {
  const error = thrownBy(refuse("A", "this"), refuse("B", "that"), refuse("C", "this"), refuse("D"));
  expect(error).toMatchObject({ code: "A", exit: 3, hint: "this\n     that", facts: { codes: "A B C D" } });
  expect((error as Error).message).toMatchInlineSnapshot(`
    "4 things stand against it:
      1. A is so.
      2. B is so.
      3. C is so.
      4. D is so."
  `);
});

it("does not take a bug for a refusal", () => {
  const bug = new Error("a bug");
  expect(
    thrownBy(refuse("A"), () => {
      throw bug;
    }),
  ).toBe(bug);
});
