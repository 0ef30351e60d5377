import { resolve } from "node:path";
import type { BundleContents } from "../../domain/bundle.ts";
import { instanceName } from "../../domain/names.ts";
import { messageOf, OperatorError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { surveyBundles } from "../../survey/bundles.ts";
import { surveyHome } from "../../survey/home.ts";
import type { InstallFacts } from "../../survey/install.ts";
import { BACK } from "../ask.ts";
import type { InstallArgs } from "../commands/install.ts";
import { askAll, type Question } from "../questionnaire.ts";
import type { Session } from "../session.ts";
import { planQuestion } from "./plan.ts";
import { portQuestion } from "./ports.ts";

export interface InstallAnswers extends InstallArgs {
  readonly contents: BundleContents | null;
  readonly plan: Plan | null;
}

interface Helpers {
  readonly read: (path: string) => Promise<BundleContents>;
  readonly factsFor: (answers: InstallAnswers) => Promise<InstallFacts>;
  readonly planFor: (answers: InstallAnswers) => Promise<Plan>;
}

const ELSEWHERE = "elsewhere";

/** Asks for what no flag said; Enter all the way takes the defaults. */
export async function installWizard(
  session: Session,
  args: InstallArgs,
  { read, factsFor, planFor }: Helpers,
): Promise<InstallAnswers> {
  const which: Question<InstallAnswers> = async (state, canGoBack) => {
    if (state.contents !== null) return "skipped";
    const bundles = await surveyBundles(session.world, [...new Set([session.home.path, session.cwd])]);
    const choices = [
      ...bundles.map(({ path }) => ({ name: path, value: path })),
      { name: "another file or folder", value: ELSEWHERE },
    ];
    const chosen =
      bundles.length === 0
        ? ELSEWHERE
        : await session.ask.select({ flag: "bundle", message: "Which bundle shall be installed?", choices }, canGoBack);
    if (chosen === BACK) return BACK;
    const path =
      chosen === ELSEWHERE
        ? await session.ask.text(
            {
              flag: "bundle",
              message: "Path of the bundle (a .tar, .tar.gz or folder)?",
              check: text => (text === "" ? "A path is needed." : null),
            },
            true,
          )
        : chosen;
    if (path === BACK) return bundles.length === 0 ? BACK : await which(state, canGoBack);
    try {
      return { ...state, bundle: path, contents: await read(resolve(session.cwd, path)) };
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      session.note(`${messageOf(error)}${error.hint === undefined ? "" : `\nTry: ${error.hint}`}`);
      return await which(state, canGoBack);
    }
  };
  const named: Question<InstallAnswers> = async (state, canGoBack) => {
    if (state.name !== undefined) return "skipped";
    const { instance, claims } = await factsFor(state);
    const { records } = await surveyHome(session.world, session.home.path);
    if (claims.length > 0) session.note(`The name ${instance.name} is taken: ${claims[0]}.`);
    const check = (text: string) => {
      if (text === "") return claims.length > 0 ? "A name is needed, e.g. training." : null;
      try {
        const { name } = instanceName(instance.release, text);
        return records.some(record => record.name === name) ? `There is already an instance ${name}.` : null;
      } catch (error) {
        return messageOf(error);
      }
    };
    const answer = await session.ask.text(
      {
        flag: "name",
        message: `A name to tell this ${instance.release} from others (empty for none)?`,
        check,
        ...(claims.length > 0 ? { initial: "second" } : {}),
      },
      canGoBack,
    );
    if (answer === BACK) return BACK;
    return { ...state, name: answer === "" ? undefined : answer };
  };
  const portOf = (which: "http" | "https") => async (state: InstallAnswers) => {
    const facts = await factsFor(state);
    const at = facts.product.ports[which];
    return facts.ports.find(({ service, container }) => at?.service === service && at.container === container);
  };
  const secrets: Question<InstallAnswers> = async (state, canGoBack) => {
    const { defaultSecrets } = await factsFor(state);
    if (defaultSecrets.length === 0 || args.secretsGiven) return "skipped";
    const choices = [
      { name: "Replace them by generated ones", value: "generate" as const },
      { name: "Keep the vendor's", value: "keep" as const },
    ];
    const answer = await session.ask.select<InstallArgs["secrets"]>(
      {
        flag: "secrets",
        message: `${defaultSecrets.join(", ")} still have the vendor's default, which everybody knows.`,
        choices,
        initial: "generate",
      },
      canGoBack,
    );
    return answer === BACK ? BACK : { ...state, secrets: answer };
  };
  return await askAll<InstallAnswers>(
    { ...args, contents: args.bundle === undefined ? null : await read(resolve(session.cwd, args.bundle)), plan: null },
    [
      which,
      named,
      portQuestion(session, "httpPort", portOf("http")),
      portQuestion(session, "httpsPort", portOf("https")),
      secrets,
      planQuestion<InstallAnswers>(session, planFor),
    ],
  );
}
