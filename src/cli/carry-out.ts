import { EXIT, Interrupted, messageOf, OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import type { Lock } from "../plan/operations.ts";
import type { Plan } from "../plan/plan.ts";
import { type Run, type RunEvent, runPlan, undoPlan } from "../plan/runner.ts";
import { kinds } from "../steps/index.ts";
import { cancelled } from "./ask.ts";
import { planText, undoSteps } from "./plan-text.ts";
import { progressOn } from "./progress.ts";
import type { Session } from "./session.ts";
import { OTHER_QUESTIONS } from "./surface/questions.ts";
import { wrap } from "./text.ts";
import { nameOf, noticeUnfinished, unfinishedText } from "./unfinished.ts";

/** A wait that is longer is explained. */
const WORTH_SAYING_MS = 1500;

export interface Carried {
  readonly operation: string;
  readonly kind: string;
  readonly instance: string | null;
  readonly steps: number;
  /** Facts that the plan gives: version, project, ports. */
  readonly result: Plan["result"];
  /** The command that takes it back. */
  readonly wayBack: string | null;
}

/** How a plan comes about: again with the locks held, because the world may have moved while the operator was thinking. */
export interface Intent {
  /** What it is called for others that find the home locked: `install`. */
  readonly command: string;
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
    await noticeUnfinished(session);
    showPlan(session, intent.seen ?? (await intent.makePlan()));
    return null;
  }
  if (intent.seen === undefined || intent.seen === null) await refuseUnasked(session, intent);
  const { home, engine } = await locks(session, intent);
  try {
    await refuseUnfinished(session);
    await session.world.engine.sweep(session.home.path);
    let agreed: Plan | null = intent.seen ?? null;
    if (agreed === null && !intent.isRoutine && !flags.yes) {
      agreed = await intent.makePlan();
      await confirm(session, agreed);
    }
    await engine.take();
    const final = await intent.makePlan();
    if (agreed !== null && !isSamePlan(agreed, final)) {
      session.note("Something changed on the machine meanwhile. This is the plan now:");
      await confirm(session, final);
    } else if (agreed === null && !intent.isRoutine) session.note(shown(session, final));
    // From here on there is something to clear away, so a signal no longer ends the process at once.
    session.phase("operating");
    const journal = await store.open(final, intent.answers);
    const run = runOf(session, final, journal, event => {
      // Names and ports are taken once the containers are up; waiting for their health needs no lock.
      if (event.type === "doing" && final.steps[event.step]?.kind === "instance.healthy") void engine.release();
    });
    session.workFor(final.id);
    return await runOrUndo(session, run, intent.onFailure);
  } finally {
    session.workFor(null);
    await engine.release();
    await home.release();
  }
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

/** The lock of the home, and that of the engine, which is taken later: nobody else waits while the operator thinks. */
async function locks(session: Session, intent: Intent) {
  let held: Lock | null = null;
  const engine = {
    async take() {
      if (!intent.claimsEngine || held !== null) return;
      const { id } = await session.world.engine.about();
      const waiting = setTimeout(
        () => session.note("Another graph-mgr is at work on this engine; waiting for it."),
        WORTH_SAYING_MS,
      );
      try {
        held = await session.lockEngine(id, intent.command);
      } finally {
        clearTimeout(waiting);
      }
    },
    async release() {
      const lock = held;
      held = null;
      await lock?.release();
    },
  };
  return { engine, home: await session.lockHome(intent.command) };
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
export async function runOrUndo(session: Session, run: Run<World>, onFailure: Intent["onFailure"]): Promise<Carried> {
  const { plan } = run;
  try {
    await runPlan(run);
  } catch (error) {
    if (error instanceof Interrupted) throw await stopped(session, run);
    await session.store.log(plan.id, `${session.world.now().toISOString()} failed: ${messageOf(error)}`).catch(() => undefined);
    throw await afterFailure(session, run, onFailure, error);
  }
  await session.store.close(plan.id);
  return {
    operation: plan.id,
    kind: plan.operation,
    instance: plan.instance,
    steps: plan.steps.length,
    result: plan.result,
    wayBack: plan.wayBack,
  };
}

/** Stopped between steps: nothing was cut, and both ways are open. */
async function stopped(session: Session, run: Run<World>): Promise<OperatorError> {
  const entries = await run.journal.read();
  if (!entries.some(({ type }) => type === "doing")) {
    await undoPlan(run);
    await session.store.close(run.plan.id);
    return cancelled();
  }
  const done = entries.filter(({ type }) => type === "done").length;
  return new OperatorError("STOPPED", `Stopped; ${done} of ${run.plan.steps.length} steps of ${nameOf(run.plan)} are done.`, {
    exit: EXIT.halfway,
    hint: "graph-mgr resume   (goes on; graph-mgr undo takes it back)",
  });
}

async function afterFailure(session: Session, run: Run<World>, onFailure: Intent["onFailure"], error: unknown): Promise<unknown> {
  if (!(error instanceof OperatorError)) return error;
  sayFailure(session, error);
  const goBack = onFailure === "undo" || (onFailure === "ask" && (!session.ask.isPossible || (await askToUndo(session, run))));
  if (!goBack) {
    return new OperatorError(error.code, error.message, {
      exit: EXIT.halfway,
      cause: error,
      hint: withHint(error.hint, "graph-mgr resume   (tries again from here; graph-mgr undo goes back)"),
    });
  }
  session.note("Putting everything back:");
  session.phase("undoing");
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
  return new OperatorError(error.code, `${error.message.replace(/(?<![.!?])$/, ".")} Everything was put back as it was.`, {
    exit: EXIT.undone,
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

function sayFailure(session: Session, { message, hint }: OperatorError): void {
  session.noteInPlace("");
  session.note(wrap(`Failed: ${message}`, session.columns - 1));
  if (hint !== undefined) session.note(wrap(`Try: ${hint}`, session.columns - 1));
}

const withHint = (first: string | undefined, second: string): string =>
  first === undefined ? second : `${first}; then ${second}`;

/** Ctrl-C at this question leaves everything as it stands; a terminal that is gone decides nothing, so it is as in a script. */
async function askToUndo(session: Session, run: Run<World>): Promise<boolean> {
  session.note(`\nGoing back would\n${wrap((await undoSteps(run)).join("\n"), session.columns - 1)}\n`);
  const [back, leave] = OTHER_QUESTIONS.failed.answers;
  const choices = [
    { name: back, value: true },
    { name: leave, value: false },
  ];
  try {
    return (await session.ask.select({ ...OTHER_QUESTIONS.failed, choices }, false)) === true;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return !session.ask.isPossible;
  }
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
  throw new OperatorError("UNFINISHED", unfinishedText(unfinished), {
    hint: "graph-mgr resume   (goes on with it; graph-mgr undo takes it back)",
  });
}
