import { type DatabaseFinding, databasePreflight } from "../domain/database-preflight.ts";
import { type MoveMethod, type MoveWish, requireMethod } from "../domain/move-method.ts";
import { OperatorError } from "../errors.ts";
import { type Estimable, estimateUpdate } from "./window-estimate.ts";

/** How the database moves, and what is to be known of that. */
export interface Move {
  readonly method: MoveMethod;
  readonly reasons: readonly string[];
}

/**
 * The method that was asked for, or the one of those that are safe with the shorter window; a product without Postgres has volumes that are copied.
 * @param isPassing whether what is left is only gone through
 * @throws OperatorError METHOD_UNSAFE, NO_DATABASE, and what stands against moving this database at all
 */
export function chooseMove(facts: Estimable, wish: MoveWish, isPassing: boolean): Move {
  if (facts.database === null) {
    if (wish !== "dump") return { method: "copy", reasons: [] };
    throw new OperatorError("NO_DATABASE", "There is no Postgres that could be dumped.", { hint: "--postgres copy" });
  }
  const { old, oldImage, next } = facts.database;
  if (old !== null && !("server" in old)) throw new OperatorError(old.code, old.say, old.hint === "" ? {} : { hint: old.hint });
  if (next === null || oldImage === null) {
    const method = wish === "auto" ? "dump" : wish;
    const why = `Which Postgres the new release brings is known once its images are loaded; ${method} is assumed until then.`;
    return { method, reasons: wish === "auto" ? [why] : [] };
  }
  const stopped = { ...oldImage, databases: [], tablespaces: [], checksums: false };
  const server = old?.server ?? stopped;
  const findingsOf = (method: MoveMethod) => (old === null ? [] : databasePreflight(old, next, method));
  // What stands against a dump alone must not stop an update that a copy brings through.
  const windows = findingsOf("dump").some(({ stops }) => stops)
    ? undefined
    : {
        copySeconds: estimateUpdate(facts, "copy", isPassing).seconds,
        dumpSeconds: estimateUpdate(facts, "dump", isPassing).seconds,
      };
  const { method, reasons } = requireMethod(server, next, wish, windows);
  const findings = findingsOf(method);
  refuse(findings.filter(({ stops }) => stops));
  return {
    method,
    reasons: [`The database moves by ${method}. ${reasons.join(" ")}`, ...findings.map(({ say, hint }) => `${say} (${hint})`)],
  };
}

/**
 * Every method that is safe here, the one that `auto` takes first; none while it is not known which Postgres the new release brings.
 * What stands against moving the database at all is for the plan to say.
 */
export function safeMoves(facts: Estimable, isPassing: boolean): readonly Move[] {
  if (facts.database === null || facts.database.next === null || facts.database.oldImage === null) return [];
  const usual = moveOrNull(facts, "auto", isPassing);
  const others = (["dump", "copy"] as const).map(method => moveOrNull(facts, method, isPassing));
  return usual === null
    ? []
    : [usual, ...others.filter(each => each !== null && each.method !== usual.method)].filter(each => each !== null);
}

function moveOrNull(...given: Parameters<typeof chooseMove>): Move | null {
  try {
    return chooseMove(...given);
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

/** All at once: nobody wants to be refused a second time for what was known the first. */
function refuse(findings: readonly DatabaseFinding[]): void {
  const [first] = findings;
  if (first === undefined) return;
  const hints = [...new Set(findings.map(({ hint }) => hint))];
  throw new OperatorError(first.code, findings.map(({ say }) => say).join(" "), { hint: hints.join("; ") });
}
