import { resolve } from "node:path";
import { parseSettings } from "../domain/settings-file.ts";
import { EXIT, OperatorError } from "../errors.ts";
import { settings } from "./options.ts";
import type { Session } from "./session.ts";

/** What `--set-from` gives. @throws OperatorError NO_FILE, USAGE */
export async function settingsFrom({ world, cwd }: Session, path: string | undefined): Promise<Readonly<Record<string, string>>> {
  if (path === undefined) return {};
  const text = await world.files.read(resolve(cwd, path));
  if (text === null)
    throw new OperatorError("NO_FILE", `There is no file ${path}.`, {
      exit: EXIT.usage,
      hint: "--set-from FILE with KEY=VALUE lines",
    });
  const values = parseSettings(text);
  // The same keys are refused as with --set.
  settings(Object.keys(values).map(key => `${key}=`));
  return values;
}
