import type { Journal, Outcome } from "./journal.ts";
import type { Plan } from "./plan.ts";

export interface OperationEntry {
  readonly plan: Plan;
  readonly outcome: Outcome;
  /** The end to which an unfinished one had come when it was cut off while it was closed: no step of it is left. Else null. */
  readonly closing: "done" | "undone" | null;
  /** Steps that are done, of `plan.steps.length`. */
  readonly stepsDone: number;
}

/** When it came to rest, and what visitors went without meanwhile, as far as somebody was there to see it. */
export interface OperationEnd {
  /** ISO 8601. */
  readonly at: string;
  /** Missing where nobody was turned away. */
  readonly downtimeMs?: number;
  readonly downtimeApproximate?: true;
  readonly downtimeGoesOn?: true;
}

/** The operations of one home, in the order in which they were begun, whatever the clock said: `.graph-mgr/operations/<id>/`. */
export interface OperationStore {
  /** Writes the plan down, and the answers that a step will need and no plan may hold (0600, removed by `clearAway`). */
  open(plan: Plan, answers: Readonly<Record<string, string>>): Promise<Journal>;
  journal(id: string): Journal;
  list(): Promise<readonly OperationEntry[]>;
  /** Writes down how it came to rest; of one that is gone on with, the last time counts. */
  noteEnd(id: string, end: OperationEnd): Promise<void>;
  /** Null where it was cut off before that, or an older version carried it out. */
  end(id: string): Promise<OperationEnd | null>;
  /** A line for people in the operation's log. */
  log(id: string, line: string): Promise<void>;
  /** Removes the answers. */
  clearAway(id: string): Promise<void>;
  /** The same of what was cut off before it had a plan, and is in no list. */
  clearAwayUnplanned(): Promise<void>;
}

/** Frees itself when the process dies. */
export interface Lock {
  release(): Promise<void>;
}
