import { countsOf, type Finding } from "../../domain/finding.ts";
import { measurementOf, sizesToText, withMeasurement } from "../../domain/sizes.ts";
import { EXIT, type ExitCode, OperatorError } from "../../errors.ts";
import { findingsOf } from "../../operations/doctor/findings.ts";
import { planFix } from "../../operations/doctor/fix.ts";
import { type DoctorFacts, surveyDoctor } from "../../survey/doctor/facts.ts";
import { attempt } from "../../survey/doctor/looked.ts";
import { carryOut } from "../carry-out.ts";
import { doctorText } from "../doctor-text.ts";
import type { Carried } from "../run-or-undo.ts";
import type { Session } from "../session.ts";

export interface DoctorArgs {
  readonly fix: boolean;
  /** Warnings count as errors for the exit code. */
  readonly strict: boolean;
}

export const lookAround = (session: Session): Promise<DoctorFacts> =>
  surveyDoctor(session.world, session.home.path, { list: () => session.store.list(), isLocked: () => isLocked(session) });

/** Asked only where something is unfinished: then whoever comes at this very moment would be refused anyway. */
async function isLocked(session: Session): Promise<boolean> {
  try {
    await (await session.lockHome("doctor")).release();
    return false;
  } catch (error) {
    if (error instanceof OperatorError && error.code === "LOCKED") return true;
    throw error;
  }
}

/** Exits 3 where something is wrong, because scripts ask; what is noted, and mere risks, are no failure. */
export async function doctor(session: Session, { fix, strict }: DoctorArgs): Promise<ExitCode> {
  const { flags, print } = session;
  const facts = await lookAround(session);
  const findings = findingsOf(facts);
  const isFixable = fix && findings.some(({ fixes }) => fixes.length > 0);
  if (!flags.json) print(doctorText(findings, flags.verbose, session.printColumns));
  if (!isFixable) {
    if (fix && !flags.json) print("\nThere is nothing that --fix would do.");
    return await end(session, facts, findings, null, strict);
  }
  if (!flags.json) print("");
  const carried = await carryOut(session, fixIntent(session, findings));
  // The plan was the document.
  if (carried === null) return exitOf(findings, strict);
  const after = await lookAround(session);
  const left = findingsOf(after);
  if (!flags.json) print(`\nMended, and looked again:\n\n${doctorText(left, flags.verbose, session.printColumns)}`);
  return await end(session, after, left, carried, strict);
}

function fixIntent(session: Session, seen: readonly Finding[]): Parameters<typeof carryOut>[1] {
  const { world, home } = session;
  const helpers = seen.flatMap(({ fixes }) => fixes.flatMap(each => (each.kind === "helper" ? [each.container] : [])));
  return {
    command: "doctor --fix",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    onFailure: "undo",
    makePlan: async () => {
      const { id: engine, imageStore } = await world.engine.about();
      const findings = findingsOf(await lookAround(session));
      return planFix({ home: home.path, engine, imageStore, findings, helpers }, { now: world.now(), random: world.random(4) });
    },
  };
}

async function end(
  session: Session,
  facts: DoctorFacts,
  findings: readonly Finding[],
  carried: Carried | null,
  strict: boolean,
): Promise<ExitCode> {
  const { flags, home } = session;
  await remember(session, facts);
  if (flags.json)
    session.print(
      JSON.stringify({
        schema: 1,
        home: home.path,
        at: facts.now,
        counts: countsOf(findings),
        findings: findings.map(toJson),
        fixed: carried === null ? null : { operation: carried.operation, steps: carried.steps },
      }),
    );
  return exitOf(findings, strict);
}

export const toJson = ({ fixes, ...finding }: Finding) => ({ ...finding, fixable: fixes.length > 0 });

function exitOf(findings: readonly Finding[], strict: boolean): ExitCode {
  const { error, warning } = countsOf(findings);
  return error > 0 || (strict && warning > 0) ? EXIT.refused : EXIT.ok;
}

/** So that `doctor` can tell how fast things grow although nobody asks it for weeks. What it cannot find out is said, and fails nothing. */
export async function takeSizes(session: Session): Promise<void> {
  const looked = await attempt(() => lookAround(session));
  if ("value" in looked) await remember(session, looked.value);
  else session.note(`The sizes are not remembered: ${looked.unable}`);
}

/** How fast something grows is told by another look; where none can be kept, that one has nothing to go by. */
async function remember({ world, home, flags, note }: Session, facts: DoctorFacts): Promise<void> {
  if (flags.dryRun || !facts.home.isThere || !facts.home.mayWrite) return;
  const text = sizesToText(withMeasurement(facts.home.sizes, measurementOf(facts)));
  const kept = await attempt(() => world.files.write(home.sizes(), text, 0o600));
  if (!("value" in kept)) note(`What was measured is not remembered: ${kept.unable}`);
}
