import { CHECKS, countsOf, type Finding, SEVERITIES, type Severity } from "../domain/finding.ts";
import { shownText, tryText, wrap } from "./text.ts";

const WORDS: Readonly<Record<Severity, string>> = { error: "ERROR", warning: "WARNING", note: "note", ok: "fine" };
const WIDE = "WARNING".length;

/**
 * Findings by check, the check with the worst first; what is fine only when it is asked for.
 * @param findings worst first
 * @param columns of the terminal; null: a file or a pipe
 */
export function doctorText(findings: readonly Finding[], withFine: boolean, columns: number | null): string {
  const shown = withFine ? findings : findings.filter(({ severity }) => severity !== "ok");
  const groups = [...new Set(shown.map(({ check }) => check))].map(check => [
    CHECKS[check],
    ...shown.filter(each => each.check === check).flatMap(each => linesOf(each, columns)),
  ]);
  return [...groups.map(lines => lines.join("\n")), countText(findings, withFine)].join("\n\n");
}

/** What is to be typed stays in one piece. */
function linesOf({ severity, subject, message, cure, fixes }: Finding, columns: number | null): readonly string[] {
  const indent = " ".repeat(WIDE + 4);
  const said = `${subject}: ${shownText(message)}`;
  const [first = "", ...rest] = (columns === null ? said : wrap(said, Math.max(20, columns - indent.length))).split("\n");
  return [
    `  ${WORDS[severity].padEnd(WIDE)}  ${first}`,
    ...rest.map(line => `${indent}${line}`),
    ...(cure === null ? [] : [tryText(cure, columns, indent)]),
    ...(fixes.length === 0 ? [] : [`${indent}     (or graph-mgr doctor --fix, which does that)`]),
  ];
}

/** `1 error, 2 warnings, 14 fine (-v lists them)` */
function countText(findings: readonly Finding[], withFine: boolean): string {
  const counts = countsOf(findings);
  const parts = SEVERITIES.filter(severity => severity !== "ok").map(severity => {
    const count = counts[severity];
    return count === 0 ? `no ${severity}s` : `${count} ${severity}${count === 1 ? "" : "s"}`;
  });
  return `${parts.join(", ")}, ${counts.ok} fine${withFine || counts.ok === 0 ? "" : " (-v lists them)"}.`;
}
