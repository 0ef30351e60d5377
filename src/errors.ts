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
  /** More of what is so, for scripts; stands beside `code` in the JSON. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** An error whose message is written for the operator: one sentence of what is so. Anything else that reaches `main` is a bug. */
export class OperatorError extends Error {
  override name = "OperatorError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly exit: ExitCode;
  readonly facts: Readonly<Record<string, string | number | boolean>>;

  /** @param code Stable, upper snake case; scripts may test for it. */
  constructor(code: string, message: string, options: OperatorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.exit = options.exit ?? EXIT.refused;
    this.facts = options.facts ?? {};
  }

  /** The same with more facts. */
  with(facts: Readonly<Record<string, string | number | boolean>>): OperatorError {
    const { code, message, hint, exit, cause } = this;
    return new OperatorError(code, message, {
      exit,
      cause,
      facts: { ...this.facts, ...facts },
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

/** Thrown between steps (or by a step that only waits) when the operator asked to stop. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What the operating system says, in the operator's words; codes as Node gives them. */
const SYSTEM: Readonly<Record<string, readonly [code: string, what: string, hint: string]>> = {
  ENOSPC: [
    "DISK_FULL",
    "The disk is full",
    "make room, then run it again (`graph-mgr operations` tells whether something is unfinished)",
  ],
  EDQUOT: ["DISK_FULL", "The disk quota is used up", "make room, then run it again"],
  EACCES: ["NO_PERMISSION", "This user may not do that", "run it as root, or as the owner of the home"],
  EPERM: ["NO_PERMISSION", "This user may not do that", "run it as root, or as the owner of the home"],
  EROFS: ["NO_PERMISSION", "The file system is read-only", "mount it writable, or give another --home"],
  EIO: ["DISK_FAILED", "The disk cannot be read or written", "look at the machine's disk first (`dmesg`)"],
  ENOTDIR: ["BAD_PATH", "There is a file where a folder should be", "give another --home"],
  ELOOP: ["BAD_PATH", "Links lead in a circle", "give another --home"],
  ENAMETOOLONG: ["BAD_PATH", "The path is too long", "give a shorter --home"],
  EMFILE: ["TOO_MANY_FILES", "Too many files are open", "raise `ulimit -n`"],
};

/** An error of the operating system as one for the operator; null when it is none, and so a bug of ours. */
export function systemError(error: unknown): OperatorError | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  if ("syscall" in error && error.syscall === "uv_cwd")
    return new OperatorError("NO_FOLDER", "The folder that this was started in is gone.", {
      exit: EXIT.usage,
      hint: "cd /   (or to any folder that is there), then run it again",
      cause: error,
    });
  const known = SYSTEM[error.code];
  if (!known) return null;
  const path = "path" in error && typeof error.path === "string" ? `: ${error.path}` : "";
  return new OperatorError(known[0], `${known[1]}${path}.`, { hint: known[2], cause: error });
}
