import { dirname, relative, resolve } from "node:path";
import type { BundleContents } from "../../domain/bundle.ts";
import { instanceName } from "../../domain/names.ts";
import { messageOf } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { surveyBundles } from "../../survey/bundles.ts";
import type { InstallFacts } from "../../survey/install.ts";
import { BACK } from "../ask.ts";
import type { InstallArgs } from "../commands/install.ts";
import { askAll, type Question, SKIPPED } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { INSTALL_QUESTIONS as ASKED, fill } from "../surface/questions.ts";
import { wrap } from "../text.ts";
import { orComplain, typedPath } from "./bundle.ts";
import { planQuestion } from "./plan.ts";
import { portQuestion } from "./ports.ts";

export interface InstallAnswers extends InstallArgs {
  readonly contents: BundleContents | null;
  readonly plan: Plan | null;
}

interface Making {
  readonly read: (path: string) => Promise<BundleContents>;
  readonly factsFor: (answers: InstallAnswers) => Promise<InstallFacts>;
  readonly planFor: (answers: InstallAnswers) => Promise<Plan>;
}

/** Asks for what no flag said; Enter all the way takes the defaults. */
export async function installWizard(session: Session, args: InstallArgs, making: Making): Promise<InstallAnswers> {
  const { read, planFor } = making;
  const factsFor = remembering(session, making.factsFor);
  const portOf = (which: "http" | "https") => async (state: InstallAnswers) => {
    const facts = await factsFor(state);
    const at = facts.product.ports[which];
    return facts.ports.find(({ service, container }) => at?.service === service && at.container === container);
  };
  const contents = args.bundle === undefined ? null : await read(resolve(session.cwd, args.bundle));
  return await askAll<InstallAnswers>({ ...args, contents, plan: null }, [
    { key: "bundle", ask: bundleQuestion(session, read) },
    { key: "name", ask: nameQuestion(session, factsFor) },
    portQuestion(session, "httpPort", portOf("http")),
    portQuestion(session, "httpsPort", portOf("https")),
    { key: "secrets", ask: secretsQuestion(session, args.secretsGiven, factsFor) },
    planQuestion<InstallAnswers>(session, planFor),
  ]);
}

type Answering = Question<InstallAnswers>["ask"];

/** @param isAsking while a question is on the screen */
type Look = (answers: InstallAnswers, isAsking?: boolean) => Promise<InstallFacts>;

/** Looking takes a second, and two questions in a row see the same machine. The plan looks afresh. */
function remembering({ noteInPlace }: Session, look: Making["factsFor"]): Look {
  let last: { readonly key: string; readonly facts: InstallFacts } | null = null;
  return async (state, isAsking = false) => {
    const key = JSON.stringify([state.contents?.source, state.release, state.name, state.httpPort, state.httpsPort]);
    if (last?.key === key) return last.facts;
    // While a question is on the screen it says itself that an answer is being checked.
    if (!isAsking) noteInPlace("  Looking at this machine ...");
    try {
      last = { key, facts: await look(state) };
    } finally {
      if (!isAsking) noteInPlace("");
    }
    return last.facts;
  };
}

const ELSEWHERE = "";

function bundleQuestion(session: Session, read: Making["read"]): Answering {
  const { world, home, cwd, ask } = session;
  return async (state, canGoBack, earlier) => {
    if (state.contents !== null) return SKIPPED;
    const bundles = await surveyBundles(world, [...new Set([home.path, cwd])]);
    const choices = [
      ...bundles.map(({ path }) => ({ name: dirname(path) === cwd ? relative(cwd, path) : path, value: path })),
      { name: ASKED.bundle.answers[0], value: ELSEWHERE },
    ];
    for (;;) {
      const before = earlier?.bundle;
      const initial = bundles.some(({ path }) => path === before) ? before : before === undefined ? undefined : ELSEWHERE;
      const chosen =
        bundles.length === 0
          ? ELSEWHERE
          : await ask.select<string>({ ...ASKED.bundle, choices, ...(initial === undefined ? {} : { initial }) }, canGoBack);
      if (chosen === BACK) return BACK;
      const path = chosen === ELSEWHERE ? await typedPath(session, ASKED.path, bundles.length > 0 || canGoBack) : chosen;
      if (path === BACK && bundles.length === 0) return BACK;
      if (path === BACK) continue;
      const contents = await orComplain(session, () => read(path));
      if (contents !== null) return { ...state, bundle: path, contents };
    }
  };
}

function nameQuestion(session: Session, factsFor: Look): Answering {
  return async (state, canGoBack, earlier) => {
    if (state.name !== undefined) return SKIPPED;
    const { instance, claims } = await factsFor(state);
    const { release } = instance;
    if (claims.length > 0 && earlier === undefined)
      session.note(wrap(`${instance.name} is taken: ${claims[0]}.`, session.columns - 1));
    const check = async (text: string) => {
      if (text === "") return claims.length > 0 ? "A name is needed, because the plain one is taken." : null;
      try {
        const { name } = instanceName(release, text);
        const [claim] = (await factsFor({ ...state, name: text }, true)).claims;
        return claim === undefined ? null : `${name} is taken: ${claim}.`;
      } catch (error) {
        return messageOf(error);
      }
    };
    const initial = earlier?.name ?? (claims.length > 0 ? "second" : "");
    const message = fill(ASKED.name.message, { release });
    const answer = await session.ask.text({ ...ASKED.name, message, initial, check }, canGoBack);
    return answer === BACK ? BACK : { ...state, name: answer === "" ? undefined : answer };
  };
}

function secretsQuestion(session: Session, isGiven: boolean, factsFor: Look): Answering {
  return async (state, canGoBack, earlier) => {
    if (isGiven) return SKIPPED;
    const { defaultSecrets } = await factsFor(state);
    if (defaultSecrets.length === 0) return SKIPPED;
    const known = `These still have the vendor's value, which everybody knows: ${defaultSecrets.join(", ")}`;
    session.note(wrap(known, session.columns - 1));
    const [generate, keep] = ASKED.secrets.answers;
    const choices = [
      { name: generate, value: "generate" as const },
      { name: keep, value: "keep" as const },
    ];
    const question = { ...ASKED.secrets, choices, initial: earlier?.secrets ?? ("generate" as const) };
    const answer = await session.ask.select<InstallArgs["secrets"]>(question, canGoBack);
    return answer === BACK ? BACK : { ...state, secrets: answer };
  };
}
