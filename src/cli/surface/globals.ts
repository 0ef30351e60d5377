import type { OptionSpec } from "./spec.ts";

/** What every command understands. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: "home",
    kind: "text",
    value: "DIR",
    describe: "The folder with everything below it: $GRAPH_MGR_HOME, else the nearest parent that is a home, else ~/graphistry",
  },
  { name: "json", kind: "flag", describe: "One JSON document on standard output, also for errors; asks nothing" },
  { name: "yes", short: "y", kind: "flag", describe: "Take the defaults that are shown; never covers a deletion" },
  { name: "input", kind: "on", describe: "Never ask, as in a script" },
  { name: "dry-run", short: "n", kind: "flag", describe: "Show the plan and change nothing" },
  { name: "quiet", short: "q", kind: "flag", describe: "No progress and no notes; only results and errors" },
  { name: "verbose", short: "v", kind: "flag", describe: "With an error, also say where it came from" },
  { name: "color", kind: "on", describe: "Plain text; so does $NO_COLOR" },
  { name: "help", short: "h", kind: "flag", describe: "Show this" },
  { name: "version", kind: "flag", describe: "Show the version of graph-mgr" },
];
