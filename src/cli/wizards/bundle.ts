import { resolve } from "node:path";
import { OperatorError } from "../../errors.ts";
import { BACK } from "../ask.ts";
import type { Session } from "../session.ts";
import type { QuestionSpec } from "../surface/spec.ts";
import { complain } from "./complain.ts";

/** Asks for the path of a bundle; `~` means what it means in a shell. @returns an absolute path at which there is something */
export async function typedPath(session: Session, question: QuestionSpec, canGoBack: boolean): Promise<string | typeof BACK> {
  const { world, cwd, userHome, ask } = session;
  const atPrompt = (text: string) => resolve(cwd, text.replace(/^~(?=\/|$)/, userHome));
  const check = async (text: string) =>
    text === ""
      ? "A path is needed."
      : (await world.files.exists(atPrompt(text)))
        ? null
        : `There is nothing at ${atPrompt(text)}.`;
  const path = await ask.text({ ...question, check }, canGoBack);
  return path === BACK ? BACK : atPrompt(path);
}

/** What cannot be done with an answer is said, and it is asked again; null then. */
export async function orComplain<T>(session: Session, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    complain(session, error);
    return null;
  }
}
