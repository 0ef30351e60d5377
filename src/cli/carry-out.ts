import { EXIT, Interrupted, messageOf, OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import type { Lock } from "../plan/operations.ts";
import { describePlan, type Plan } from "../plan/plan.ts";
import { type Run, type RunEvent, runPlan, undoPlan } from "../plan/runner.ts";
import { kinds } from "../steps/index.ts";
import { progressOn } from "./progress.ts";
import type { Session } from "./session.ts";

export interface Carried {
  readonly operation: string;
  readonly kind: string;
  readonly instance: string | null;
  readonly steps: number;
}

/** How a plan comes about: again with the locks held, because the world may have moved while the operator was thinking. */
export interface Intent {
  readonly makePlan: () => Promise<Plan>;
  /** Values that steps need and plans may not hold. */
  readonly answers: Readonly<Record<string, string>>;
  /** Whether it takes names, ports or images of the engine, which other homes take from too. */
  readonly claimsEngine: boolean;
  readonly onFailure: "ask" | "undo" | "stop";
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
    showPlan(session, intent.seen ?? (await intent.makePlan()));
    return null;
  }
  const command = (plan: Plan) => `${plan.operation}${plan.instance === null ? "" : ` ${plan.instance}`}`;
  const homeLock = await session.lockHome("an operation");
  let engineLock: Lock | null = null;
  try {
    await refuseUnfinished(session);
    await session.world.engine.sweep(session.home.path);
    let plan: Plan | null = intent.seen ?? null;
    if (plan === null && !intent.isRoutine && !flags.yes) {
      plan = await intent.makePlan();
      await confirm(session, plan);
    }
    if (intent.claimsEngine) {
      const { id } = await session.world.engine.about();
      engineLock = await session.lockEngine(id, "an operation");
    }
    const final = await intent.makePlan();
    if (plan !== null && !isSamePlan(plan, final)) {
      session.note("Something changed on the machine meanwhile; this is the plan now:");
      await confirm(session, final);
    } else if (plan === null && !flags.quiet && !intent.isRoutine) session.note(describePlan(final, kinds));
    const free = async () => {
      await engineLock?.release();
      engineLock = null;
    };
    const journal = await store.open(final, intent.answers);
    const run = runOf(session, final, journal, event => {
      // Names and ports are taken once the containers are up; waiting for their health needs no lock.
      if (event.type === "doing" && final.steps[event.step]?.kind === "instance.healthy") void free();
    });
    session.workFor(final.id);
    return await runOrUndo(session, run, intent.onFailure, command(final));
  } finally {
    session.workFor(null);
    await engineLock?.release();
    await homeLock.release();
  }
}

export function runOf(session: Session, plan: Plan, journal: Run<World>["journal"], also: (event: RunEvent) => void): Run<World> {
  const show = progressOn(session, session.world.elapsedMs);
  return {
    plan,
    journal,
    kinds,
    world: session.world,
    signal: session.signal,
    on: event => {
      also(event);
      show(event);
      if (event.type !== "progress")
        void session.store
          .log(plan.id, `${session.world.now().toISOString()} ${event.type} ${event.step + 1}/${event.steps} ${event.title}`)
          .catch(() => undefined);
    },
  };
}

/** Runs to the end, or back to the beginning. */
export async function runOrUndo(
  session: Session,
  run: Run<World>,
  onFailure: Intent["onFailure"],
  what: string,
): Promise<Carried> {
  const { plan } = run;
  try {
    await runPlan(run);
  } catch (error) {
    if (error instanceof Interrupted) throw await stopped(session, run);
    await session.store.log(plan.id, `${session.world.now().toISOString()} failed: ${messageOf(error)}`).catch(() => undefined);
    throw await afterFailure(session, run, onFailure, error, what);
  }
  await session.store.close(plan.id);
  return { operation: plan.id, kind: plan.operation, instance: plan.instance, steps: plan.steps.length };
}

/** Stopped between steps: nothing was cut, and both ways are open. */
async function stopped(session: Session, run: Run<World>): Promise<OperatorError> {
  const entries = await run.journal.read();
  if (!entries.some(({ type }) => type === "doing")) {
    await undoPlan(run);
    await session.store.close(run.plan.id);
    return new OperatorError("CANCELLED", "Stopped; nothing was changed.", { exit: EXIT.cancelled });
  }
  return new OperatorError("STOPPED", `Stopped between steps of ${run.plan.operation}; it is not finished.`, {
    exit: EXIT.halfway,
    hint: "graph-mgr resume   (or graph-mgr undo)",
  });
}

async function afterFailure(
  session: Session,
  run: Run<World>,
  onFailure: Intent["onFailure"],
  error: unknown,
  what: string,
): Promise<unknown> {
  if (!(error instanceof OperatorError)) return error;
  const goBack =
    onFailure === "undo" || (onFailure === "ask" && (!session.ask.isPossible || (await askToUndo(session, error, what))));
  if (!goBack) {
    return new OperatorError(error.code, error.message, {
      exit: EXIT.halfway,
      cause: error,
      hint: withHint(error.hint, "graph-mgr resume   (tries again from here; graph-mgr undo goes back)"),
    });
  }
  session.note(`Failed: ${error.message}`);
  session.note("Putting everything back:");
  try {
    // A second Ctrl-C must not cut off the way back.
    await undoPlan({ ...run, signal: new AbortController().signal });
  } catch (cause) {
    return new OperatorError("UNDO_FAILED", `${error.message} Going back failed as well: ${messageOf(cause)}`, {
      exit: EXIT.halfway,
      cause,
      hint: "graph-mgr undo   (once the reason is mended)",
    });
  }
  await session.store.close(run.plan.id);
  return new OperatorError(error.code, `${error.message} Everything was put back as it was.`, {
    exit: EXIT.undone,
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

const withHint = (first: string | undefined, second: string): string =>
  first === undefined ? second : `${first}; then ${second}`;

async function askToUndo(session: Session, error: OperatorError, what: string): Promise<boolean> {
  session.note(`Failed: ${error.message}`);
  if (error.hint !== undefined) session.note(`Try: ${error.hint}`);
  return await session.ask.confirm(
    `Put everything back as it was before ${what}? (no leaves it half-way, for \`graph-mgr resume\`)`,
    true,
  );
}

export function showPlan(session: Session, plan: Plan): void {
  session.print(session.flags.json ? JSON.stringify({ dryRun: true, plan }) : describePlan(plan, kinds));
}

async function confirm(session: Session, plan: Plan): Promise<void> {
  session.note(describePlan(plan, kinds));
  if (!session.ask.isPossible) {
    throw new OperatorError("NEEDS_YES", "This changes the home, and there is no terminal to confirm at.", {
      exit: EXIT.usage,
      hint: "look at it with --dry-run, then give --yes",
    });
  }
  if (!(await session.ask.confirm("Do this?", true)))
    throw new OperatorError("CANCELLED", "Nothing was changed.", { exit: EXIT.cancelled });
}

/** Equal but for what is new each time. */
function isSamePlan(a: Plan, b: Plan): boolean {
  const plain = (plan: Plan) =>
    JSON.stringify({ ...plan, id: "" })
      .replaceAll(plan.id, "")
      .replaceAll(/"createdAt":"[^"]*"/g, "");
  return plain(a) === plain(b);
}

/** While an operation is unfinished nothing else may change the home. */
export async function refuseUnfinished({ store }: Session): Promise<void> {
  const all = await store.list();
  // Cut off before its first step: only the answers, which may be secrets, are to be cleared away.
  for (const { plan, outcome } of all) if (outcome === "planned") await store.close(plan.id);
  const unfinished = all.find(({ outcome }) => outcome === "unfinished");
  if (!unfinished) return;
  const { plan, stepsDone } = unfinished;
  throw new OperatorError(
    "UNFINISHED",
    `\`${plan.operation}${plan.instance === null ? "" : ` ${plan.instance}`}\` is not finished (${stepsDone} of ${plan.steps.length} steps are done).`,
    {
      hint: "graph-mgr resume   (goes on with it; graph-mgr undo takes it back)",
    },
  );
}
