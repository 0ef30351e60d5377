import { basename, posix, relative, resolve } from "node:path";
import { type ConfigurationOf, configurationPlaces, isConfiguration } from "../../domain/config-files.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planEdit } from "../../operations/config.ts";
import type { ConfigAsk } from "../../survey/config-change.ts";
import { configurationOf, surveyEdit } from "../../survey/config-edit.ts";
import { textToChange } from "../../survey/config-texts.ts";
import type { Arguments } from "../arguments.ts";
import { carryConfig } from "../config-carry.ts";
import type { Session } from "../session.ts";
import { CONFIG_QUESTIONS } from "../surface/questions.ts";
import { complain } from "../wizards/complain.ts";
import { askFor, instanceFirst, refuseMore } from "./config.ts";

/** `config edit`: an editor on one file, which is looked at before it is saved. */
export async function configEdit(session: Session, args: Arguments): Promise<void> {
  const { world } = session;
  const { instance, rest } = await instanceFirst(session, args.from(1));
  refuseMore(rest, 1, "edit");
  const ask = await askFor(session, instance);
  const configuration = await configurationOf(world, ask.record);
  const path = pathOf(session, ask, configuration, rest[0]);
  const isSettings = [configuration.layout?.settings ?? ".env", ".env", ...configuration.envFiles].includes(path);
  const { name } = ask.record;
  if (session.edit === null)
    throw new OperatorError("NO_EDITOR", "The environment names no editor: neither VISUAL nor EDITOR is set.", {
      hint: `EDITOR=nano graph-mgr config edit ${name} ${path}   (or graph-mgr config set ${name} KEY=VALUE)`,
    });
  if (!session.ask.isPossible)
    throw new OperatorError("NO_TERMINAL", "There is no terminal for an editor.", {
      exit: EXIT.usage,
      hint: isSettings
        ? `graph-mgr config set ${name} KEY=VALUE`
        : `graph-mgr config edit ${name} ${path}   (at a terminal: \`ssh -t\` gives one)`,
    });
  const old = await textToChange(world, ask.record.dir, path);
  const text = await editedText(session, ask, path, old);
  if (text === null) return session.print(`${path} is as it was.`);
  await carryConfig(session, {
    command: "config edit",
    same: `${path} is as it was.`,
    apply: args.flag("apply"),
    make: async (apply, occasion) => {
      const { facts, texts } = await surveyEdit(world, ask, { [path]: text });
      return { plan: planEdit(facts, apply, occasion), texts };
    },
  });
}

/** The file that is meant, relative to the instance's folder. @throws OperatorError NOT_EDITABLE */
function pathOf({ cwd }: Session, { record }: ConfigAsk, configuration: ConfigurationOf, word: string | undefined): string {
  if (word === undefined) return configuration.layout?.settings ?? ".env";
  const isTyped = word.startsWith("/") || word.startsWith("./") || word.startsWith("../");
  const path = isTyped ? relative(record.dir, resolve(cwd, word)) : posix.normalize(word);
  const isInside = path !== "" && path !== ".." && !path.startsWith("../") && !path.startsWith("/");
  if (isInside && isConfiguration(path, configuration)) return path;
  throw new OperatorError("NOT_EDITABLE", `${JSON.stringify(word.slice(0, 80))} is no configuration of ${record.name}.`, {
    hint: configurationPlaces(configuration).join(", "),
  });
}

/** What the operator made of it, once it can be taken; null where he left it. */
async function editedText(session: Session, ask: ConfigAsk, path: string, old: string | null): Promise<string | null> {
  let text = old ?? "";
  for (;;) {
    const edited = (await session.edit?.(basename(path), text)) ?? null;
    if (edited === (old ?? "")) {
      // Who looked and left it should not take it for good.
      const fault = old === null ? null : await faultOf(session, ask, path, edited);
      if (fault !== null) complain(session, fault);
      return null;
    }
    const fault = edited === null ? FAILED : await faultOf(session, ask, path, edited);
    if (fault === null) return edited;
    text = edited ?? text;
    complain(session, fault);
    const [again, leave] = CONFIG_QUESTIONS.again.answers;
    const choices = [
      { name: again, value: true },
      { name: leave, value: false },
    ];
    if ((await session.ask.select({ ...CONFIG_QUESTIONS.again, choices }, false)) !== true) return null;
  }
}

const FAILED = new OperatorError("EDITOR_FAILED", "The editor ended with an error, so nothing of it counts.");

async function faultOf({ world }: Session, ask: ConfigAsk, path: string, text: string): Promise<OperatorError | null> {
  try {
    const { facts } = await surveyEdit(world, ask, { [path]: text });
    planEdit(facts, false, { now: world.now(), random: "look" });
    return null;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error;
  }
}
