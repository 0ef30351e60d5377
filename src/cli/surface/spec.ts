/** One option, as data: the parser, the help and the command reference are made from the same value. */
export interface OptionSpec {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** `flag`: off unless given; `on`: on unless `--no-NAME` is given; `text`: takes a value; `list`: may be repeated. */
  readonly kind: "flag" | "on" | "text" | "list";
  /** How its value is called in help: `PORT`. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Of a `list`: it may stand without its value. What follows it is the value only where it looks like one. */
  readonly bare?: { readonly looksLike: RegExp };
  /** A phrase without a full stop. */
  readonly describe: string;
}

export interface PositionalSpec {
  readonly name: string;
  readonly required: boolean;
  /** Takes all that follow. */
  readonly many?: boolean;
  /** The words that it may be, for completion. */
  readonly choices?: readonly string[];
  readonly describe: string;
}

/** A question of a wizard, with the flag (or positional, in capitals) that answers it in a script. */
export interface QuestionSpec {
  readonly flag: string;
  /** `{name}` stands for what is known at the time. */
  readonly message: string;
  readonly answers?: readonly string[];
  /** When it is asked, and what Enter takes. */
  readonly note: string;
}

export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly positionals: readonly PositionalSpec[];
  readonly options: readonly OptionSpec[];
  /** Command line without `graph-mgr`, and why one would type it. */
  readonly examples: readonly (readonly [string, string])[];
  /** Sentences below the options. */
  readonly notes?: readonly string[];
  readonly questions?: readonly QuestionSpec[];
  /** Everything behind `--` goes to another program. */
  readonly passesOn?: boolean;
  /** Nobody types it, so completion does not offer it. */
  readonly isPlumbing?: boolean;
  /** Its output is another program's, so that `--json` has no meaning. */
  readonly isRaw?: boolean;
}
