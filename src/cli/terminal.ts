import { styleText } from "node:util";
import inquirer from "inquirer";
import { type Ask, BACK, cancelled } from "./ask.ts";
import { wrap } from "./text.ts";

export interface Terminal {
  /** What questions read from, and only while one is asked. */
  readonly input: { readonly stream: NodeJS.ReadableStream; open(): void; close(): void };
  /** Standard error: standard output is for results, and may be a pipe. */
  readonly output: NodeJS.WritableStream;
  /** Fires when the terminal is gone. */
  readonly lost: AbortSignal;
  readonly isColored: boolean;
  readonly columns: () => number;
}

const BACK_TEXT = "< back";
const same = (text: string) => text;
const PLAIN = {
  prefix: { idle: "?", done: "-" },
  icon: { cursor: ">" },
  style: {
    answer: same,
    error: (text: string) => `> ${text}`,
    defaultAnswer: (text: string) => `(${text})`,
    help: same,
    highlight: same,
    key: same,
    keysHelpTip: (keys: readonly (readonly [string, string])[]) => keys.map(([key, action]) => `${key} ${action}`).join(", "),
  },
} as const;

/** Questions at a terminal. Ctrl-C, Ctrl-D and a terminal that goes away end the command. */
export function terminalAsk({ input, output, lost, isColored, columns }: Terminal): Ask {
  let isGone = false;
  async function asked<T>(question: Readonly<Record<string, unknown>>, hint: string): Promise<T> {
    const left = new AbortController();
    const leave = () => left.abort();
    // The end of the terminal may be seen before the signal that announces it.
    const vanish = () => {
      isGone = true;
      leave();
    };
    // Readline just closes at the end of its input, and the question would never be over.
    const onKey = (_: unknown, key: { readonly name?: string; readonly ctrl?: boolean } | undefined) => {
      if (key?.ctrl === true && key.name === "d") leave();
    };
    input.stream.on("end", vanish).on("keypress", onKey);
    input.open();
    const bold = (text: string) => (isColored ? styleText("bold", text) : text);
    const dim = (text: string) => (isColored ? styleText("dim", text) : text);
    const style = { message: (text: string, status: string) => (status === "done" ? bold(text) : `${bold(text)}${dim(hint)}`) };
    const theme = isColored ? { style } : { ...PLAIN, style: { ...PLAIN.style, ...style } };
    const prompt = inquirer.createPromptModule({
      input: input.stream,
      output,
      signal: AbortSignal.any([lost, left.signal]),
    } as never);
    try {
      const { answer } = (await prompt([{ ...question, theme, name: "answer" }] as never)) as { answer: T };
      return answer;
    } catch (error) {
      if (error instanceof Error && /^(Exit|Abort)PromptError$/.test(error.name)) throw cancelled(error);
      throw error;
    } finally {
      input.close();
      input.stream.removeListener("end", vanish).removeListener("keypress", onKey);
    }
  }
  return {
    get isPossible() {
      return !lost.aborted && !isGone;
    },
    async select({ message, choices, initial }, canGoBack) {
      const all = [...choices, ...(canGoBack ? [{ name: BACK_TEXT, value: BACK }] : [])];
      return await asked(
        {
          type: "select",
          message,
          choices: all,
          loop: false,
          pageSize: 12,
          ...(initial === undefined ? {} : { default: initial }),
        },
        "",
      );
    },
    async text({ message, initial, check }, canGoBack) {
      const isBack = (text: string) => canGoBack && text.trim() === "<";
      const answer = await asked<string>(
        {
          type: "input",
          message,
          ...(initial === undefined ? {} : { default: initial }),
          validate: async (text: string) => {
            const fault = isBack(text) ? null : await check(text.trim());
            return fault === null || wrap(fault, columns() - "> ".length - 1);
          },
        },
        canGoBack ? "  (< goes back)" : "",
      );
      return isBack(answer) ? BACK : answer.trim();
    },
    async secret({ message, check }) {
      const validate = async (text: string) => {
        const fault = await check(text);
        return fault === null || wrap(fault, columns() - "> ".length - 1);
      };
      return await asked<string>({ type: "password", message, mask: false, validate }, "  (it is not shown)");
    },
  };
}
