/** What a command exits with. Scripts rely on these numbers: never renumber (docs/formats.md lists them). */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  halfway: 4,
  undone: 5,
  locked: 6,
  cancelled: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface OperatorErrorOptions {
  /** What to type next, without the `Try:` in front. */
  readonly hint?: string;
  readonly exit?: ExitCode;
  readonly cause?: unknown;
}

/** An error whose message is written for the operator: one sentence of what is so. Anything else that reaches `main` is a bug. */
export class OperatorError extends Error {
  override name = "OperatorError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly exit: ExitCode;

  /** @param code Stable, upper snake case; scripts may test for it. */
  constructor(code: string, message: string, options: OperatorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.exit = options.exit ?? EXIT.refused;
  }
}

/** Thrown between steps (or by a step that only waits) when the operator asked to stop. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
