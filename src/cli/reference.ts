import { optionText, usageOf } from "./help.ts";
import { GLOBAL_OPTIONS } from "./surface/globals.ts";
import { COMMANDS } from "./surface/index.ts";
import type { CommandSpec, OptionSpec, QuestionSpec } from "./surface/spec.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

const optionTable = (options: readonly OptionSpec[]): readonly string[] => [
  "| option | what it does |",
  "|---|---|",
  ...options.map(option => `| \`${cell(optionText(option))}\` | ${cell(option.describe)} |`),
];

const questionTable = (questions: readonly QuestionSpec[]): readonly string[] => [
  "| question | in a script | |",
  "|---|---|---|",
  ...questions.map(({ message, flag, answers = [], note }) => {
    const choices = answers.map(answer => `<br>- ${answer}`).join("");
    return `| ${cell(message)}${cell(choices)} | ${flag === "(none)" ? "does not arise" : `\`${flag}\``} | ${cell(note)} |`;
  }),
];

function commandSection(command: CommandSpec): readonly string[] {
  const { name, aliases = [], summary, positionals, options, examples, notes = [], questions = [] } = command;
  return [
    `## ${name}`,
    "",
    `${summary}.${aliases.length > 0 ? ` Also \`${aliases.join("`, `")}\`.` : ""}`,
    "",
    ...examples.map(([line, why]) => `    graph-mgr ${line}\n        ${why}`),
    "",
    `Usage: \`graph-mgr ${usageOf(command)}\``,
    ...(positionals.length > 0 ? ["", ...positionals.map(each => `- \`${each.name.toUpperCase()}\`: ${each.describe}`)] : []),
    ...(options.length > 0 ? ["", ...optionTable(options)] : []),
    ...notes.flatMap(note => ["", note]),
    ...(questions.length > 0 ? ["", "Asked at a terminal, when no flag said it:", "", ...questionTable(questions)] : []),
    "",
  ];
}

/** docs/commands.md: everything that help says, and the questions of the wizards. */
export const commandReference = (): string =>
  [
    "# Commands",
    "",
    "<!-- Made by `npm run docs` from src/cli/surface. Edit there. -->",
    "",
    "Without a command `graph-mgr` prints its help to standard error and exits 2. `graph-mgr COMMAND --help` says what stands here.",
    "In a wizard every list has `< back`, and `<` goes back from a question that is typed; Enter all the way takes the defaults.",
    "Without a terminal nothing is asked: what has no default exits 2 and names the flag.",
    "",
    "## Options of every command",
    "",
    ...optionTable(GLOBAL_OPTIONS),
    "",
    ...COMMANDS.flatMap(commandSection),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
