import { COPY_QUESTIONS, INSTALL_QUESTIONS, OTHER_QUESTIONS } from "./questions.ts";
import type { CommandSpec, OptionSpec, PositionalSpec } from "./spec.ts";

export const INSTANCE: PositionalSpec = {
  name: "instance",
  required: false,
  describe: "Such as v2.22.2 or v2.22.2-training; the current one unless named",
};

export const PORTS: readonly OptionSpec[] = [
  { name: "http-port", kind: "text", value: "PORT", describe: "Port of this machine for http" },
  { name: "https-port", kind: "text", value: "PORT", describe: "Port of this machine for https" },
  {
    name: "port",
    kind: "list",
    value: "SERVICE:CONTAINER=PORT",
    describe: "Port of this machine for one port of one service; may be repeated, /udp goes behind CONTAINER",
  },
];
export const LAUNCH: OptionSpec = { name: "launch", kind: "on", describe: "Lay it out and do not launch it" };
export const SHARE_BIND: OptionSpec = {
  name: "share-bind",
  kind: "list",
  value: "PATH",
  describe: "Share this writable folder outside of the instance knowingly; may be repeated",
};
export const ON_FAILURE: OptionSpec = {
  name: "on-failure",
  kind: "text",
  value: "WHAT",
  choices: ["undo", "stop"],
  describe:
    "When a step fails, undo everything (exit 5) or stop there (exit 4). A terminal is asked; a script, and whoever says --yes, undoes",
};

export const INSTALL: CommandSpec = {
  name: "install",
  summary: "Install a release from a bundle",
  positionals: [{ name: "bundle", required: false, describe: "A .tar, .tar.gz or folder, as the vendor ships it" }],
  options: [
    { name: "name", kind: "text", value: "NAME", describe: "Install it beside others of its release, as v2.22.2-NAME" },
    ...PORTS,
    { name: "set", kind: "list", value: "KEY=VALUE", describe: "A setting of the product; may be repeated" },
    { name: "set-from", kind: "text", value: "FILE", describe: "Settings from a file of KEY=VALUE lines; for secrets" },
    {
      name: "secrets",
      kind: "text",
      value: "HOW",
      choices: ["generate", "keep"],
      describe: "The vendor's default secrets: generate new ones (default), or keep them",
    },
    { name: "release", kind: "text", value: "vX.Y.Z", describe: "The release, when the bundle does not say it" },
    SHARE_BIND,
    LAUNCH,
    ON_FAILURE,
    { name: "attach", kind: "text", value: "DIR", describe: "Bring back what `remove` moved aside, instead of a bundle" },
  ],
  examples: [
    ["install graphistry-v2.22.2.tar.gz", "Asks what is not said; the last question is the plan"],
    ["install graphistry-v2.22.2.tar.gz --http-port 8080 --yes", "Asks nothing"],
    ["install graphistry-v2.22.2.tar.gz --dry-run", "Shows every step, changes nothing"],
    ["install --attach .graph-mgr/removed/v2.22.2-...", "Brings back what was removed"],
  ],
  notes: [
    "At a terminal it asks for what is not said; without a bundle it lists those that lie in the home and in the folder where you are.",
  ],
  questions: [...Object.values(INSTALL_QUESTIONS), OTHER_QUESTIONS.refused, OTHER_QUESTIONS.failed],
};

export const COPY: CommandSpec = {
  name: "copy",
  summary: "Put a second, isolated instance beside one",
  positionals: [INSTANCE],
  options: [
    { name: "name", kind: "text", value: "NAME", describe: "What tells the copy from its source: v2.22.2-NAME" },
    {
      name: "data",
      kind: "text",
      value: "HOW",
      choices: ["dump", "copy", "none"],
      describe: "dump: while the source serves; copy: byte by byte, the source must be stopped; none: start empty",
    },
    { name: "stop-source", kind: "flag", describe: "Stop the source for the copy and launch it again afterwards" },
    ...PORTS,
    {
      name: "bind",
      kind: "list",
      value: "OLD=NEW",
      describe: "Copy this folder outside of the source to NEW, and use that; may be repeated",
    },
    LAUNCH,
    ON_FAILURE,
  ],
  examples: [
    ["copy v2.22.2 --name training --data dump", "With all data, while the source serves"],
    ["copy v2.22.2 --name exact --data copy --stop-source", "Byte by byte; the source pauses"],
    ["copy v2.22.2 --name empty --data none --http-port 8090", "A new one of the same release"],
  ],
  notes: ["The copy has its own volumes, network, ports and container names; nothing that either does touches the other."],
  questions: [...Object.values(COPY_QUESTIONS), OTHER_QUESTIONS.refused, OTHER_QUESTIONS.failed],
};

export const REMOVE: CommandSpec = {
  name: "remove",
  summary: "Remove a stopped instance; its data stays",
  positionals: [{ name: "instance", required: true, describe: "An instance that is stopped" }],
  options: [
    { name: "volumes", kind: "flag", describe: "Delete its volumes and its folder as well; needs --confirm" },
    { name: "confirm", kind: "text", value: "NAME", describe: "The instance's name, typed out" },
    { name: "current", kind: "flag", describe: "Also when it is the current instance" },
  ],
  examples: [
    ["remove v2.22.2-training", "Moves its folder aside; it can come back"],
    ["remove v2.22.2-training --volumes --confirm v2.22.2-training", "Deletes it for good"],
  ],
  questions: [OTHER_QUESTIONS.confirm],
};
