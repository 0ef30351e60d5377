import { shellWord } from "../domain/shell-word.ts";

/** The command line that would have done without questions what a wizard did, as one could paste it. */
export function equivalentCommand(
  command: string,
  positional: string | undefined,
  flags: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const words = Object.entries(flags).flatMap(([flag, value]) => {
    if (value === undefined) return [];
    if (value === true) return [`--${flag}`];
    if (value === false) return [`--no-${flag}`];
    return [value].flat().map(each => `--${flag} ${shellWord(String(each))}`);
  });
  return ["graph-mgr", command, ...(positional === undefined ? [] : [shellWord(positional)]), ...words, "--yes"].join(" ");
}
