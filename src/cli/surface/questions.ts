import type { QuestionSpec } from "./spec.ts";

const HTTP_PORT: QuestionSpec = {
  flag: "--http-port",
  message: "Port for http?",
  note: "Enter takes the release's own port, or the next one that is free.",
};
const HTTPS_PORT: QuestionSpec = {
  flag: "--https-port",
  message: "Port for https?",
  note: "Asked where the release has one; as above.",
};
/** Of encrypted backups, where no file was named. */
export const PASSPHRASE_QUESTIONS = {
  passphrase: {
    flag: "--passphrase-file",
    message: "Passphrase of the backup?",
    note: "Asked where a backup is encrypted with one and no file was named. What is typed is not shown.",
  },
  again: {
    flag: "--passphrase-file",
    message: "The same once more?",
    note: "Asked when a backup is made.",
  },
} as const satisfies Readonly<Record<string, QuestionSpec>>;

const PLAN = {
  flag: "--yes",
  message: "Do this?",
  answers: ["Yes, do this", "No, change nothing"],
  note: "The plan stands above it. Enter says yes.",
} as const satisfies QuestionSpec;

/** What the wizard of `install` asks, in order. */
export const INSTALL_QUESTIONS = {
  bundle: {
    flag: "BUNDLE",
    message: "Which bundle?",
    answers: ["another file or folder"],
    note: "Lists the bundles in the home, in the folder where you are, and in a folder `bundles` in each. Enter takes the first.",
  },
  path: {
    flag: "BUNDLE",
    message: "Path of the bundle (.tar, .tar.gz or folder)?",
    note: "Asked when no bundle lies here, or it is another one. It has no default.",
  },
  name: {
    flag: "--name",
    message: "Name, for {release}-NAME (none: {release})?",
    note: "Enter takes none, or `second` where the plain name is taken.",
  },
  httpPort: HTTP_PORT,
  httpsPort: HTTPS_PORT,
  secrets: {
    flag: "--secrets",
    message: "Replace the vendor's secrets?",
    answers: ["Yes, generate new ones", "No, keep them"],
    note: "Asked when the settings still have secrets that everybody knows; they are named. Enter generates new ones.",
  },
  plan: PLAN,
} as const satisfies Record<string, QuestionSpec>;

/** What the wizard of `copy` asks, in order. */
export const COPY_QUESTIONS = {
  instance: {
    flag: "INSTANCE",
    message: "Which instance shall be copied?",
    note: "Asked when there are several. Enter takes the current one.",
  },
  name: { flag: "--name", message: "Name, for {release}-NAME?", note: "Enter takes `copy`, or the next that is free: `copy2`." },
  data: {
    flag: "--data",
    message: "Which data shall come along?",
    answers: [
      "dump: database and files; the source goes on serving",
      "copy: everything byte by byte; the source is stopped",
      "copy: everything byte by byte; the source is stopped and launched again",
      "none: start empty",
    ],
    note: "Those that fit the source as it is now. Enter takes `dump` while its database runs, `copy` while it is stopped, `none` for one that runs without a database.",
  },
  bind: {
    flag: "--bind",
    message: "Folder for the copy, in the place of {path}?",
    note: "Asked for each folder outside of the source that it writes to. Enter takes {path}-NAME.",
  },
  httpPort: HTTP_PORT,
  httpsPort: HTTPS_PORT,
  plan: PLAN,
} as const satisfies Record<string, QuestionSpec>;

/** What `config` asks. */
export const CONFIG_QUESTIONS = {
  value: { flag: "WORDS", message: "Value of {key}?", note: "`config set KEY` asks for it." },
  secret: {
    flag: "--set-from",
    message: "Value of {key}?",
    note: "The same for a key that names a secret: what is typed is not shown, and stands in no list of arguments.",
  },
  apply: {
    flag: "--apply",
    message: "When shall it count for {services}?",
    answers: ["Now: they get new containers", "Later: write it, and wait for a restart", "Never: cancel"],
    note: "Asked when services run that would go on with what was. Enter writes it and waits.",
  },
  again: {
    flag: "(none)",
    message: "What now?",
    answers: ["Edit it again", "Give up; nothing is saved"],
    note: "`config edit`: the edited file cannot be taken; the reason stands above it. Enter edits it again.",
  },
} as const satisfies Record<string, QuestionSpec>;

/** Asked outside of the two wizards. */
export const OTHER_QUESTIONS = {
  confirm: {
    ...PLAN,
    note: "`remove` and `install --attach` show their plan and ask this. Enter says yes; data is never deleted by it.",
  },
  failed: {
    flag: "--on-failure",
    message: "Put everything back?",
    answers: ["Yes, as it was before", "No, leave it half-way (graph-mgr resume, or graph-mgr undo)"],
    note: "A step failed at a terminal; what would be put back stands above it. Enter puts it back.",
  },
  refused: {
    flag: "(none)",
    message: "What now?",
    answers: ["Change an answer", "Look again", "Cancel"],
    note: "The answers lead to a plan that cannot be carried out; the reason stands above it. Enter asks again.",
  },
} as const satisfies Record<string, QuestionSpec>;

/** Puts what is known at the time into a question's text. */
export const fill = (message: string, known: Readonly<Record<string, string>>): string =>
  message.replaceAll(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole);
