import type { Occasion } from "../operations/plan-id.ts";
import type { Plan } from "../plan/plan.ts";
import { cancelled } from "./ask.ts";
import { carryOut } from "./carry-out.ts";
import { planText } from "./plan-text.ts";
import { reportFinished } from "./report.ts";
import type { Session } from "./session.ts";
import { CONFIG_QUESTIONS, fill } from "./surface/questions.ts";
import { wrap } from "./text.ts";

/** A change of the configuration as it can be planned, again and again. */
export interface ConfigIntent {
  readonly command: string;
  /** Said where there is nothing to change. */
  readonly same: string;
  /** Whether `--apply` says that services get new containers at once. */
  readonly apply: boolean;
  /** The plan, and the texts that it writes. */
  readonly make: (
    apply: boolean,
    occasion: Occasion,
  ) => Promise<{ readonly plan: Plan; readonly texts: Readonly<Record<string, string>> }>;
}

const listOf = (plan: Plan, name: string): readonly string[] => (plan.result?.[name] ?? []) as readonly string[];

/** Plans, asks at a terminal whether it shall count at once, and carries out. */
export async function carryConfig(session: Session, { command, same, apply, make }: ConfigIntent): Promise<void> {
  const { world, flags } = session;
  const answers: Record<string, string> = {};
  const planned = async (now: boolean): Promise<Plan> => {
    const { plan, texts } = await make(now, { now: world.now(), random: world.random(4) });
    for (const key of Object.keys(answers)) delete answers[key];
    Object.assign(answers, texts);
    return plan;
  };
  const mayAsk = session.ask.isPossible && !flags.yes && !flags.dryRun && !apply;
  const first = mayAsk ? await planned(false) : null;
  const asks = first !== null && listOf(first, "pending").length > 0;
  const isNow = asks ? await askWhen(session, first, () => planned(true)) : apply;
  let last: Plan | null = null;
  const carried = await carryOut(session, {
    command,
    answers,
    claimsEngine: isNow,
    isRoutine: true,
    onFailure: "undo",
    makePlan: async () => {
      last = await planned(isNow);
      if (listOf(last, "files").length === 0) throw new Unchanged(last);
      return last;
    },
  }).catch(error => {
    if (!(error instanceof Unchanged)) throw error;
    sayNothing(session, error.plan, same);
    return null;
  });
  if (!carried) return;
  await reportFinished(session, carried);
  if (flags.json || last === null) return;
  sayWhatNext(session, last);
}

/** No failure: there is nothing to be written, so nothing is begun. */
class Unchanged extends Error {
  readonly plan: Plan;
  constructor(plan: Plan) {
    super("nothing to change");
    this.plan = plan;
  }
}

function sayWhatNext(session: Session, last: Plan): void {
  const width = session.printColumns;
  const lines = [...last.notes.map(note => `  * ${note}`), `This takes it back:\n  ${last.wayBack}`];
  for (const line of lines) session.print(width === null ? line : wrap(line, width - 1));
  const pending = listOf(last, "pending");
  if (pending.length > 0)
    session.note(
      `Try: graph-mgr restart ${last.instance}   (${pending.join(", ")} then ${pending.length === 1 ? "gets" : "get"} it)`,
    );
}

function sayNothing({ print, flags }: Session, { instance, result }: Plan, same: string): void {
  if (!flags.json) print(`${same} Nothing was changed.`);
  else print(JSON.stringify({ operation: null, kind: null, instance, outcome: "unchanged", ...result, change: null }));
}

/** @returns whether services shall get new containers at once. @throws OperatorError CANCELLED */
async function askWhen(session: Session, later: Plan, makeNow: () => Promise<Plan>): Promise<boolean> {
  const services = listOf(later, "pending").join(", ");
  session.note(planText(await makeNow(), session.isTerminal ? session.columns : null));
  session.note("");
  const asked = CONFIG_QUESTIONS.apply;
  const [now, wait, cancel] = asked.answers;
  const choices = [
    { name: now, value: "now" },
    { name: wait, value: "later" },
    { name: cancel, value: "cancel" },
  ] as const;
  const answer = await session.ask.select(
    { ...asked, message: fill(asked.message, { services }), choices, initial: "later" as const },
    false,
  );
  if (answer === "cancel") throw cancelled();
  return answer === "now";
}
