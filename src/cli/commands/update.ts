import { resolve as resolvePath } from "node:path";
import { chooseInstance } from "../../domain/instances.ts";
import type { Resolution, Resolutions } from "../../domain/merge-result.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { chooseMove } from "../../operations/database-move.ts";
import { needsPreparation, planPrepare, planUnprepare } from "../../operations/prepare.ts";
import { refuseUpdate } from "../../operations/refuse-update.ts";
import { planUpdate } from "../../operations/update.ts";
import { surveyHome } from "../../survey/home.ts";
import { surveyUpdate } from "../../survey/update.ts";
import { needsAnswer } from "../ask.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { readBundle } from "./install.ts";

export interface UpdateArgs {
  readonly bundle: string | undefined;
  readonly from: string | undefined;
  readonly release: string | undefined;
  readonly postgres: "auto" | "dump" | "copy";
  readonly resolve: readonly string[];
  readonly shareBind: readonly string[];
  readonly acknowledge: readonly string[];
  readonly healthTimeoutSeconds: number | undefined;
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
  const described = await session.describedProducts();
  const templates = await session.maintenanceTemplates();
  const look = async () => {
    const home = await surveyHome(world, session.home.path);
    const source = chooseInstance(home.records, home.current, args.from);
    const ask = { home: session.home.path, source, contents, release: args.release, resolve, templates };
    const { facts, texts } = await surveyUpdate(world, ask, described);
    const asked = {
      shareBinds: args.shareBind,
      acknowledged: args.acknowledge,
      healthTimeoutSeconds: args.healthTimeoutSeconds ?? null,
    };
    try {
      const move = chooseMove(facts.database, args.postgres, facts.databaseVolumeBytes);
      return { facts, texts, request: { ...move, ...asked } };
    } catch (error) {
      // With whatever else stands against it.
      if (error instanceof OperatorError) refuseUpdate(facts, asked, [error]);
      throw error;
    }
  };
  const occasion = () => ({ now: world.now(), random: world.random(4) });
  const intent = { claimsEngine: true, isRoutine: false, onFailure: args.onFailure ?? ("ask" as const) };

  const first = await look();
  const isAhead = !needsPreparation(first.facts);
  if (!flags.dryRun && !isAhead) {
    const prepared = await carryOut(session, {
      ...intent,
      command: "update",
      answers: {},
      makePlan: async () => {
        const { facts, request } = await look();
        return planPrepare(facts, request, occasion());
      },
    });
    if (args.prepare && prepared) return await reportFinished(session, prepared);
  }
  if (args.prepare && isAhead) return session.note("Everything that can be done ahead is done.");
  // What the merge gave, for the step that writes it: texts with secrets in them, which no plan may hold.
  let texts: Readonly<Record<string, string>> = {};
  const goOn = () =>
    carryOut(session, {
      ...intent,
      command: "update",
      get answers() {
        return texts;
      },
      makePlan: async () => {
        const found = await look();
        texts = found.texts;
        return planUpdate(found.facts, found.request, occasion());
      },
    });
  const carried = await goOn().catch(async error => {
    // Refused or called off before it began: then what was done ahead for it in this same go is of no use either.
    const isBegun = !(error instanceof OperatorError) || error.exit === EXIT.halfway || error.exit === EXIT.undone;
    if (!isAhead && !flags.dryRun && !isBegun) {
      const makePlan = async () => planUnprepare(first.facts, occasion());
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
