import { ON_FAILURE } from "./making.ts";
import { OTHER_QUESTIONS } from "./questions.ts";
import type { CommandSpec } from "./spec.ts";

export const EXPORT: CommandSpec = {
  name: "export",
  summary: "Write images into a file, for a machine that cannot pull them",
  positionals: [
    {
      name: "what",
      required: false,
      describe: "An instance, the current one unless named; or a bundle whose images are loaded here",
    },
  ],
  options: [
    { name: "to", kind: "text", value: "FILE", describe: "Where to; a file that is not there yet" },
    {
      name: "lacking",
      kind: "text",
      value: "LIST",
      describe: "Only what the machine lacks where `export --have` printed this list",
    },
    { name: "have", kind: "flag", describe: "Print the list of what this machine has, and write nothing" },
    ON_FAILURE,
  ],
  examples: [
    ["export --have", "Over there: what it has"],
    ["export --to images.tar --lacking list", "Here: the rest"],
    ["export --to images.tar", "All images of the current instance"],
  ],
  notes: ["The file gets its name once all of it was read back. It holds programs and no data, no settings and no secrets."],
  questions: [OTHER_QUESTIONS.failed],
};

export const IMPORT: CommandSpec = {
  name: "import",
  summary: "Load the images of such a file",
  positionals: [{ name: "file", required: true, describe: "What `export` wrote" }],
  options: [ON_FAILURE],
  examples: [["import images.tar", "Checks all of it, then loads"]],
  notes: [
    "An image gets its names where they are free. A name that another image has here stays with that one: what runs is never changed by an import.",
  ],
  questions: [OTHER_QUESTIONS.failed],
};
