import { expect, it } from "vitest";
import { describePlan } from "../../src/plan/plan.ts";
import { burn, planOf, put, toyKinds } from "./toy.ts";

it("a plan reads as its summary, its numbered steps with a mark on what is final, and its notes", () => {
  const plan = planOf(put.step({ key: "a", value: "1" }), burn.step({ key: "b" }), put.step({ key: "c", value: "3" }));
  expect(describePlan(plan, toyKinds)).toMatchInlineSnapshot(`
    "Play
        1. Set a to 1
     !  2. Burn b
        3. Set c to 3
      ! cannot be undone from step 2 on
      * with blocks"
  `);
  expect(describePlan({ ...plan, steps: plan.steps.slice(0, 1), notes: [] }, toyKinds)).toMatchInlineSnapshot(`
    "Play
        1. Set a to 1"
  `);
});

it("F92 a plan with a step of an unknown kind cannot be described, so it cannot be agreed to", () => {
  const plan = planOf({ kind: "toy.future", input: null });
  expect(() => describePlan(plan, toyKinds)).toThrow(
    expect.objectContaining({ code: "UNKNOWN_STEP", hint: "use the newer graph-mgr that made the plan" }),
  );
});
