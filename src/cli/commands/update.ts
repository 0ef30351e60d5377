import { resolve as resolvePath } from "node:path";
import { chooseInstance } from "../../domain/instances.ts";
import type { Resolution, Resolutions } from "../../domain/merge-result.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { chooseMove } from "../../operations/database-move.ts";
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
  readonly onFailure: "undo" | "stop" | undefined;
}

/** flags or wizard -> facts -> plan -> run */
export async function update(session: Session, args: UpdateArgs): Promise<void> {
  const { world } = session;
  const resolutions = await resolutionsOf(session, args.resolve);
  if (args.bundle === undefined) throw needsAnswer("graph-mgr update BUNDLE", "Which release?");
  const contents = await readBundle(session, args.bundle);
  const described = await session.describedProducts();
  const templates = await session.maintenanceTemplates();
  // What the merge gave, for the step that writes it: texts with secrets in them, which no plan may hold.
  let texts: Readonly<Record<string, string>> = {};
  const makePlan = async () => {
    const home = await surveyHome(world, session.home.path);
    const source = chooseInstance(home.records, home.current, args.from);
    const ask = { home: session.home.path, source, contents, release: args.release, resolve: resolutions, templates };
    const found = await surveyUpdate(world, ask, described);
    texts = found.texts;
    const move = chooseMove(found.facts.database, args.postgres, found.facts.databaseVolumeBytes);
    return planUpdate(found.facts, { ...move, shareBinds: args.shareBind }, { now: world.now(), random: world.random(4) });
  };
  const carried = await carryOut(session, {
    command: "update",
    get answers() {
      return texts;
    },
    claimsEngine: true,
    isRoutine: false,
    onFailure: args.onFailure ?? "ask",
    makePlan,
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
