import { resolve as resolvePath } from "node:path";
import type { Resolution, Resolutions } from "../domain/merge-result.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { Session } from "./session.ts";

/** `.env:KEY`, unlike `Caddyfile`. */
const KEYED = /:[^:/]+$/;

/** `KEY=mine`, `KEY=theirs` or `FILE=path of a file that is to be taken instead`. @throws OperatorError USAGE, NO_FILE */
export async function resolutionsOf(
  { world, cwd }: Pick<Session, "world" | "cwd">,
  given: readonly string[],
): Promise<Resolutions> {
  const found: Record<string, Resolution> = {};
  for (const text of given) {
    const at = text.lastIndexOf("=");
    const [name, what] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || what === "")
      throw new OperatorError("USAGE", `--resolve takes NAME=mine, NAME=theirs or NAME=FILE.`, {
        exit: EXIT.usage,
        hint: "--resolve Caddyfile=mine",
      });
    if (what === "mine" || what === "theirs") {
      found[name] = what;
      continue;
    }
    const file = await world.files.read(resolvePath(cwd, what));
    if (file === null)
      throw new OperatorError("NO_FILE", `There is no file ${what}.`, { exit: EXIT.usage, hint: `--resolve ${name}=mine` });
    // Editors and `echo` end a file with a newline, which is no part of a value.
    found[name] = { text: KEYED.test(name) ? file.replace(/\r?\n$/, "") : file };
  }
  return found;
}
