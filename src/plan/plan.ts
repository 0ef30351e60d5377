import type { Json } from "../domain/json.ts";
import { OperatorError } from "../errors.ts";
import { type AnyStepKind, neverUndone, type PlannedStep, type StepKinds } from "./step.ts";

/** The version of plan.json and journal.jsonl that this program writes (docs/formats.md). */
export const PLAN_SCHEMA = 1;

/** A list of changes to one home, decided but not made. Plain JSON, without secrets. */
export interface Plan {
  readonly schema: number;
  /** Unique, and says when by the clock of then: `20261120T101500Z-install-3f9a`. The order is that of the operations' numbers. */
  readonly id: string;
  /** The command: `install`, `copy`, `stop`. */
  readonly operation: string;
  /** The instance that the operation is about, where there is one. */
  readonly instance: string | null;
  readonly home: string;
  /** Docker's own id of the engine; a resume on another engine is refused. */
  readonly engine: string;
  /** One line for people. */
  readonly summary: string;
  /** What the operator should know before saying yes. */
  readonly notes: readonly string[];
  /** Where the way back leads once the operation is finished: a command, e.g. `graph-mgr remove v2.22.2`. */
  readonly wayBack: string | null;
  readonly steps: readonly PlannedStep[];
  /** Facts for the result (`list --json` fields and the like), without secrets. */
  readonly result?: { readonly [key: string]: Json };
}

/** An operation as it is typed and said: `backup create`. */
export const spoken = (operation: string): string => operation.replaceAll("-", " ");

export function kindOf<World>(step: PlannedStep, kinds: StepKinds<World>): AnyStepKind<World> {
  const kind = kinds.get(step.kind);
  if (!kind) {
    throw new OperatorError("UNKNOWN_STEP", `This graph-mgr does not know the step "${step.kind}".`, {
      hint: "use the newer graph-mgr that made the plan",
    });
  }
  return kind;
}

/** The plan as an operator reads it: the same text for `--dry-run` and for the wizard's last question. */
export function describePlan<World>(plan: Plan, kinds: StepKinds<World>): string {
  const lines = plan.steps.map((step, index) => {
    const kind = kindOf(step, kinds);
    const mark = neverUndone(kind) !== null ? "!" : " ";
    return ` ${mark}${String(index + 1).padStart(3)}. ${kind.title(step.input)}`;
  });
  const final = plan.steps.findIndex(step => neverUndone(kindOf(step, kinds)) !== null);
  if (final >= 0) lines.push(`  ! cannot be undone from step ${final + 1} on`);
  return [plan.summary, ...lines, ...plan.notes.map(note => `  * ${note}`)].join("\n");
}
