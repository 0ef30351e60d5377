import { INSTANCE } from "./making.ts";
import { OTHER_QUESTIONS } from "./questions.ts";
import type { CommandSpec } from "./spec.ts";

export const POSTGRES: CommandSpec = {
  name: "postgres",
  summary: "Dump, restore or query a database by hand",
  positionals: [
    { name: "action", required: true, choices: ["dump", "restore", "shell"], describe: "dump, restore or shell" },
    INSTANCE,
  ],
  options: [
    { name: "to", kind: "text", value: "DIR", describe: "With dump: where to; a new folder in the home unless given" },
    { name: "from", kind: "text", value: "DIR", describe: "With restore: a folder that dump made" },
  ],
  examples: [
    ["postgres dump v2.22.2 --to /mnt/usb/before-friday", "While it serves; read back before it counts"],
    ["postgres restore v2.22.2-new --from /mnt/usb/before-friday", "Into an empty database only"],
    ["postgres shell", "psql in the current instance's database"],
  ],
  notes: [
    "A dump holds every database, roles and settings of the server, as they were at one moment, with a proof of what it holds. `restore` refuses a database that has tables, and compares afterwards.",
    "`shell` at a terminal is interactive; else psql reads what stands on standard input.",
  ],
  questions: [OTHER_QUESTIONS.confirm],
};
