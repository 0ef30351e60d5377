import { EXIT, OperatorError } from "../errors.ts";

export interface Choice<T> {
  readonly name: string;
  readonly value: T;
}

interface QuestionBase {
  /** The flag that answers it, or what to write in its place: whatever can be asked can be scripted. */
  readonly flag: string;
  readonly message: string;
}
export interface SelectQuestion<T> extends QuestionBase {
  readonly choices: readonly Choice<T>[];
  readonly initial?: T;
}
export interface TextQuestion extends QuestionBase {
  readonly initial?: string;
  /** Null when the text will do, else one sentence; then it is asked again. */
  readonly check: (text: string) => string | null | Promise<string | null>;
}

/** What a question is answered with to go one question back. */
export const BACK = Symbol("back");

/** How a command gets an answer that no flag gave. */
export interface Ask {
  /** Whether there is anybody to ask. */
  readonly isPossible: boolean;
  /** @throws OperatorError CANCELLED when the operator leaves instead of answering */
  select<T>(question: SelectQuestion<T>, canGoBack: boolean): Promise<T | typeof BACK>;
  /** Without the spaces around it. @throws OperatorError CANCELLED */
  text(question: TextQuestion, canGoBack: boolean): Promise<string | typeof BACK>;
  /** What nobody sees being typed, with the spaces around it. @throws OperatorError CANCELLED */
  secret(question: Omit<TextQuestion, "initial">): Promise<string>;
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
  secret: async ({ flag, message }) => {
    throw needsAnswer(flag, message);
  },
};

/** @param hint the flag, or the command line with it */
export function needsAnswer(hint: string, question: string): OperatorError {
  return new OperatorError("NEEDS_ANSWER", `"${question}" needs an answer, and there is no terminal to ask at.`, {
    exit: EXIT.usage,
    hint,
  });
}

export const cancelled = (cause?: unknown): OperatorError =>
  new OperatorError("CANCELLED", "Cancelled; nothing was changed.", { exit: EXIT.cancelled, cause });
