import { shellWord } from "../domain/shell-word.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { UnitPlace } from "../survey/units.ts";

/** `--user`, or the folder, as it is to be typed again. */
export const placeWords = ({ dir, scope }: UnitPlace): string =>
  scope === "system" ? "" : scope === "user" ? " --user" : ` --unit-dir ${shellWord(dir)}`;

/** @param command what was typed. @throws OperatorError NO_PERMISSION */
export function refuseUnable(
  { place, mayWrite }: { readonly place: UnitPlace; readonly mayWrite: boolean },
  command: string,
): void {
  if (mayWrite) return;
  throw new OperatorError("NO_PERMISSION", `This user may not write to ${place.dir}, where units lie.`, {
    hint:
      place.scope === "system" ? `sudo graph-mgr ${command}   (or with --user: this user's own)` : "give a folder of your own",
  });
}

/** What somebody else wrote, or another home did, is not overwritten. @param own what graph-mgr says it is for; null: it did not write it. @throws OperatorError EXISTS */
export function refuseForeignUnit(path: string, own: { readonly home: string } | null): void {
  const whose = own === null ? "and graph-mgr did not write it" : `and is for the home ${own.home}`;
  throw new OperatorError("EXISTS", `${path} is there already, ${whose}.`, {
    exit: EXIT.refused,
    hint: `look at it, and move it away: ${path}`,
  });
}

/** What a plan says of a place where nothing can be turned on, or not always works. */
export const placeNotes = (isRunning: boolean, { scope }: UnitPlace): readonly string[] => [
  ...(isRunning ? [] : ["no systemd runs here that looks there: the units are written, and not enabled"]),
  ...(scope === "user" ? ["it runs only while this user is logged in, unless `loginctl enable-linger` was said"] : []),
];
