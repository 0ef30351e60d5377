/** A line that may be changed: what stands before its value, the value, and what stands behind it up to the line's end. */
export interface Statement {
  readonly key: string;
  readonly lead: string;
  readonly value: string;
  readonly tail: string;
  /** One that a later line of the same key overrules: it stays where the key is set, and goes where it is taken out. */
  readonly isOverruled?: true;
}

export type Part = string | Statement;

export interface EnvCase {
  readonly name: string;
  readonly parts: readonly Part[];
  /** By key. A key that no part has is new. */
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
}

const line = (key: string, value: string, tail = "\n", lead = `${key}=`): Statement => ({ key, lead, value, tail });
const first = (key: string, value: string): Statement => ({ ...line(key, value), isOverruled: true });
const LONG = "x".repeat(1024 * 1024);

/** Env files as they are found, and as nobody would want to find them. */
export const ENV_CASES: readonly EnvCase[] = [
  { name: "an empty file", parts: [""], set: { A: "1", B: "it's" }, unset: [] },
  {
    name: "plain lines",
    parts: [line("A", "1"), "# about B\n", line("B", "two"), "C=3\n"],
    set: { A: "x y", B: "a#b", N: "new" },
    unset: ["A", "B"],
  },
  { name: "no newline at the end", parts: ["C=3\n", line("A", "1", "")], set: { A: "$HOME", N: "n" }, unset: ["A"] },
  { name: "no newline behind a comment", parts: [line("A", "1"), "# the end"], set: { A: '"', N: "1" }, unset: ["A"] },
  {
    name: "CRLF",
    parts: [line("A", "1", "\r\n"), "# comment\r\n", line("B", "'two'", "\r\n"), "C=3\r\n"],
    set: { A: "it's", B: "b c", N: "n" },
    unset: ["B", "A"],
  },
  {
    name: "CRLF and LF mixed",
    parts: ["C=3\r\n", line("A", "1"), "D=4\r\n", line("B", "2", "\r\n")],
    set: { A: "$A", B: "", N: "x" },
    unset: ["A", "B"],
  },
  { name: "a BOM", parts: ["\uFEFF", line("A", "1"), "C=3\n"], set: { A: "é", N: "n" }, unset: ["A"] },
  { name: "a BOM and a comment", parts: ["\uFEFF# made by an editor\n", line("A", "1")], set: { A: "2", N: "\\" }, unset: ["A"] },
  {
    name: "single quotes",
    parts: [line("A", "'a b'"), line("B", "'$C #'"), "C=3\n"],
    set: { A: "it's", B: "#", N: "'" },
    unset: ["A", "B"],
  },
  {
    name: "double quotes",
    parts: [line("A", '"a \\"b\\" c"'), line("B", '"x\\ny"'), "C=3\n"],
    set: { A: 'say "yes"', B: "1\n2", N: "\t" },
    unset: ["B", "A"],
  },
  {
    name: "quotes of several lines",
    parts: ["C=3\n", line("A", "'-----BEGIN\nB=not a key\n-----END'"), line("B", '"one\ntwo # three"'), "D=4\n"],
    set: { A: "-----BEGIN\nA=1\n-----END", B: "single", N: "n" },
    unset: ["A", "B"],
  },
  {
    name: "comments behind values",
    parts: [line("A", "1", " # why\n"), line("B", "'2'", "   # and why\n"), "C=3#no comment\n"],
    set: { A: "a b", B: "b", N: "1 # 2" },
    unset: ["A", "B"],
  },
  {
    name: "an empty value before a comment",
    parts: [line("A", "", "\n"), line("B", "''", " # none\n"), "C=3\n"],
    set: { A: "x", B: "y z", N: "" },
    unset: ["A", "B"],
  },
  {
    name: "export",
    parts: [line("A", "1", "\n", "export A="), line("B", '"2"', "\n", "export  B="), "export C=3\n"],
    set: { A: "export A=2", B: "$", N: "n" },
    unset: ["B", "A"],
  },
  {
    name: "duplicates",
    parts: [first("A", "1"), "C=3\n", first("A", "'2'"), line("B", "b"), line("A", "last")],
    set: { A: "the one", B: "x", N: "n" },
    unset: ["A"],
  },
  {
    name: "duplicates with other spelling",
    parts: [first("A", "1"), line("A", "2", "\n", "export A="), "C=3\n"],
    set: { A: "it's", N: "'" },
    unset: ["A"],
  },
  {
    name: "dollars",
    parts: ["C=3\n", line("A", "'$C$$ ${C}'"), line("B", '"\\$C"'), 'D="x${C}y"\n'],
    set: { A: "$$", B: "${C:-x}", N: "$(id)" },
    unset: ["A", "B"],
  },
  {
    name: "hashes",
    parts: [line("A", "a#b"), line("B", "'#'"), "C=3 #x\n"],
    set: { A: "#", B: " # ", N: "a #b" },
    unset: ["A", "B"],
  },
  {
    name: "equals signs",
    parts: [line("A", "a=b=c"), line("B", "=="), "C=x=y\n"],
    set: { A: "k=v", B: "=", N: "a==" },
    unset: ["A", "B"],
  },
  {
    name: "Unicode",
    parts: ["# Größe, 大きさ, 📏\n", line("A", "größe"), line("B", "'大 きさ'"), "C=📏\n"],
    set: { A: "日本語 ✓", B: "e\u0301", N: "👩‍👩‍👧" },
    unset: ["A", "B"],
  },
  {
    name: "a line of a megabyte",
    parts: [`C=${LONG}\n`, line("A", "1"), `# ${LONG}\n`, line("B", "2")],
    set: { A: "a b", B: "'", N: "n" },
    unset: ["A", "B"],
  },
  {
    name: "a value of a megabyte",
    parts: ["C=3\n", line("A", LONG), line("B", `'${LONG}'`), "D=4\n"],
    set: { A: "short", B: "it's", N: "n" },
    unset: ["B", "A"],
  },
  {
    name: "blanks around everything",
    parts: [line("A", "1", "  \n", "  A ="), line("B", "2", "\t\n", "\tB = "), "C = 3 \n", "\n   \n"],
    set: { A: " a ", B: "b", N: "  " },
    unset: ["A", "B"],
  },
  {
    name: "colons",
    parts: [line("A", "1", "\n", "A: "), line("B", "'x: y'", "\n", "B: "), "C: 3\n"],
    set: { A: "a: b", B: ":", N: "http://x:1/" },
    unset: ["A", "B"],
  },
  {
    name: "keys without a value",
    parts: ["C=3\n", line("A", "", "\n", "A"), "D\n", line("B", "2")],
    set: { A: "now", B: "x", N: "n" },
    unset: ["A", "B"],
  },
  {
    name: "backslashes",
    parts: [line("A", "a\\b"), line("B", "'c:\\dir\\'"), "C='next'\n"]
      .slice(0, 1)
      .concat(["C=c:\\dir\n", line("B", "'c:\\dir'")]),
    set: { A: "\\", B: "a\\'b", N: "\\\\x\\n" },
    unset: ["A", "B"],
  },
  { name: "a lone CR", parts: ["# one\rstill a comment\n", line("A", "1"), "C=3\n"], set: { A: "a\rb", N: "\r" }, unset: ["A"] },
  {
    name: "keys that are part of others",
    parts: ["AA=1\n", "A_B=2\n", line("A", "3"), "BA=4\n# A=5\n", line("B", "6")],
    set: { A: "x", B: "y", N_A: "n" },
    unset: ["A", "B"],
  },
  { name: "blank lines at the end", parts: [line("A", "1"), "\n\n\n"], set: { A: "2", N: "n" }, unset: ["A"] },
  {
    name: "secrets that look like code",
    parts: ["C=3\n", line("A", "'p@$$w0rd!#'"), line("B", "`id`")],
    set: { A: "!@#$%^&*()_+{}|:\"<>?~`-=[]\\;',./", B: "$(rm -rf /)", N: "%s%n" },
    unset: ["A", "B"],
  },
];

export const textOf = ({ parts }: EnvCase): string =>
  parts.map(part => (typeof part === "string" ? part : `${part.lead}${part.value}${part.tail}`)).join("");

/** Without every line of these keys. */
export const textWithout = ({ parts }: EnvCase, keys: readonly string[]): string =>
  parts
    .map(part => (typeof part === "string" ? part : keys.includes(part.key) ? "" : `${part.lead}${part.value}${part.tail}`))
    .join("");

/**
 * What of a changed text is no value that was to be changed: null when it is byte by byte what it was.
 * @param keys those that were set
 */
export function strayBytes({ parts, set }: EnvCase, changed: string): string | null {
  let at = 0;
  const skip = (expected: string): boolean => {
    if (!changed.startsWith(expected, at)) return false;
    at += expected.length;
    return true;
  };
  const whole = (part: Statement): string => `${part.lead}${part.value}${part.tail}`;
  for (const [index, part] of parts.entries()) {
    if (typeof part === "string" || part.isOverruled || !(part.key in set)) {
      if (!skip(typeof part === "string" ? part : whole(part))) return `part ${index} is another`;
      continue;
    }
    if (!skip(part.lead)) return `what stands before the value of ${part.key} is another`;
    const rest = parts.slice(index + 1).map(each => (typeof each === "string" ? each : each.lead));
    // The value may be anything; behind it comes what came behind it before.
    const next = `${part.tail}${rest[0] ?? ""}`;
    const end = next === "" ? endOfValue(changed, at) : changed.indexOf(next, at);
    if (end < 0) return `what stands behind the value of ${part.key} is another`;
    at = end + part.tail.length;
  }
  const added = changed.slice(at);
  const fresh = Object.keys(set).filter(key => !parts.some(part => typeof part !== "string" && part.key === key));
  return added === ""
    ? fresh.length === 0
      ? null
      : "the new keys are missing"
    : startsWithKey(added, fresh)
      ? null
      : "something was added";
}

/** Of a value that nothing stands behind: to the end, or to the line that was appended. */
const endOfValue = (text: string, from: number): number => {
  const newline = text.indexOf("\n", from);
  return newline < 0 ? text.length : text.charAt(newline - 1) === "\r" ? newline - 1 : newline;
};

const startsWithKey = (text: string, keys: readonly string[]): boolean =>
  keys.some(key => text.replace(/^\r?\n/, "").startsWith(`${key}=`));
