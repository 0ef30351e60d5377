import { EXIT, OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { cancelled } from "./ask.ts";
import { type EngineLock, engineLock, untilHealthy } from "./engine-lock.ts";
import { planText } from "./plan-text.ts";
import { type Carried, type OnFailure, runOf, runOrUndo } from "./run-or-undo.ts";
import type { Session } from "./session.ts";
import { OTHER_QUESTIONS } from "./surface/questions.ts";
import { clearAnswers, noticeUnfinished, unfinishedText, wayOut } from "./unfinished.ts";

/** How a plan comes about: again with the locks held, because the world may have moved while the operator was thinking. */
export interface Intent {
  /** What it is called for others that find the home locked: `install`. */
  readonly command: string;
  readonly makePlan: () => Promise<Plan>;
  /** Values that steps need and plans may not hold. */
  readonly answers: Readonly<Record<string, string>>;
  /** Whether it takes names, ports or images of the engine, which other homes take from too. */
  readonly claimsEngine: boolean;
  readonly onFailure: OnFailure;
  /** The plan that the operator has already seen and agreed to, in a wizard. */
  readonly seen?: Plan | null;
  /** Said instead of the plan when the plan is too small to be worth a question: `stop`, `launch`. */
  readonly isRoutine: boolean;
}

/**
 * Shows the plan; with `--dry-run` stops there; else asks, locks, journals, runs, and on failure undoes or leaves it.
 * @throws OperatorError with exit 2 to 6; Interrupted
 */
export async function carryOut(session: Session, intent: Intent): Promise<Carried | null> {
  const { flags, store } = session;
  if (flags.dryRun) {
    await noticeUnfinished(session);
    showPlan(session, intent.seen ?? (await intent.makePlan()));
    return null;
  }
  if (intent.seen === undefined || intent.seen === null) await refuseUnasked(session, intent);
  const home = await session.lockHome(intent.command);
  // Taken later, so that nobody else waits while the operator thinks.
  const engine = engineLock(session, intent.command);
  try {
    await refuseUnfinished(session);
    await session.world.engine.sweep(session.home.path);
    let agreed: Plan | null = intent.seen ?? null;
    if (agreed === null && !intent.isRoutine && !flags.yes) {
      agreed = await intent.makePlan();
      await confirm(session, agreed);
    }
    const final = await agreedPlan(session, intent, agreed, engine);
    // From here on there is something to clear away, so a signal no longer ends the process at once.
    session.phase("operating");
    const journal = await store.open(final, intent.answers);
    const run = runOf(session, final, journal, untilHealthy(engine, final));
    session.workFor(final.id);
    return await runOrUndo(session, run, intent.onFailure, () => engine.release());
  } finally {
    session.workFor(null);
    await engine.release();
    await home.release();
  }
}

/** The plan as it is with the engine's lock held, and agreed to. While the operator thinks, nobody else has to wait for that lock. */
async function agreedPlan(session: Session, intent: Intent, agreed: Plan | null, engine: EngineLock): Promise<Plan> {
  if (intent.claimsEngine) await engine.take();
  const plan = await intent.makePlan();
  if (agreed === null || isSamePlan(agreed, plan)) {
    if (agreed === null && !intent.isRoutine) session.note(shown(session, plan));
    return plan;
  }
  await engine.release();
  session.note("Something changed on the machine meanwhile. This is the plan now:");
  await confirm(session, plan);
  return await agreedPlan(session, intent, plan, engine);
}

/** In a script without `--yes` the plan is shown and nothing is locked, made or changed. */
async function refuseUnasked(session: Session, intent: Intent): Promise<void> {
  if (intent.isRoutine || session.flags.yes || session.ask.isPossible) return;
  session.note(shown(session, await intent.makePlan()));
  throw new OperatorError("NEEDS_YES", "This changes the home, and there is no terminal to confirm at.", {
    exit: EXIT.usage,
    hint: "the same with --yes   (or with --dry-run, which only shows the plan)",
  });
}

export function showPlan(session: Session, plan: Plan): void {
  const { operation, instance, steps } = plan;
  session.print(
    session.flags.json
      ? JSON.stringify({ dryRun: true, operation: plan.id, kind: operation, instance, steps: steps.length, plan })
      : planText(plan, session.printColumns),
  );
}

const shown = (session: Session, plan: Plan): string => planText(plan, session.isTerminal ? session.columns : null);

async function confirm(session: Session, plan: Plan): Promise<void> {
  session.note(shown(session, plan));
  // With --yes a changed plan is taken as well: it was remade from the same request, and refused if that cannot be.
  if (session.flags.yes) return;
  const [yes, no] = OTHER_QUESTIONS.confirm.answers;
  const choices = [
    { name: yes, value: true },
    { name: no, value: false },
  ];
  session.note("");
  if ((await session.ask.select({ ...OTHER_QUESTIONS.confirm, choices }, false)) !== true) throw cancelled();
}

/** Equal but for what is new each time, and for sizes of data that grows while the operator thinks. */
function isSamePlan(a: Plan, b: Plan): boolean {
  const plain = (plan: Plan) =>
    JSON.stringify({ ...plan, id: "", result: { ...plan.result, estimate: null } })
      .replaceAll(plan.id, "")
      .replaceAll(/"createdAt":"[^"]*"/g, "");
  return plain(a) === plain(b);
}

/** While an operation is unfinished nothing else may change the home. */
export async function refuseUnfinished({ store }: Session): Promise<void> {
  await clearAnswers(store);
  const unfinished = (await store.list()).find(({ outcome }) => outcome === "unfinished");
  if (!unfinished) return;
  throw new OperatorError("UNFINISHED", unfinishedText(unfinished), { hint: wayOut(unfinished) });
}
