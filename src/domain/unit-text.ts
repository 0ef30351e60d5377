/** What units of systemd have in common, as it reads them (systemd.syntax, systemd.service "Command lines"). */

/** `%` would be replaced. */
export const escaped = (text: string): string => text.replaceAll("%", "%%");

/** One word of a line of words. */
function word(text: string): string {
  const safe = escaped(text);
  if (/^[\w@%+=:,./-]+$/.test(safe)) return safe;
  const quoted = safe
    .replaceAll(/["\\]/g, "\\$&")
    .replaceAll(/\p{Cc}/gu, sign => `\\x${(sign.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`);
  return `"${quoted}"`;
}

/** What stands behind `ExecStart=`. @param program what starts graph-mgr: absolute paths */
export function commandLine(program: readonly string[], words: readonly string[]): string {
  const [first = "", ...rest] = program;
  return [word(first), ...[...rest, ...words].map(each => word(each.replaceAll("$", "$$$$")))].join(" ");
}

/** Lines of [Service], each with its end. */
export const environmentLines = (environment: Readonly<Record<string, string>>): string =>
  Object.entries(environment)
    .map(([key, value]) => `Environment=${word(`${key}=${value}`)}\n`)
    .join("");

const markOf = (kind: string): string => `# graph-mgr ${kind}: `;

/** The first lines of a unit: what it is, for graph-mgr and for people. @param command what writes it */
export const unitHead = (kind: string, value: unknown, command: string, does: string): string =>
  `${markOf(kind)}${JSON.stringify(value)}\n# Written by \`graph-mgr ${command}\`, ${does}.`;

/** What a unit says of itself; null for one that graph-mgr did not write, or a newer one did. @param parse throws at what it does not know */
export function readUnitHead<T>(kind: string, text: string, parse: (value: unknown) => T): T | null {
  const [first = ""] = text.split("\n", 1);
  if (!first.startsWith(markOf(kind))) return null;
  try {
    return parse(JSON.parse(first.slice(markOf(kind).length)));
  } catch {
    return null;
  }
}
