import { EXIT } from "../errors.ts";
import { optionText, usageOf } from "./help.ts";
import { GLOBAL_OPTIONS } from "./surface/globals.ts";
import { COMMANDS, PROGRAM_EXAMPLES } from "./surface/index.ts";
import type { CommandSpec, OptionSpec } from "./surface/spec.ts";

const EXITS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "Done.",
  bug: "A bug in graph-mgr; the lines behind the error say where.",
  usage:
    "The command line cannot be carried out as it is: unknown, missing or contradicting words, or an answer that a script must give.",
  refused: "Refused, with the reason and the cure; nothing was changed.",
  halfway: "Stopped half-way: `graph-mgr resume` goes on, `graph-mgr undo` takes it back.",
  undone: "Failed, and everything was put back as it was.",
  locked: "Another graph-mgr is at work in this home.",
  cancelled: "Cancelled; nothing was changed.",
};

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ["GRAPH_MGR_HOME", "The home, where `--home` does not say it."],
  ["VISUAL, EDITOR", "The editor for conflicts that you decide to edit."],
  ["NO_COLOR, TERM=dumb", "Plain text."],
  ["DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG", "Which engine is used, as docker(1) reads them."],
  ["RESTIC_PASSWORD_FILE, AWS_...", "Read by restic, for backups that go to a repository."],
];

const FILES: readonly (readonly [string, string])[] = [
  ["~/graphistry", "The home, unless `--home`, $GRAPH_MGR_HOME or a parent folder with .graph-mgr says another."],
  ["HOME/releases/", "A folder for each instance."],
  ["HOME/current", "A link to the instance that serves, for people."],
  ["HOME/backups/", "Backups, unless `--to` sends them elsewhere."],
  ["HOME/.graph-mgr/", "Records, journals of operations, and the lock."],
  ["/etc/systemd/system/graph-mgr-*", "Units of `boot enable` and `backup schedule`."],
];

/** As roff reads it: what it would take for its own, or set as another sign, is escaped. */
const roff = (text: string): string => {
  const own: Readonly<Record<string, string>> = {
    "\\": "\\e",
    "-": "\\-",
    "'": "\\(aq",
    "`": "\\(ga",
    "~": "\\(ti",
    "^": "\\(ha",
  };
  return text.replaceAll(/[\\'`~^-]/g, sign => own[sign] ?? sign).replace(/^\./, "\\&.");
};

/** A paragraph: what is to be typed stands in bold. */
const prose = (text: string): string =>
  text
    .split(/(`[^`]+`)/)
    .filter(part => part !== "")
    .map(part =>
      part.length > 2 && part.startsWith("`") && part.endsWith("`") ? `\\fB${roff(part.slice(1, -1))}\\fR` : roff(part),
    )
    .join("");

const tagged = (tag: string, text: string): string => `.TP\n\\fB${roff(tag)}\\fR\n${prose(text)}`;
const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
const options = (all: readonly OptionSpec[]): readonly string[] =>
  all.map(option => tagged(optionText(option), sentence(option.describe)));
const examples = (all: CommandSpec["examples"]): readonly string[] =>
  all.map(([line, why]) => tagged(`graph-mgr ${line}`, sentence(why)));

function command(spec: CommandSpec): readonly string[] {
  const { name, aliases = [], summary, positionals, notes = [] } = spec;
  return [
    `.SS ${roff(name)}`,
    `\\fBgraph\\-mgr ${roff(usageOf(spec))}\\fR${spec.options.length > 0 ? " [OPTIONS]" : ""}`,
    ".PP",
    prose(`${summary}.${aliases.length > 0 ? ` Also \`${aliases.join("`, `")}\`.` : ""}`),
    ...positionals.map(each => tagged(`${each.name.toUpperCase()}${each.many ? "..." : ""}`, sentence(each.describe))),
    ...options(spec.options),
    ...notes.map(note => `.PP\n${prose(note)}`),
    ".PP\nExamples:",
    ...examples(spec.examples),
  ];
}

/** man/graph-mgr.1. Without a date, so that the same source gives the same page. */
export const manPage = (version: string): string =>
  [
    '.\\" Made by `npm run docs` from src/cli/surface and src/cli/man-page.ts. Edit there.',
    `.TH GRAPH\\-MGR 1 "" "graph\\-mgr ${roff(version)}" "User Commands"`,
    ".SH NAME",
    "graph\\-mgr \\- install, update, back up and move releases that ship as Docker Compose bundles",
    ".SH SYNOPSIS",
    "\\fBgraph\\-mgr\\fR \\fICOMMAND\\fR [\\fIWORDS\\fR] [\\fIOPTIONS\\fR]",
    ".SH DESCRIPTION",
    prose(
      "graph-mgr runs a product that its vendor ships as a Docker Compose bundle, on your own server. It says what it is going to do before it does it, it can be cut off at any moment, and the old release, its folder and its data are never written.",
    ),
    ".PP",
    prose(
      "Without a terminal nothing is asked: what has no default exits 2 and names the option. `--dry-run` shows the plan alone.",
    ),
    ".SH OPTIONS",
    "Every command understands these.",
    ...options(GLOBAL_OPTIONS),
    ".SH COMMANDS",
    ...COMMANDS.filter(({ isPlumbing }) => !isPlumbing).flatMap(command),
    ".SH EXIT STATUS",
    ...Object.entries(EXIT).map(([name, code]) => tagged(String(code), EXITS[name as keyof typeof EXIT])),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.map(([name, text]) => tagged(name, text)),
    ".SH FILES",
    ...FILES.map(([name, text]) => tagged(name, text)),
    ".SH EXAMPLES",
    ...examples(PROGRAM_EXAMPLES),
    ".SH SEE ALSO",
    "\\fBdocker\\fR(1), \\fBdocker\\-compose\\fR(1), \\fBsystemd.service\\fR(5), \\fBage\\fR(1), \\fBrestic\\fR(1)",
    "",
  ].join("\n");
