import { EXIT, OperatorError } from "../../errors.ts";
import { COMPLETION_SCRIPTS } from "../completion-scripts.ts";
import type { Session } from "../session.ts";

/** `completion`: what a shell has to read so that it completes. */
export function completion(session: Session, shell: string): void {
  const known = Object.entries(COMPLETION_SCRIPTS).find(([name]) => name === shell);
  if (known === undefined)
    throw new OperatorError("USAGE", `There is completion for bash, zsh and fish, not for "${shell.slice(0, 40)}".`, {
      exit: EXIT.usage,
      hint: "graph-mgr completion bash",
    });
  const [, script] = known;
  session.print(session.flags.json ? JSON.stringify({ schema: 1, shell, script }) : script.trimEnd());
}
