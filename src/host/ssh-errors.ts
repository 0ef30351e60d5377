import type { RemotePlace } from "../domain/backup-place.ts";
import { shellWord } from "../domain/shell-word.ts";
import { type SshTarget, sshTargetText } from "../domain/ssh-target.ts";
import { OperatorError } from "../errors.ts";
import type { SshAccess } from "./ssh.ts";

const NO_REACH =
  /could not resolve|connection (?:refused|timed out|closed|reset)|no route|network is unreachable|timed out|broken pipe|lost connection|not responding/i;

/** What ssh itself said, in the operator's words; anything else stays as it is. */
export function inSshWords(error: unknown, { target, identity }: Pick<SshAccess, "target" | "identity">): unknown {
  if (!isOfCommand(error)) return error;
  const where = sshTargetText(target);
  const said = error.message;
  if (/permission denied|too many authentication failures/i.test(said)) {
    // ssh goes on without a key that it cannot read, and only remarks on it.
    const key = /(?:Identity file|Load key) .*/.exec(said)?.[0].trim().replace(/\.$/, "");
    return new OperatorError(
      "SSH_LOGIN",
      `${where} does not let this user in with a key${key === undefined ? "" : ` (${key})`}.`,
      {
        hint: "ssh-copy-id there first, or name the key with --identity FILE",
        cause: error,
      },
    );
  }
  const unknown = hostKeyFault(target, error);
  if (unknown !== null) return unknown;
  if (/code 255/.test(said) || NO_REACH.test(said)) {
    const last = lastSaid(error);
    return new OperatorError(
      "NOT_REACHED",
      `${where} cannot be reached by ssh, or the connection was lost${last && `: ${last}`}.`,
      {
        hint: `see whether it works by hand: ${login(target, identity)}`,
        cause: error,
      },
    );
  }
  return error;
}

/** Of a place for backups, where whatever else went wrong is said as well. */
export function remoteFault(place: RemotePlace, error: unknown): unknown {
  if (!isOfCommand(error)) return error;
  return (
    hostKeyFault(place, error) ??
    remoteFailed(place.host, `${login(place)} true   (must work without a question)`, lastSaid(error), error)
  );
}

export const remoteFailed = (host: string, hint: string, what: string, cause?: unknown): OperatorError =>
  new OperatorError("REMOTE_FAILED", `The work on ${host} failed, or the connection to it: ${what.replace(/\.$/, "")}.`, {
    hint,
    cause,
  });

const isOfCommand = (error: unknown): error is OperatorError => error instanceof OperatorError && error.code === "COMMAND_FAILED";

function hostKeyFault(target: SshTarget, error: OperatorError): OperatorError | null {
  const { host, port } = target;
  if (/HOST IDENTIFICATION HAS CHANGED|has changed and you have requested/i.test(error.message))
    return new OperatorError("HOST_KEY", `${host} has another host key than before: it may be another machine that answers.`, {
      hint: `ask whoever runs ${host}; if it was set up anew: ssh-keygen -R ${port === null ? host : `[${host}]:${port}`}, then ${login(target)}`,
      cause: error,
    });
  if (/Host key verification failed|host key is known/i.test(error.message))
    return new OperatorError("HOST_KEY", `The host key of ${host} is not known here, so nobody can tell who answers.`, {
      hint: `${login(target)}   (once, by hand: compare the fingerprint that it shows)`,
      cause: error,
    });
  return null;
}

/** As somebody types it. */
const login = ({ user, host, port }: SshTarget, identity: string | null = null): string =>
  [
    "ssh",
    ...(identity === null ? [] : ["-i", shellWord(identity)]),
    ...(port === null ? [] : ["-p", String(port)]),
    `${user === null ? "" : `${user}@`}${host}`,
  ].join(" ");

/** The last line, behind the command line, which says nothing to anybody. */
function lastSaid({ message }: OperatorError): string {
  const behind = message.slice(message.lastIndexOf("` ") + 2);
  const said = /: ([\s\S]*)$/.exec(behind)?.[1] ?? `ssh ${behind}`;
  const last = said.trim().split("\n").at(-1)?.trim() ?? "";
  return last
    .replace(/^ssh: /, "")
    .replace(/\.$/, "")
    .slice(-200);
}
