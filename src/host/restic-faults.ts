import { resticFolder, sftpTarget } from "../domain/restic-place.ts";
import { shellWord } from "../domain/shell-word.ts";
import { OperatorError } from "../errors.ts";
import { remoteFault } from "./ssh-errors.ts";

/** What restic said, in the operator's words. @param place the repository */
export function resticFault(place: string, error: unknown): unknown {
  if (!(error instanceof OperatorError) || !["COMMAND_FAILED", "NO_PROGRAM"].includes(error.code)) return error;
  const said = error.message;
  const fault = (code: string, message: string, hint: string) => new OperatorError(code, message, { hint, cause: error });
  if (error.code === "NO_PROGRAM")
    return fault("NO_PROGRAM", "There is no program restic here.", "install it: apt-get install restic   (https://restic.net)");
  if (/wrong password or no key found|an empty password|Resolving password failed|reading repository password/i.test(said))
    return fault("RESTIC_PASSWORD", `The password does not open the restic repository ${place}.`, PASSWORD_HINT);
  if (/already locked/.test(said))
    return fault(
      "RESTIC_LOCKED",
      `The restic repository ${place} is locked: ${lastLine(said, /already locked/)}.`,
      `see whether somebody is at work there; else, once: ${resticCommand(place, "unlock")}`,
    );
  const target = sftpTarget(place);
  if (target !== null && /host key|host identification/i.test(said)) return remoteFault({ ...target, path: "" }, error);
  if (/Is there a repository|repository does not exist/.test(said) && /does not exist|no such file|not found/i.test(said))
    return fault(
      "NO_REPOSITORY",
      `There is no restic repository ${place}.`,
      `see whether it is spelt right; to make one, once: ${resticCommand(place, "init")}`,
    );
  return fault(
    "RESTIC_FAILED",
    `restic could not work with ${place}: ${lastLine(said, /Fatal:|[Ee]rror|unable|denied|refused|space/).replace(/^Fatal: /, "")}.`,
    `${resticCommand(place, "snapshots")}   (must work; then again)`,
  );
}

/** What restic cannot read although it reaches it: the data themselves are wrong or gone. */
export const isDamage = (error: unknown): boolean =>
  error instanceof OperatorError &&
  /ciphertext verification|hash mismatch|invalid data|decrypting|not found in|no such file|does not exist|wrong (?:id|hash)/i.test(
    error.message,
  );

export const PASSWORD_HINT = "set RESTIC_PASSWORD_FILE to the file with it (or RESTIC_PASSWORD, or RESTIC_PASSWORD_COMMAND)";

/** As it can be typed. */
const resticCommand = (place: string, verb: string): string => {
  const repository = resticFolder(place) ?? place.slice("restic:".length);
  return `restic -r ${shellWord(repository)} ${verb}`;
};

/** The line that tells most: restic adds where it looked, and that it removed its lock. */
function lastLine(text: string, telling: RegExp): string {
  // Behind the command line, which says nothing to anybody.
  const said = text.replace(/^[^\n]*?` (?:ended with|did not|printed)[^:]*: /, "");
  const lines = said.split("\n").map(line => line.trim());
  const line = lines.findLast(each => telling.test(each)) ?? lines.findLast(each => each !== "") ?? "";
  return line.replace(/\.$/, "").slice(0, 300);
}
