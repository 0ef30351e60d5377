import { spawn } from "node:child_process";
import { promises as fs } from "node:fs";
import { dirname } from "node:path";
import { EXIT, OperatorError } from "../errors.ts";
import type { Lock } from "../plan/operations.ts";
import { isCode, makeFolders } from "./node-disk.ts";

const CONFLICT = 75;

/**
 * A kernel lock on a file, held by a child that ends when our end of its input closes: also after kill -9, at once. Lock
 * files with a time in them take seconds to go stale, and a reused pid keeps them alive.
 *
 * @param path a file of our own, or a folder that is there: a folder can be locked by whoever may read it, and nothing has to
 *   be created in it
 * @param holder what others are told; goes into the file. Null for a folder.
 * @param waitSeconds 0 refuses at once
 * @throws OperatorError LOCKED
 */
export async function acquireLock(
  path: string,
  holder: Readonly<Record<string, string | number>> | null,
  waitSeconds: number,
): Promise<Lock> {
  if (holder !== null) await makeFolders(dirname(path), 0o700);
  const wait = waitSeconds > 0 ? ["--timeout", String(waitSeconds)] : ["--nonblock"];
  // A session of its own: Ctrl-C at the terminal must not free the lock under a step that is at work.
  const child = spawn(
    "flock",
    ["--exclusive", ...wait, "--conflict-exit-code", String(CONFLICT), path, "sh", "-c", "echo held; cat > /dev/null"],
    {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  const held = new Promise<"held">(resolve => child.stdout.once("data", () => resolve("held")));
  let outcome: "held" | number | null;
  try {
    outcome = await Promise.race([held, ended]);
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    throw new OperatorError("NO_PROGRAM", 'There is no program "flock" here.', { hint: "install util-linux", cause: error });
  }
  if (outcome === CONFLICT) throw lockedBy(path, holder === null ? "" : await fs.readFile(path, "utf8").catch(() => ""));
  if (outcome !== "held")
    throw new OperatorError("LOCK_FAILED", `The lock ${path} cannot be taken.`, { hint: "see that the folder can be written" });
  child.unref();
  // Who it is helps the one who waits; the lock itself does not need it.
  if (holder !== null) await fs.writeFile(path, `${JSON.stringify(holder)}\n`, { mode: 0o600 }).catch(() => undefined);
  return {
    async release() {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}

function lockedBy(path: string, text: string): OperatorError {
  let who = "another graph-mgr";
  try {
    const { pid, command, since } = JSON.parse(text) as Record<string, unknown>;
    who = `\`graph-mgr ${String(command)}\` (process ${String(pid)}, since ${String(since)})`;
  } catch {
    // The holder has not written down who it is yet.
  }
  return new OperatorError("LOCKED", `${who} is at work here and holds ${path}.`, {
    exit: EXIT.locked,
    hint: "wait until it has ended, then run this again",
  });
}
