import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { show } from "../domain/names.ts";
import { OperatorError } from "../errors.ts";
import { type Executor, NOT_THERE } from "./exec.ts";

/**
 * Lets the operator edit a text that may hold secrets: on a file (0600) in a folder of its own (0700), where an editor leaves its other files too.
 * @param editor as in `$EDITOR`: a program, and perhaps arguments
 * @param name of the file, which tells an editor what it is
 * @returns null when the editor failed, or was left with an error: then nothing counts
 * @throws OperatorError NO_EDITOR where the program is not there
 */
export async function editText(
  executor: Pick<Executor, "attach">,
  editor: string,
  name: string,
  text: string,
): Promise<string | null> {
  const [program = "", ...args] = editor.trim().split(/\s+/);
  const folder = await mkdtemp(join(tmpdir(), "graph-mgr-edit-"));
  const file = join(folder, name);
  try {
    await writeFile(file, text, { mode: 0o600 });
    const exitCode = await executor.attach({ program, args: [...args, file] });
    if (exitCode === NOT_THERE)
      throw new OperatorError("NO_EDITOR", `The editor that the environment names, ${show(program)}, is not there.`, {
        hint: "set EDITOR to one that is, such as nano or vi, and run it again",
      });
    return exitCode === 0 ? await readFile(file, "utf8") : null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
