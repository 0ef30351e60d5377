import type { Readable } from "node:stream";
import { repositoryAt, sftpTarget } from "../domain/restic-place.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";
import type { Executor } from "./exec.ts";
import { PASSWORD_HINT, resticFault } from "./restic-faults.ts";
import { sshSubsystem } from "./ssh.ts";
import type { ResticSettings } from "./world.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The program, at work in one repository. Every error of its is in the operator's words. */
export interface Restic {
  /** Standard output. @throws OperatorError NO_PROGRAM, NO_REPOSITORY, RESTIC_PASSWORD, RESTIC_LOCKED, RESTIC_FAILED, HOST_KEY */
  run(...args: readonly string[]): Promise<string>;
  /** As `run`, and what a restic that was killed left locked is no obstacle. */
  runUnlocked(...args: readonly string[]): Promise<string>;
  /** `source` goes into a snapshot. An error of it, or an end before its own, makes none. */
  feed(source: Readable, ...args: readonly string[]): Promise<string>;
  /** Standard output as it comes; its errors are as restic has them. */
  pipe(...args: readonly string[]): AsyncGenerator<Buffer>;
}

/** What restic reads there besides its own: keys and settings of its backends. Which repository it is, is ours to say. */
const SETTINGS = /^(?:RESTIC_(?!REPOSITORY)|AWS_|B2_|AZURE_|GOOGLE_|OS_|ST_|RCLONE_|XDG_CACHE_HOME$)/;
/** Of these, what is no secret: it says where one stands, or how the work is done. */
const HARMLESS =
  /^(?:RESTIC_(?:PASSWORD_FILE|CACHE_DIR|CACERT|COMPRESSION|PACK_SIZE|HOST)|AWS_(?:PROFILE|SHARED_CREDENTIALS_FILE|CONFIG_FILE|DEFAULT_REGION|REGION)|GOOGLE_(?:PROJECT_ID|APPLICATION_CREDENTIALS)|RCLONE_CONFIG|XDG_CACHE_HOME)$/;
const SECRET = /PASSWORD$|SECRET|KEY|TOKEN|PASS$/;
const PASSWORDS = ["RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"];

const settingsIn = (environment: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(environment).flatMap(([key, value]) => (value && SETTINGS.test(key) ? [[key, value]] : [])));

/** What may stand where everybody can read it, and the names of what may not. */
export function publicSettings(environment: Environment): ResticSettings {
  const all = Object.entries(settingsIn(environment));
  return {
    open: Object.fromEntries(all.filter(([key]) => HARMLESS.test(key))),
    withheld: all.flatMap(([key]) => (HARMLESS.test(key) ? [] : [key])),
  };
}

/** @param place the repository */
export function openRestic(executor: Executor, environment: Environment, place: string): Restic {
  const settings = settingsIn(environment);
  const secrets = Object.entries(settings).flatMap(([key, value]) => (SECRET.test(key) ? [value] : []));
  const options = { secrets };
  const command = (args: readonly string[]): Command => {
    // It would take the first line of what it is fed for the password.
    if (PASSWORDS.every(key => settings[key] === undefined))
      throw new OperatorError("RESTIC_PASSWORD", `Nobody said the password of the restic repository ${place}.`, {
        hint: PASSWORD_HINT,
      });
    return { ...resticCommand(place, args), env: { ...settings, RESTIC_REPOSITORY: repositoryAt(place) } };
  };
  const inWords = async (work: () => Promise<string>): Promise<string> => {
    try {
      return await work();
    } catch (error) {
      throw resticFault(place, await askSsh(executor, place, error));
    }
  };
  const run: Restic["run"] = (...args) => inWords(async () => executor.run(command(args), options));
  return {
    run,
    async runUnlocked(...args) {
      try {
        return await run(...args);
      } catch (error) {
        if (!(error instanceof OperatorError) || error.code !== "RESTIC_LOCKED") throw error;
        // Takes away only locks of processes that are gone, and of machines that have not renewed theirs for half an hour.
        await run("unlock");
        return await run(...args);
      }
    },
    feed: (source, ...args) => inWords(async () => executor.feed(command(args), source, options)),
    pipe: (...args) => executor.pipe(command(args), null, options),
  };
}

/** restic ends without waiting for what its ssh has to say, so where that is what failed, ssh is asked itself. */
async function askSsh(executor: Executor, place: string, error: unknown): Promise<unknown> {
  const ssh = sftpCommand(place);
  if (ssh === null || !(error instanceof OperatorError) || !/unable to start the sftp session/.test(error.message)) return error;
  return await executor.run(ssh).then(
    () => error,
    (said: unknown) => said,
  );
}

/** How the machine of a repository is reached, as ever; null where ssh does not do it. */
function sftpCommand(place: string): Command | null {
  const target = sftpTarget(place);
  return target === null ? null : sshSubsystem({ target, identity: null, knownHosts: null }, "sftp");
}

/** The repository itself stands in the environment, which others cannot read. */
export function resticCommand(place: string, args: readonly string[]): Command {
  const ssh = sftpCommand(place);
  if (ssh === null) return { program: "restic", args };
  return { program: "restic", args: ["-o", `sftp.command=${[ssh.program, ...ssh.args].join(" ")}`, ...args] };
}
