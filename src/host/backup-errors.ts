import { OperatorError } from "../errors.ts";
import { ArchiveFault } from "./tar-fault.ts";

const HINT = "take another one (`graph-mgr backup list`); nothing was changed";

/** @param part the member that is wrong, @param what half a sentence about it */
export const damagedBackup = (path: string, part: string, what: string): OperatorError =>
  new OperatorError("BACKUP_DAMAGED", `The backup ${path} is damaged: ${part}: ${what}.`, { hint: HINT, facts: { part } });

export const noBackup = (path: string, what: string): OperatorError =>
  new OperatorError("NO_BACKUP", `${path} ${what}.`, { hint: "graph-mgr backup list   (shows those of this home)" });

/** What a reader found in a part, in the operator's words; what is no fault of the archive stays as it is. */
export function faultIn(path: string, part: string, error: unknown): unknown {
  if (error instanceof ArchiveFault) {
    if (error.kind !== "hostile") return damagedBackup(path, part, error.message);
    return new OperatorError("BACKUP_HOSTILE", `The backup ${path} is not safe to restore: ${part}: ${error.message}.`, {
      hint: "ask where it comes from; nothing was changed",
      facts: { part },
    });
  }
  if (error instanceof OperatorError && error.code === "COMMAND_FAILED")
    return damagedBackup(path, part, "it cannot be unfolded");
  return error;
}
