import { OTHER_QUESTIONS } from "./questions.ts";
import type { QuestionSpec } from "./spec.ts";

/** What the wizard of `update` asks, in order. */
export const UPDATE_QUESTIONS = {
  release: {
    flag: "BUNDLE",
    message: "Update {instance} to which release?",
    answers: ["another file or folder"],
    note: "Those whose bundles lie in the home, in the folder where you are, in a folder `bundles` in each, or in `--bundles DIR`. Enter takes the newest that can be updated to directly.",
  },
  bundle: {
    flag: "BUNDLE",
    message: "Path of the bundle (.tar, .tar.gz or folder)?",
    note: "Asked when no bundle lies here that can be updated to, or it is another one. It has no default.",
  },
  path: {
    flag: "--via-path",
    message: "It is reached only through {through}. Shall all of it be gone through in one window?",
    answers: ["Yes, in one window", "No, choose another"],
    note: "Asked when the release that was chosen cannot follow the installed one directly. Enter says yes.",
  },
  instructions: {
    flag: "--acknowledge",
    message: "Have you read the instructions for {release}, and done what they ask for?",
    answers: ["Yes, go on", "No, change nothing"],
    note: "Asked when the vendor has instructions for the release, or something on this machine could start the old one (`revivers`); they stand above it, whole. Enter says yes.",
  },
  conflict: {
    flag: "--resolve",
    message: "{name}: whose shall it be?",
    answers: ["mine", "the vendor's", "edit it"],
    note: "Asked for each setting or file that both you and the vendor changed; the difference stands above it, without secrets. `edit it` is for files, where $VISUAL or $EDITOR names an editor. Enter takes yours.",
  },
  method: {
    flag: "--postgres",
    message: "How shall the database move?",
    answers: ["dump: dump, restore and compare", "copy: copy the volume byte by byte"],
    note: "Asked when either is safe; the reasons stand above it, and how long each takes. Enter takes what `auto` would.",
  },
  prepare: {
    ...OTHER_QUESTIONS.confirm,
    note: "Asked where images have to be loaded first, which disturbs nobody. The update itself is another question, afterwards. Enter says yes.",
  },
  plan: { ...OTHER_QUESTIONS.confirm, note: "The plan of the update stands above it. Enter says yes." },
} as const satisfies Record<string, QuestionSpec>;
