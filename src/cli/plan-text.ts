import { standingsOf } from "../plan/journal.ts";
import { describePlan, kindOf, type Plan } from "../plan/plan.ts";
import type { Run } from "../plan/runner.ts";
import { undoTitleOf } from "../plan/step.ts";
import { kinds } from "../steps/index.ts";
import { estimateText } from "./estimate-text.ts";
import { wrap } from "./text.ts";

/** The plan as it is shown at a terminal. @param columns null: as it is, for a file or a pipe */
export const planText = (plan: Plan, columns: number | null): string => {
  const estimate = estimateText(plan);
  const text = `${describePlan(plan, kinds)}${estimate === null ? "" : `\n  * ${estimate}`}`;
  return columns === null ? text : wrap(text, columns - 1);
};

type Journalled = Pick<Run<never>, "plan" | "journal">;

/** Steps that going back would put back, last first, as they are counted in the plan. */
export async function undoSteps({ plan, journal }: Journalled): Promise<readonly string[]> {
  const standings = standingsOf(plan.steps.length, await journal.read());
  return [...plan.steps.entries()]
    .filter(([step]) => standings[step]?.state !== "waiting")
    .reverse()
    .flatMap(([step, planned]) => {
      const title = undoTitleOf(kindOf(planned, kinds), planned.input);
      return title === null ? [] : [numbered(step, title)];
    });
}

/** Steps that going on would carry out. */
export async function stepsLeft({ plan, journal }: Journalled): Promise<readonly string[]> {
  const standings = standingsOf(plan.steps.length, await journal.read());
  return [...plan.steps.entries()]
    .filter(([step]) => standings[step]?.state !== "done")
    .map(([step, planned]) => {
      const isCut = standings[step]?.state === "begun";
      return numbered(step, `${kindOf(planned, kinds).title(planned.input)}${isCut ? " (it was cut off)" : ""}`);
    });
}

const numbered = (step: number, text: string): string => `  ${String(step + 1).padStart(3)}. ${text}`;
