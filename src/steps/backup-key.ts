import { join } from "node:path";
import { type KeyWay, PASSPHRASE_ANSWER, passphraseIn } from "../domain/backup-lock.ts";
import { Home } from "../domain/home.ts";
import { OperatorError } from "../errors.ts";
import { answersIn, type Context } from "./context.ts";

type Asking = Pick<Context, "world" | "operation">;

/** What stands there, and nowhere else: a plan only says where. @throws OperatorError NO_KEY */
async function secretAt({ kind, file }: KeyWay, { world, operation }: Asking): Promise<string> {
  const answers = join(new Home(operation.home).operation(operation.id), "answers.json");
  const text = file === null ? (await answersIn(answers, { world }))[PASSPHRASE_ANSWER] : await world.files.read(file);
  if (typeof text === "string") return text;
  throw new OperatorError("NO_KEY", `The ${kind} of the backup is gone${file === null ? "" : ` from ${file}`}.`, {
    hint: file === null ? "graph-mgr undo   (and begin again)" : `bring ${file} back, then graph-mgr resume`,
  });
}

/** A passphrase that a new backup is encrypted with. @throws OperatorError NO_KEY, BAD_KEY */
export async function passphraseAt(file: string | null, context: Asking): Promise<string> {
  const text = await secretAt({ kind: "passphrase", file }, context);
  const passphrase = file === null ? text : passphraseIn(text);
  if (passphrase !== null) return passphrase;
  throw new OperatorError("BAD_KEY", `${file} is not one line with a passphrase.`, { hint: "--passphrase-file FILE" });
}

/** Opens what is encrypted; undefined in plans of before there was any. @throws OperatorError NO_KEY, BAD_KEY */
export async function unlock(key: KeyWay | null | undefined, context: Asking): Promise<void> {
  if (key) await context.world.backups.unlock({ kind: key.kind, file: key.file, text: await secretAt(key, context) });
}
