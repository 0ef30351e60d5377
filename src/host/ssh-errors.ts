import type { RemotePlace } from "../domain/backup-place.ts";
import { OperatorError } from "../errors.ts";

/** What ssh or the other machine said, in the operator's words. */
export function remoteFault({ user, host, port }: RemotePlace, error: unknown): unknown {
  if (!(error instanceof OperatorError) || error.code !== "COMMAND_FAILED") return error;
  const target = `${user === null ? "" : `${user}@`}${host}`;
  const login = `ssh ${port === null ? "" : `-p ${port} `}${target}`;
  if (/HOST IDENTIFICATION HAS CHANGED|has changed and you have requested/i.test(error.message))
    return new OperatorError("HOST_KEY", `${host} has another host key than before: it may be another machine that answers.`, {
      hint: `ask whoever runs ${host}; if it was set up anew: ssh-keygen -R ${port === null ? host : `[${host}]:${port}`}, then ${login}`,
      cause: error,
    });
  if (/Host key verification failed|host key is known/i.test(error.message))
    return new OperatorError("HOST_KEY", `The host key of ${host} is not known here, so nobody can tell who answers.`, {
      hint: `${login}   (once, by hand: compare the fingerprint that it shows)`,
      cause: error,
    });
  // Behind the command line, which says nothing to anybody.
  const behind = error.message.slice(error.message.lastIndexOf("` ") + 2);
  const said = /: ([\s\S]*)$/.exec(behind)?.[1] ?? `ssh ${behind}`;
  const last = said.trim().split("\n").at(-1)?.trim() ?? "";
  return remoteFailed(host, `${login} true   (must work without a question)`, last, error);
}

export const remoteFailed = (host: string, hint: string, what: string, cause?: unknown): OperatorError =>
  new OperatorError("REMOTE_FAILED", `The work on ${host} failed, or the connection to it: ${what.replace(/\.$/, "")}.`, {
    hint,
    cause,
  });
