import inquirer from "inquirer";
import { EXIT, OperatorError } from "../errors.ts";
import { type Ask, BACK } from "./ask.ts";

/** Ctrl-C at a question ends the command; nothing was changed yet. */
async function asked<T>(question: Readonly<Record<string, unknown>>): Promise<T> {
  try {
    const { answer } = (await inquirer.prompt([{ ...question, name: "answer" }] as never)) as { answer: T };
    return answer;
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError") {
      throw new OperatorError("CANCELLED", "Cancelled; nothing was changed.", { exit: EXIT.cancelled, cause: error });
    }
    throw error;
  }
}

/** Questions at a terminal. */
export const terminal: Ask = {
  isPossible: true,
  async select({ message, choices, initial }, canGoBack) {
    const back = canGoBack ? [{ name: "< back", value: BACK }] : [];
    return await asked({
      type: "select",
      message,
      choices: [...choices, ...back],
      ...(initial === undefined ? {} : { default: initial }),
      loop: false,
    });
  },
  async text({ message, initial, check }, canGoBack) {
    const answer = await asked<string>({
      type: "input",
      message: canGoBack ? `${message} (< goes back)` : message,
      ...(initial === undefined ? {} : { default: initial }),
      validate: (text: string) => (canGoBack && text.trim() === "<" ? true : (check(text.trim()) ?? true)),
    });
    return canGoBack && answer.trim() === "<" ? BACK : answer.trim();
  },
  confirm: (message, initial) => asked<boolean>({ type: "confirm", message, default: initial }),
};
