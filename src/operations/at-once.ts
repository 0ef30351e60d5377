import { OperatorError } from "../errors.ts";

/**
 * Makes every check and tells all that stands against an operation at once: nobody wants to be refused a second time for what was known
 * the first. A single refusal is told as it is.
 * @throws OperatorError with the code of the first, and all codes as the fact `codes`
 */
export function allAtOnce(checks: readonly (() => unknown)[]): void {
  const found = checks.flatMap(refusalOf);
  const [first] = found;
  if (first === undefined) return;
  if (found.length === 1) throw first;
  const lines = found.map(({ message }, index) => `  ${index + 1}. ${message}`);
  const hints = [...new Set(found.flatMap(({ hint }) => (hint === undefined ? [] : [hint])))];
  throw new OperatorError(first.code, `${found.length} things stand against it:\n${lines.join("\n")}`, {
    hint: hints.join("\n     "),
    exit: first.exit,
    facts: { codes: found.map(({ code }) => code).join(" ") },
  });
}

/** What a check throws for the operator; none when it passes. */
function refusalOf(check: () => unknown): readonly OperatorError[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof OperatorError) return [error];
    throw error;
  }
}
