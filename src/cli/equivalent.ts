/** The command line that would have done without questions what a wizard did, as one could paste it. */
export function equivalentCommand(
  command: string,
  positional: string | undefined,
  flags: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const quote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
  const words = Object.entries(flags).flatMap(([flag, value]) => {
    if (value === undefined) return [];
    if (value === true) return [`--${flag}`];
    if (value === false) return [`--no-${flag}`];
    return [value].flat().map(each => `--${flag} ${quote(String(each))}`);
  });
  return ["graph-mgr", command, ...(positional === undefined ? [] : [quote(positional)]), ...words, "--yes"].join(" ");
}
