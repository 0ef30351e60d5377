import { INSTANCE } from "./making.ts";
import { OTHER_QUESTIONS } from "./questions.ts";
import type { CommandSpec } from "./spec.ts";

export const LOOKING: readonly CommandSpec[] = [
  {
    name: "list",
    aliases: ["ls"],
    summary: "What is installed, its state, health and ports",
    positionals: [],
    options: [],
    examples: [
      ["list", "All instances of this home; * is the current one"],
      ["list --json", "The same for scripts"],
    ],
  },
  {
    name: "status",
    summary: "What serves and how well, last backup, next update",
    positionals: [INSTANCE],
    options: [
      {
        name: "watch",
        short: "w",
        kind: "flag",
        describe: "Look again every two seconds; Ctrl-C ends it. Once where there is no terminal",
      },
      {
        name: "html",
        kind: "text",
        value: "FILE",
        describe: "Write the page of one instance into this file, with the history and its downtime as a chart",
      },
    ],
    examples: [
      ["status v2.22.2", "One instance, measured"],
      ["status --watch", "Stays on the screen"],
      ["status --html status.html", "To read on a phone or to send; needs no network"],
    ],
    notes: [
      "Without a name all instances are listed, and nothing is measured; where there is only one, it is as if it was named.",
    ],
  },
  {
    name: "versions",
    summary: "Installed releases, and those to update to",
    positionals: [],
    options: [
      { name: "bundles", kind: "list", value: "DIR", describe: "Look into this folder too; may be repeated" },
      {
        name: "from",
        kind: "text",
        value: "INSTANCE",
        describe: "What this one may be updated to; the current one unless given",
      },
    ],
    examples: [
      ["versions --bundles /mnt/usb", "Also what is on the stick"],
      ["versions --from v2.22.2-training", "What the copy may be updated to, and by which path"],
    ],
    notes: [
      "Bundles are looked for in the home, in the folder where you are, and in a folder `bundles` in each. They are looked into and not checked: an update does that.",
    ],
  },
  {
    name: "volumes",
    summary: "Volumes: whose, how big, and stray ones",
    positionals: [],
    options: [],
    examples: [["volumes", "A stray volume belongs to no instance any more"]],
  },
];

export const PRUNE: CommandSpec = {
  name: "prune",
  summary: "What nothing needs any more, and away with it",
  positionals: [{ name: "name", required: false, describe: "One thing of those that go only by name; the list shows them" }],
  options: [
    { name: "volumes", kind: "flag", describe: "With NAME: delete its volumes as well; needs --confirm" },
    { name: "confirm", kind: "text", value: "NAME", describe: "The same name, typed out" },
    {
      name: "keep-operations",
      kind: "text",
      value: "N",
      describe: "Keep the newest N of the operations; 20 unless given. What is unfinished, or still looked up, stays in any case",
    },
  ],
  examples: [
    ["prune --dry-run", "What is unused, and what would go"],
    ["prune --yes", "What nobody has or looks up any more; never data"],
    ["prune v2.22.2 --volumes --confirm v2.22.2", "An old instance, with its database and files"],
  ],
  notes: ["Backups are pruned by `backup prune`."],
  questions: [OTHER_QUESTIONS.confirm],
};
