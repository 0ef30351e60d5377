import { CONFIG_QUESTIONS } from "./questions.ts";
import type { CommandSpec } from "./spec.ts";

export const CONFIG: CommandSpec = {
  name: "config",
  summary: "Look at an instance's configuration, and change it",
  positionals: [
    {
      name: "action",
      required: true,
      choices: ["show", "diff", "set", "unset", "edit", "history", "revert"],
      describe: "show, diff, set, unset, edit, history, or revert",
    },
    {
      name: "words",
      required: false,
      many: true,
      describe:
        "First the instance, the current one unless named. Then, with diff, another instance; with set KEY=VALUE, or a KEY to be asked for; with unset keys; with edit a file; with revert the number of a change",
    },
  ],
  options: [
    { name: "service", kind: "text", value: "NAME", describe: "With show: what this service gets" },
    {
      name: "set-from",
      kind: "text",
      value: "FILE",
      describe: "With set: settings from a file of KEY=VALUE lines; for secrets",
    },
    {
      name: "apply",
      kind: "flag",
      describe: "With set, unset, edit and revert: give services that run new containers, so that it counts at once",
    },
  ],
  examples: [
    ["config show", "What counts, and the file and line that it comes from"],
    ["config set LOG_LEVEL=DEBUG --apply", "One line of the right file, and new containers"],
    ["config edit Caddyfile", "An editor; Caddy looks at it before it is saved"],
    ["config diff", "What is not as the vendor shipped it"],
    ["config revert 3", "The files as they were before change 3"],
  ],
  notes: [
    "A word with `=` is a setting, and one that is an instance's name is that instance. Secrets are shown as ***.",
    "Every change keeps what was there. Without --apply services go on with what they were started with, until `restart`; a terminal is asked.",
  ],
  questions: Object.values(CONFIG_QUESTIONS),
};
