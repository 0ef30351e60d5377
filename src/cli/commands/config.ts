import { chooseInstance } from "../../domain/instances.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import type { ConfigAsk } from "../../survey/config-change.ts";
import { surveyHome } from "../../survey/home.ts";
import { refuseFolderGone } from "../../survey/instance.ts";
import type { Arguments } from "../arguments.ts";
import type { Session } from "../session.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

/** Which actions an option is for. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  service: ["show"],
  "set-from": ["set"],
  apply: ["set", "unset", "edit", "revert"],
};

const ACTIONS: Readonly<Record<string, (session: Session, args: Arguments) => Promise<void>>> = {
  show: async (session, args) => (await import("./config-show.ts")).configShow(session, args),
  diff: async (session, args) => (await import("./config-diff.ts")).configDiff(session, args),
  set: async (session, args) => (await import("./config-set.ts")).configSet(session, args),
  unset: async (session, args) => (await import("./config-set.ts")).configUnset(session, args),
  edit: async (session, args) => (await import("./config-edit.ts")).configEdit(session, args),
  history: async (session, args) => (await import("./config-history.ts")).configHistory(session, args),
  revert: async (session, args) => (await import("./config-history.ts")).configRevert(session, args),
};

export async function config(session: Session, args: Arguments): Promise<void> {
  const name = args.at(0) ?? "";
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined)
    throw usage(
      `\`config\` does not know ${JSON.stringify(name.slice(0, 40))}.`,
      `graph-mgr config ${Object.keys(ACTIONS).join("|")}`,
    );
  for (const [option, actions] of Object.entries(OPTIONS))
    if (args.isGiven(option) && !actions.includes(name))
      throw usage(`--${option} is for \`config ${actions.join("`, `config ")}\`.`, "leave it out");
  await action(session, args);
}

/** @throws OperatorError USAGE */
export function refuseMore(words: readonly string[], most: number, action: string): void {
  if (words.length <= most) return;
  throw usage(
    `\`config ${action}\` does not know what to do with ${JSON.stringify((words[most] ?? "").slice(0, 60))}.`,
    "graph-mgr config --help",
  );
}

/** The instance that a command is about, with a folder. @throws OperatorError NO_INSTANCE, FOLDER_GONE */
export async function askFor({ world, home }: Session, word: string | undefined): Promise<ConfigAsk> {
  const { records, current } = await surveyHome(world, home.path);
  const record = chooseInstance(records, current, word);
  await refuseFolderGone(world, record);
  return { record, home: home.path, current };
}

/**
 * Words of a command line whose first may be an instance: one that is there, or what can be nothing else. Keys and files look otherwise.
 */
export async function instanceFirst(
  { world, home }: Session,
  words: readonly string[],
): Promise<{ readonly instance: string | undefined; readonly rest: readonly string[] }> {
  const [first, ...rest] = words;
  if (first === undefined || first.includes("=")) return { instance: undefined, rest: words };
  const { records } = await surveyHome(world, home.path);
  const isKnown = records.some(({ name, project }) => [name, name.replace(/^v/, ""), project].includes(first));
  return isKnown || first === "current" || /^v?\d/.test(first) ? { instance: first, rest } : { instance: undefined, rest: words };
}
