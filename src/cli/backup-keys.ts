import { resolve } from "node:path";
import {
  type BackupLock,
  type KeyWay,
  PASSPHRASE_ANSWER,
  passphraseIn,
  recipientsIn,
  weakPassphrase,
} from "../domain/backup-lock.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { CheckedBackup } from "../host/world.ts";
import type { Arguments } from "./arguments.ts";
import type { Session } from "./session.ts";
import { PASSPHRASE_QUESTIONS } from "./surface/questions.ts";

type Answers = Readonly<Record<string, string>>;

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

async function textOf({ world }: Session, path: string, what: string): Promise<string> {
  const text = (await world.files.isFolder(path)) ? null : await world.files.read(path);
  if (text !== null) return text;
  throw new OperatorError("BAD_PATH", `There is no file ${path} with ${what}.`, { hint: "ls -l" });
}

/** Whom a new backup shall be encrypted for; null: nobody asked for it. What was typed goes into the answers and into no plan. */
export async function lockAsked(
  session: Session,
  args: Arguments,
): Promise<{ readonly lock: BackupLock | null; readonly answers: Answers }> {
  const who = args.list("encrypt");
  const given = args.text("passphrase-file");
  const named = who.filter(each => each !== "passphrase");
  const withPassphrase = named.length < who.length || given !== undefined;
  if (who.length === 0 && given === undefined) return { lock: null, answers: {} };
  if (withPassphrase && named.length > 0)
    throw usage("A backup is encrypted to recipients or with a passphrase, not both.", "graph-mgr backup --help");
  if (!withPassphrase) {
    const recipients = [...new Set((await Promise.all(named.map(each => recipientsFrom(session, each)))).flat())];
    await session.world.backups.refuseRecipients(recipients);
    return { lock: { kind: "recipients", recipients }, answers: {} };
  }
  if (given === undefined) return { lock: { kind: "passphrase", file: null }, answers: await newPassphrase(session) };
  const file = resolve(session.cwd, given);
  const passphrase = passphraseIn(await textOf(session, file, "a passphrase"));
  const weakness = passphrase === null ? `${file} is not one line with a passphrase.` : weakPassphrase(passphrase);
  if (weakness !== null) throw new OperatorError("BAD_KEY", weakness, { hint: "--passphrase-file FILE" });
  return { lock: { kind: "passphrase", file }, answers: {} };
}

async function recipientsFrom(session: Session, who: string): Promise<readonly string[]> {
  // A secret key here is refused by who reads recipients; it is no path to look for, and none to show.
  if (/^age(1|-secret-key-)/i.test(who)) return [who];
  const path = resolve(session.cwd, who);
  const recipients = recipientsIn(await textOf(session, path, "recipients"));
  if (recipients.length > 0) return recipients;
  throw new OperatorError("BAD_RECIPIENT", `${path} names no recipient.`, { hint: "a line for each: age1..." });
}

/** With `--dry-run` nothing is encrypted, and nobody is asked. */
async function newPassphrase({ ask, flags }: Session): Promise<Answers> {
  if (flags.dryRun) return {};
  const { passphrase, again } = PASSPHRASE_QUESTIONS;
  const first = await ask.secret({ ...passphrase, check: weakPassphrase });
  await ask.secret({
    ...again,
    check: text => (text === first ? null : "That is another one. Ctrl-C, and begin again, if the first was mistyped."),
  });
  return { [PASSPHRASE_ANSWER]: first };
}

/** Takes the keys that were named on the command line. @throws OperatorError BAD_KEY, BAD_PATH */
export async function unlockGiven(session: Session, args: Arguments): Promise<KeyWay | null> {
  const [identity, passphrase] = [args.text("identity"), args.text("passphrase-file")];
  if (identity !== undefined && passphrase !== undefined)
    throw usage("A backup is opened by --identity or by --passphrase-file, not both.", "graph-mgr backup --help");
  const given = identity ?? passphrase;
  if (given === undefined) return null;
  const way = { kind: identity === undefined ? "passphrase" : "identity", file: resolve(session.cwd, given) } as const;
  const text = await textOf(session, way.file, identity === undefined ? "a passphrase" : "a secret key");
  await session.world.backups.unlock({ ...way, text });
  return way;
}

/** A backup that is encrypted is opened by what was given, or what is typed in now. */
export async function unlockBackup(
  session: Session,
  path: string,
  args: Arguments,
): Promise<{ readonly key: KeyWay | null; readonly answers: Answers }> {
  const { world, ask } = session;
  const given = await unlockGiven(session, args);
  const lock = await world.backups.lockOf(path);
  if (lock === null) return { key: null, answers: {} };
  if (given !== null || lock === "recipients" || !ask.isPossible) return { key: given, answers: {} };
  const text = await ask.secret({ ...PASSPHRASE_QUESTIONS.passphrase, check: typed => (typed === "" ? "It has one." : null) });
  await world.backups.unlock({ kind: "passphrase", file: null, text });
  return { key: { kind: "passphrase", file: null }, answers: { [PASSPHRASE_ANSWER]: text } };
}

/** All of an archive, read and opened, with where its key stands. @throws OperatorError as `Backups.check` */
export async function checkUnlocked(
  session: Session,
  path: string,
  args: Arguments,
): Promise<{ readonly checked: CheckedBackup; readonly answers: Answers }> {
  const { key, answers } = await unlockBackup(session, path, args);
  const checked = await session.world.backups.check(path, session.noteInPlace);
  return { checked: { ...checked, source: { ...checked.source, key } }, answers };
}
