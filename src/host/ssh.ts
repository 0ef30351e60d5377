import type { SshTarget } from "../domain/ssh-target.ts";
import { OperatorError } from "../errors.ts";
import type { Command } from "./command.ts";

/** How a machine is reached, besides what the system's own configuration of ssh says. */
export interface SshAccess {
  readonly target: SshTarget;
  /** File with the key; null: what ssh takes by itself. */
  readonly identity: string | null;
  /** File with the keys of hosts that are known; null: what ssh takes by itself. */
  readonly knownHosts: string | null;
}

/** ssh joins words with spaces and hands them to a shell over there: only what no shell makes anything of goes there. */
const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** Nobody is asked, an unknown or changed host key ends it, nothing is forwarded, and a dead connection is noticed. */
const OPTIONS = [
  "BatchMode=yes",
  "StrictHostKeyChecking=yes",
  "UpdateHostKeys=no",
  "ForwardAgent=no",
  "ForwardX11=no",
  "ClearAllForwardings=yes",
  "PermitLocalCommand=no",
  "ConnectTimeout=15",
  "ServerAliveInterval=10",
  "ServerAliveCountMax=3",
];

const reach = ({ target, identity, knownHosts }: SshAccess): readonly string[] => [
  "-T",
  ...OPTIONS.flatMap(option => ["-o", option]),
  ...(identity === null ? [] : ["-i", identity, "-o", "IdentitiesOnly=yes"]),
  ...(knownHosts === null ? [] : ["-o", `UserKnownHostsFile="${knownHosts}"`]),
  ...(target.port === null ? [] : ["-p", String(target.port)]),
  ...(target.user === null ? [] : ["-l", target.user]),
  "--",
  target.host,
];

/** A program over there. Its words must be plain: whatever else there is to say goes over its standard input. */
export function sshCommand(access: SshAccess, words: readonly string[]): Command {
  const odd = words.find(word => !PLAIN_WORD.test(word));
  if (odd !== undefined)
    throw new OperatorError("REMOTE_WORD", `"${odd.slice(0, 80)}" cannot be said to a shell on another machine.`, {
      hint: "letters, digits and _@%+=:,./- are possible there",
    });
  return { program: "ssh", args: [...reach(access), ...words] };
}

/** What the server over there offers under a name. */
export const sshSubsystem = (access: SshAccess, name: "sftp"): Command => ({
  program: "ssh",
  args: ["-s", ...reach(access), name],
});

/** A script over there. @param script a constant of the program, with nothing in it that somebody gave, and no single quote */
export function sshScript(access: SshAccess, script: string): Command {
  if (script.includes("'")) throw new Error("a script for another machine has a single quote in it");
  return { program: "ssh", args: [...reach(access), `sh -c '${script}'`] };
}
