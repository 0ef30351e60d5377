import { resolve as resolvePath } from "node:path";
import { chooseInstance } from "../../domain/instances.ts";
import type { Resolution, Resolutions } from "../../domain/merge-result.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { needsPreparation, planPrepare, planUnprepare } from "../../operations/prepare.ts";
import { planUpdate } from "../../operations/update.ts";
import { surveyHome } from "../../survey/home.ts";
import { needsAnswer } from "../ask.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { readBundle } from "./install.ts";
import { lookAlong, wayTo } from "./update-way.ts";

export interface UpdateArgs {
  readonly bundle: string | undefined;
  readonly from: string | undefined;
  readonly release: string | undefined;
  readonly postgres: "auto" | "dump" | "copy";
  readonly resolve: readonly string[];
  readonly shareBind: readonly string[];
  readonly acknowledge: readonly string[];
  readonly healthTimeoutSeconds: number | undefined;
  /** Through releases in between, where there is no other way. */
  readonly viaPath: boolean;
  /** Folders with bundles besides the home and the working folder. */
  readonly bundles: readonly string[];
  /** Only what can be done ahead. */
  readonly prepare: boolean;
  readonly onFailure: "undo" | "stop" | undefined;
}

/** flags or wizard -> facts -> plan -> run, twice: what can be done ahead, and then the window */
export async function update(session: Session, args: UpdateArgs): Promise<void> {
  const { world, flags } = session;
  const resolve = await resolutionsOf(session, args.resolve);
  if (args.bundle === undefined) throw needsAnswer("graph-mgr update BUNDLE", "Which release?");
  const contents = await readBundle(session, args.bundle);
  const way = wayTo(session, args, contents);
  const look = async () => {
    const home = await surveyHome(world, session.home.path);
    return await lookAlong(session, args, await way(chooseInstance(home.records, home.current, args.from)), resolve);
  };
  const occasion = () => ({ now: world.now(), random: world.random(4) });
  const intent = { claimsEngine: true, isRoutine: false, onFailure: args.onFailure ?? ("ask" as const) };

  const first = await look();
  const isAhead = !needsPreparation(first.hops);
  if (!flags.dryRun && !isAhead) {
    const prepared = await carryOut(session, {
      ...intent,
      command: "update",
      answers: {},
      makePlan: async () => planPrepare((await look()).hops, occasion()),
    });
    if (args.prepare && prepared) return await reportFinished(session, prepared);
  }
  if (args.prepare && isAhead) return session.note("Everything that can be done ahead is done.");
  // What the merge gave, for the steps that write it: texts with secrets in them, which no plan may hold.
  let answers: Readonly<Record<string, string>> = {};
  const goOn = () =>
    carryOut(session, {
      ...intent,
      command: "update",
      get answers() {
        return answers;
      },
      makePlan: async () => {
        const found = await look();
        answers = found.answers;
        return planUpdate(found.hops, occasion());
      },
    });
  const carried = await goOn().catch(async error => {
    // Refused or called off before it began: then what was done ahead for it in this same go is of no use either.
    const isBegun = !(error instanceof OperatorError) || error.exit === EXIT.halfway || error.exit === EXIT.undone;
    if (!isAhead && !flags.dryRun && !isBegun) {
      const makePlan = async () => planUnprepare(first.hops, occasion());
      await carryOut(session, { ...intent, command: "update", answers: {}, isRoutine: true, onFailure: "stop", makePlan });
    }
    throw error;
  });
  if (carried) await reportFinished(session, carried);
}

/** `KEY=mine`, `KEY=theirs` or `FILE=path of a file that is to be taken instead`. @throws OperatorError USAGE, NO_FILE */
async function resolutionsOf({ world, cwd }: Session, given: readonly string[]): Promise<Resolutions> {
  const found: Record<string, Resolution> = {};
  for (const text of given) {
    const at = text.lastIndexOf("=");
    const [name, what] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || what === "")
      throw new OperatorError("USAGE", `--resolve takes NAME=mine, NAME=theirs or NAME=FILE.`, {
        exit: EXIT.usage,
        hint: "--resolve Caddyfile=mine",
      });
    if (what === "mine" || what === "theirs") {
      found[name] = what;
      continue;
    }
    const file = await world.files.read(resolvePath(cwd, what));
    if (file === null)
      throw new OperatorError("NO_FILE", `There is no file ${what}.`, { exit: EXIT.usage, hint: `--resolve ${name}=mine` });
    found[name] = { text: file };
  }
  return found;
}
