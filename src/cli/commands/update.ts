import { join, resolve } from "node:path";
import { EXIT, OperatorError } from "../../errors.ts";
import { needsPreparation } from "../../operations/prepare.ts";
import type { Plan } from "../../plan/plan.ts";
import { needsAnswer } from "../ask.ts";
import { carryOut, showPlan } from "../carry-out.ts";
import { equivalentCommand } from "../equivalent.ts";
import { reportFinished } from "../report.ts";
import { resolutionsOf } from "../resolutions.ts";
import type { Carried } from "../run-or-undo.ts";
import type { Session } from "../session.ts";
import { fill } from "../surface/questions.ts";
import { UPDATE_QUESTIONS } from "../surface/update-questions.ts";
import { noticeUnfinished } from "../unfinished.ts";
import { type UpdateArgs, type UpdateMaking, type UpdateState, updateMaking } from "../update-making.ts";
import type { UpdateAnswers } from "../wizards/update.ts";

/** flags or wizard -> facts -> plan -> run, twice: what can be done ahead, and then the window */
export async function update(session: Session, given: UpdateArgs): Promise<void> {
  const { flags } = session;
  const resolutions = await resolutionsOf(session, given.resolve);
  const making = await updateMaking(session, given);
  const asks = session.ask.isPossible && !flags.yes;
  const sourceName = asks ? making.source.name : null;
  const wizard = asks ? await import("../wizards/update.ts") : null;
  if (wizard === null && given.bundle === undefined)
    throw needsAnswer("graph-mgr update BUNDLE", fill(UPDATE_QUESTIONS.release.message, { instance: making.source.name }));
  const contents = given.bundle === undefined ? null : await making.read(given.bundle);
  const start: UpdateAnswers = { ...given, contents, resolutions, edited: {}, preparing: null, plan: null };
  const answered = wizard === null ? start : await wizard.updateWizard(session, start, making);

  // Before anything is loaded: afterwards nobody can tell what was there.
  const first = await making.look(answered);
  const isAhead = !needsPreparation(first);
  // Its refusals are what is to be found out by day.
  if (given.prepare && isAhead) return await reportAhead(session, await making.preparePlan(answered));
  if (isAhead || (flags.dryRun && !given.prepare))
    return await finish(session, answered, await window(session, answered, making), sourceName);
  const prepared = await carryOut(session, {
    ...intentOf(given),
    answers: {},
    seen: answered.preparing,
    makePlan: () => making.preparePlan(answered),
  });
  if (given.prepare) return await finish(session, answered, prepared, sourceName);
  let final = answered;
  let carried: Carried | null = null;
  try {
    if (wizard !== null) final = await wizard.windowWizard(session, answered, making);
    carried = await window(session, final, making);
  } catch (error) {
    // Refused or called off before it began: then what was done ahead for it in this same go is of no use either.
    const isBegun = !(error instanceof OperatorError) || error.exit === EXIT.halfway || error.exit === EXIT.undone;
    if (!isBegun)
      await carryOut(session, {
        ...intentOf(given),
        answers: {},
        isRoutine: true,
        onFailure: "stop",
        makePlan: () => making.unpreparePlan(first),
      });
    throw error;
  }
  await finish(session, final, carried, sourceName);
}

/** Nothing is begun, so there is no operation. */
async function reportAhead(session: Session, plan: Plan): Promise<void> {
  await noticeUnfinished(session);
  if (session.flags.dryRun) return showPlan(session, { ...plan, steps: [] });
  const { operation: kind, instance, wayBack, result } = plan;
  const done = { operation: null, kind, instance, steps: 0, wayBack, outcome: "done", ...result };
  session.print(session.flags.json ? JSON.stringify(done) : "Everything that can be done ahead is done.");
}

const intentOf = ({ onFailure }: UpdateArgs) => ({
  command: "update",
  claimsEngine: true,
  isRoutine: false,
  onFailure: onFailure ?? ("ask" as const),
});

async function window(
  session: Session,
  state: UpdateState & { readonly plan: Plan | null },
  making: UpdateMaking,
): Promise<Carried | null> {
  let texts: Readonly<Record<string, string>> = {};
  return await carryOut(session, {
    ...intentOf(state),
    get answers() {
      return texts;
    },
    seen: state.plan,
    makePlan: async () => {
      const found = await making.windowPlan(state);
      texts = found.texts;
      return found.plan;
    },
  });
}

/** @param asked which instance was updated, where questions were asked; null in a script */
async function finish(session: Session, state: UpdateAnswers, carried: Carried | null, asked: string | null): Promise<void> {
  if (carried === null) return;
  await reportFinished(session, carried);
  // `current` may be another one by now.
  if (asked !== null)
    session.note(`\nThe same without questions:\n  ${commandFor(session, { ...state, from: state.from ?? asked }, carried)}`);
}

function commandFor({ home, cwd }: Session, args: UpdateAnswers, { instance, result }: Carried): string {
  const bundle = args.contents?.source.path ?? args.bundle;
  const dir = join(home.path, "releases", instance ?? "");
  const answers = Object.entries(args.resolutions).flatMap(([name, what]) => {
    if (args.resolve.some(each => each.startsWith(`${name}=`))) return [];
    // What was edited stands in the new instance.
    return [`${name}=${typeof what === "string" ? what : join(dir, args.edited[name] ?? name)}`];
  });
  return equivalentCommand("update", bundle === undefined ? undefined : resolve(cwd, bundle), {
    home: home.path,
    from: args.from,
    release: args.release,
    resolve: [...args.resolve, ...answers],
    acknowledge: args.acknowledge.map(release => (release === "" ? String(result?.["version"] ?? "") : release)),
    postgres: args.postgres === "auto" ? undefined : args.postgres,
    "share-bind": args.shareBind,
    "health-timeout": args.healthTimeoutSeconds,
    "via-path": args.viaPath ? true : undefined,
    bundles: args.viaPath ? args.bundles.map(each => resolve(cwd, each)) : [],
    prepare: args.prepare ? true : undefined,
    backup: args.backup ? true : undefined,
    "on-failure": args.onFailure,
  });
}
