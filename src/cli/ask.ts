import { EXIT, OperatorError } from "../errors.ts";

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
  readonly description?: string;
}

interface QuestionBase {
  /** The flag that answers it, without dashes: whatever can be asked can be scripted. */
  readonly flag: string;
  readonly message: string;
}
export interface SelectQuestion<T> extends QuestionBase {
  readonly choices: readonly Choice<T>[];
  readonly initial?: T;
}
export interface TextQuestion extends QuestionBase {
  readonly initial?: string;
  /** Null when the text will do, else one sentence. */
  readonly check: (text: string) => string | null;
}

/** What a question is answered with to go one question back. */
export const BACK = Symbol("back");

/** How a command gets an answer that no flag gave. */
export interface Ask {
  /** Whether there is anybody to ask. */
  readonly isPossible: boolean;
  select<T>(question: SelectQuestion<T>, canGoBack: boolean): Promise<T | typeof BACK>;
  text(question: TextQuestion, canGoBack: boolean): Promise<string | typeof BACK>;
  /** False unless the operator says yes. */
  confirm(message: string, initial: boolean): Promise<boolean>;
}

/** In a script nothing is asked and nothing hangs: the error names the flag. */
export const nobodyToAsk: Ask = {
  isPossible: false,
  select: async ({ flag, message }) => {
    throw needsAnswer(flag, message);
  },
  text: async ({ flag, message }) => {
    throw needsAnswer(flag, message);
  },
  confirm: async () => false,
};

function needsAnswer(flag: string, message: string): OperatorError {
  return new OperatorError("NEEDS_ANSWER", `"${message}" needs an answer, and there is no terminal to ask at.`, {
    exit: EXIT.usage,
    hint: `--${flag}`,
  });
}
