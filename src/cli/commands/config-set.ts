import { isSecretKey } from "../../domain/merge-keys.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planKeys } from "../../operations/config.ts";
import { surveyKeys } from "../../survey/config-change.ts";
import type { Arguments } from "../arguments.ts";
import { BACK, needsAnswer } from "../ask.ts";
import { carryConfig } from "../config-carry.ts";
import type { Session } from "../session.ts";
import { settingsFrom } from "../settings-from.ts";
import { CONFIG_QUESTIONS, fill } from "../surface/questions.ts";
import { askFor, instanceFirst } from "./config.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });
const KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A first word that can be no key was meant as the instance. @throws OperatorError NO_INSTANCE */
async function refuseNoInstance(session: Session, first: string | undefined): Promise<void> {
  if (first !== undefined && !first.includes("=") && !KEY.test(first)) await askFor(session, first);
}

/** `config set`: values from the command line, from a file, and for a bare key at a question, where a secret is not shown. */
export async function configSet(session: Session, args: Arguments): Promise<void> {
  const { instance, rest } = await instanceFirst(session, args.from(1));
  await refuseNoInstance(session, rest[0]);
  const fromFile = await settingsFrom(session, args.text("set-from"));
  const given: Record<string, string> = { ...fromFile };
  const bare: string[] = [];
  for (const word of rest) {
    const at = word.indexOf("=");
    const key = at < 0 ? word : word.slice(0, at);
    if (!KEY.test(key))
      throw usage("`config set` takes KEY=VALUE, with a key of letters, digits and _.", "graph-mgr config set LOG_LEVEL=DEBUG");
    if (rest.filter(each => each === key || each.startsWith(`${key}=`)).length > 1)
      throw usage(`\`config set\` gives ${key} twice.`, "give each key once");
    if (at < 0) bare.push(key);
    else given[key] = word.slice(at + 1);
  }
  if (Object.keys(given).length + bare.length === 0)
    throw usage("`config set` needs to know what to set.", "graph-mgr config set KEY=VALUE   (or --set-from FILE)");
  const ask = await askFor(session, instance);
  for (const key of bare) given[key] = await askedValue(session, key);
  const keys = Object.keys(given);
  await carryConfig(session, {
    command: "config set",
    same: keys.length === 1 ? `${keys[0]} has this value already.` : "They have these values already.",
    apply: args.flag("apply"),
    make: async (apply, occasion) => {
      const { facts, texts } = await surveyKeys(session.world, ask, given);
      return { plan: planKeys(facts, keys, { how: "set", apply }, occasion), texts };
    },
  });
}

async function askedValue({ ask }: Session, key: string): Promise<string> {
  const { value, secret } = CONFIG_QUESTIONS;
  const question = isSecretKey(key) ? secret : value;
  const message = fill(question.message, { key });
  if (!ask.isPossible) throw needsAnswer(`graph-mgr config set ${key}=VALUE   (for a secret: --set-from FILE)`, message);
  if (isSecretKey(key)) return await ask.secret({ ...question, message, check: () => null });
  const answer = await ask.text({ ...question, message, check: () => null }, false);
  return answer === BACK ? "" : answer;
}

/** `config unset`. */
export async function configUnset(session: Session, args: Arguments): Promise<void> {
  const { instance, rest } = await instanceFirst(session, args.from(1));
  await refuseNoInstance(session, rest[0]);
  const odd = rest.find(key => !KEY.test(key));
  if (odd !== undefined) throw usage("`config unset` takes keys, of letters, digits and _.", "graph-mgr config unset LOG_LEVEL");
  if (rest.length === 0) throw usage("`config unset` needs to know what to take out.", "graph-mgr config unset KEY");
  if (new Set(rest).size < rest.length) throw usage("`config unset` gives a key twice.", "give each key once");
  const ask = await askFor(session, instance);
  await carryConfig(session, {
    command: "config unset",
    same: "",
    apply: args.flag("apply"),
    make: async (apply, occasion) => {
      const { facts, texts } = await surveyKeys(session.world, ask, Object.fromEntries(rest.map(key => [key, null])));
      return { plan: planKeys(facts, rest, { how: "unset", apply }, occasion), texts };
    },
  });
}
