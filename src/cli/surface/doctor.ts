import type { CommandSpec } from "./spec.ts";

export const DOCTOR: CommandSpec = {
  name: "doctor",
  summary: "What is wrong on this machine and in the home, with cures",
  positionals: [],
  options: [
    { name: "fix", kind: "flag", describe: "Mend what is harmless: modes of files, tags of images, restart policies, leftovers" },
    { name: "strict", kind: "flag", describe: "Exit 3 also where there are only warnings" },
  ],
  examples: [
    ["doctor", "What is wrong, worst first, and what to type"],
    ["doctor --fix --dry-run", "What would be mended without you"],
    ["doctor --strict --json", "For scripts that watch over it"],
  ],
  notes: [
    "Exits 3 where there is an error, with --strict also for a warning, else 0. Nothing is changed without --fix, but for sizes that are remembered, so that the next look tells how fast the disk fills.",
    "What could not be looked at is told as a note, and with -v also what is fine. --fix never touches data, and nothing while an operation is unfinished.",
  ],
};

export const SUPPORT: CommandSpec = {
  name: "support",
  summary: "An archive for the vendor, with the secrets taken out",
  positionals: [],
  options: [
    { name: "to", kind: "text", value: "FILE", describe: "Where it goes; into the folder where you are unless given" },
    { name: "tail", kind: "text", value: "LINES", describe: "Of each service's log; 2000 unless given" },
  ],
  examples: [
    ["support", "Writes graph-mgr-support-TIME.tar.gz, and says what is in it"],
    ["support --to /tmp/for-the-vendor.tar.gz", "Somewhere else"],
    ["support --dry-run", "Only says what would be in it"],
  ],
  notes: [
    "Secrets of env files, compose files and containers are replaced wherever they turn up, and the archive is read back and searched for them before it has its name. No backup, nothing of the database, no key and no certificate is in it.",
    "Logs may hold what nobody can tell from the outside, such as names of your users: look into it before you send it.",
  ],
};
