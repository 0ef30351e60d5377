import type { CommandSpec } from "./spec.ts";

export const ADOPT: CommandSpec = {
  name: "adopt",
  summary: "Take over an install that was made by hand",
  positionals: [{ name: "folder", required: false, describe: "Where its docker-compose.yml lies" }],
  options: [
    { name: "scan", kind: "flag", describe: "Only look: what runs on this engine that no home knows" },
    {
      name: "bundle",
      kind: "text",
      value: "FILE",
      describe: "The vendor's bundle of the same release, to tell what you changed; looked for unless given",
    },
    {
      name: "project",
      kind: "text",
      value: "NAME",
      describe: "The Compose project that it runs as, where the engine does not tell",
    },
    { name: "release", kind: "text", value: "VERSION", describe: "Which release it is, where its folder does not say it" },
    { name: "name", kind: "text", value: "NAME", describe: "What tells it from another instance of the release" },
    {
      name: "acknowledge",
      kind: "list",
      value: "VERSION",
      bare: { looksLike: /^(v?\d|revivers$)/ },
      describe: "`revivers`: what could start it behind graph-mgr's back was dealt with",
    },
    { name: "forget", kind: "text", value: "INSTANCE", describe: "Give an adopted instance back: only graph-mgr forgets it" },
  ],
  examples: [
    ["adopt --scan", "What there is to adopt, and what stands against it"],
    ["adopt ~/graphistry/releases/v2.22.2 --dry-run", "What is found, and every step"],
    ["adopt . --bundle graphistry-v2.22.2.tar.gz", "With the bundle, so that your edits are known at an update"],
    ["adopt --forget v2.22.2", "The way back"],
  ],
  notes: [
    "What it serves goes on: no container is stopped or made anew, and nothing in its folder is written. Projects, volumes, networks and ports are those that the engine shows, and they keep their names.",
  ],
};
