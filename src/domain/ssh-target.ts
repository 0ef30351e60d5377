import { EXIT, OperatorError } from "../errors.ts";

/** Another machine, as it is reached by ssh; everything else (aliases, jump hosts) is for the system's own configuration of ssh. */
export interface SshTarget {
  readonly user: string | null;
  readonly host: string;
  readonly port: number | null;
}

const USER = /^[A-Za-z_][A-Za-z0-9._-]{0,63}$/;
/** A name, an IPv4 address, or an IPv6 address in brackets. Nothing that begins with a dash can be one, for ssh would take it for an option. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,250}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])$/;

/** `[user@]host[:port]`. @throws OperatorError USAGE */
export function parseSshTarget(text: string): SshTarget {
  const match = /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text);
  const [, user, host = "", port] = match ?? [];
  const number = port === undefined ? null : Number(port);
  const isPort = number === null || (number >= 1 && number <= 65_535);
  if (!match || !HOST.test(host) || (user !== undefined && !USER.test(user)) || !isPort)
    throw new OperatorError("USAGE", `"${text.slice(0, 80)}" is no machine that ssh could reach.`, {
      exit: EXIT.usage,
      hint: "[user@]host[:port], such as root@new-host or root@new-host:2222",
    });
  return { user: user ?? null, host: host.replace(/^\[|\]$/g, ""), port: number };
}

export const sshTargetText = ({ user, host, port }: SshTarget): string =>
  `${user === null ? "" : `${user}@`}${host.includes(":") ? `[${host}]` : host}${port === null ? "" : `:${port}`}`;
