import { PLAN_SCHEMA, type Plan } from "../plan/plan.ts";

/** What a planner needs besides facts and request, handed in so that planning stays pure. */
export interface Occasion {
  readonly now: Date;
  /** Four or more random characters. */
  readonly random: string;
}

/** `20261120T101500Z-install-3f9a`: when, by a clock that may be set back. */
export const operationId = (operation: string, { now, random }: Occasion): string =>
  `${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}-${operation}-${random
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "0")
    .slice(0, 6)}`;

/** A plan with its version; the rest is the planner's. */
export const newPlan = (plan: Omit<Plan, "schema">): Plan => ({ schema: PLAN_SCHEMA, ...plan });
