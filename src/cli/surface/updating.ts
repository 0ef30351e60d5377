import { ON_FAILURE } from "./making.ts";
import { OTHER_QUESTIONS } from "./questions.ts";
import type { CommandSpec } from "./spec.ts";
import { UPDATE_QUESTIONS } from "./update-questions.ts";

export const UPDATE: CommandSpec = {
  name: "update",
  summary: "Update to a newer release; the old one stays and serves again if anything fails",
  positionals: [
    {
      name: "bundle",
      required: false,
      describe: "A .tar, .tar.gz or folder, as the vendor ships it, or a release (v2.23.0) whose bundle lies here",
    },
  ],
  options: [
    { name: "from", kind: "text", value: "INSTANCE", describe: "The instance to update; the current one unless named" },
    {
      name: "postgres",
      kind: "text",
      value: "HOW",
      choices: ["auto", "dump", "copy"],
      describe:
        "How the database moves: dump and restore, or a copy of its volume; of those that are safe auto takes the one with the shorter window",
    },
    {
      name: "resolve",
      kind: "list",
      value: "NAME=WHAT",
      describe:
        "What becomes of a setting or file that both you and the vendor changed: mine, theirs, or a file; may be repeated",
    },
    {
      name: "acknowledge",
      kind: "list",
      value: "VERSION",
      bare: { looksLike: /^(v?\d|revivers$)/ },
      describe:
        "The vendor's instructions for this release were read, or without one for the only release that has some; `revivers`: what on this machine could start the old one was dealt with; may be repeated",
    },
    {
      name: "share-bind",
      kind: "list",
      value: "PATH",
      describe: "Both releases write to this folder outside of the instance; going back does not bring it back",
    },
    {
      name: "health-timeout",
      kind: "text",
      value: "SECONDS",
      describe: "How long the new release may take to become healthy before the old one is put back",
    },
    {
      name: "via-path",
      kind: "flag",
      describe: "Through the releases in between, where the vendor asks for it, in one window; nobody from outside reaches them",
    },
    { name: "bundles", kind: "list", value: "DIR", describe: "Look for bundles in this folder, too; may be repeated" },
    { name: "prepare", kind: "flag", describe: "Only load the images, by day; the update itself is another call, at night" },
    {
      name: "backup",
      kind: "flag",
      describe:
        "Where the database moves as a copy: a dump of it as well, before the window (otherwise the old volume is the backup)",
    },
    { name: "release", kind: "text", value: "vX.Y.Z", describe: "The release, when the bundle does not say it" },
    ON_FAILURE,
  ],
  examples: [
    ["update", "Asks what is not said; the last question is the plan"],
    ["update v2.23.0 --bundles /mnt/usb", "The release, wherever its bundle lies"],
    ["update graphistry-v2.23.0.tar.gz --dry-run", "The merge, the method and every step; changes nothing"],
    ["update graphistry-v2.24.9.tar.gz --acknowledge --yes", "Asks nothing"],
    ["update v2.45.11 --via-path --acknowledge v2.24.9", "Through the releases that the vendor asks for"],
  ],
  notes: [
    "While the new release is laid out the old one serves. Then a maintenance page stands in its place until the data was moved and the new release is healthy.",
    "If anything fails before visitors are let in, the old one serves again. Later `graph-mgr rollback` leads back.",
    "With `--via-path` each release in between gets the data, runs its own migrations and is stopped again; a failure anywhere leads back to the first. They are removed once the last one serves. `--resolve` then begins with the release: `--resolve v2.24.9/.env:LOG_LEVEL=mine`.",
  ],
  questions: [...Object.values(UPDATE_QUESTIONS), OTHER_QUESTIONS.refused, OTHER_QUESTIONS.failed],
};

export const ROLLBACK: CommandSpec = {
  name: "rollback",
  summary: "Go back to the release before an update",
  positionals: [],
  options: [
    { name: "from", kind: "text", value: "INSTANCE", describe: "The instance to leave; the current one unless named" },
    {
      name: "to",
      kind: "text",
      value: "INSTANCE",
      describe: "The instance to go to; the one that it was updated from unless named",
    },
    { name: "accept-loss", kind: "flag", describe: "Leave behind what was written since, also what cannot be told" },
    ON_FAILURE,
  ],
  examples: [
    ["rollback --dry-run", "What would be left behind, and every step"],
    ["rollback --accept-loss", "Goes back; what was written since stays in the newer, and in a dump"],
    ["rollback --from v2.23.0-training", "An update of another than the current one"],
  ],
  notes: ["The newer release stays as it is, stopped. `graph-mgr rollback --to` it leads forward again."],
  questions: [OTHER_QUESTIONS.confirm, OTHER_QUESTIONS.failed],
};
