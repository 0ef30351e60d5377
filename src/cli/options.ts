import { posix } from "node:path";
import { portPlace } from "../domain/isolation.ts";
import { EXIT, OperatorError } from "../errors.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

/** @throws OperatorError USAGE */
export function portNumber(flag: string) {
  return (value: string | undefined): number | undefined => {
    if (value === undefined) return undefined;
    const port = Number(value);
    if (/^\d{1,5}$/.test(value) && port >= 1 && port <= 65_535) return port;
    throw usage(`--${flag} takes a port from 1 to 65535, not "${value.slice(0, 40)}".`, `--${flag} 8080`);
  };
}

/** A whole number of seconds, from 1 on. @throws OperatorError USAGE */
export function seconds(flag: string) {
  return (value: string | undefined): number | undefined => {
    if (value === undefined) return undefined;
    if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
    throw usage(`--${flag} takes a whole number of seconds, not "${value.slice(0, 40)}".`, `--${flag} 600`);
  };
}

/** How many, from 0 on. @throws OperatorError USAGE */
export function count(flag: string) {
  return (value: string | undefined): number | undefined => {
    if (value === undefined) return undefined;
    if (/^\d{1,6}$/.test(value)) return Number(value);
    throw usage(`--${flag} takes a whole number, not "${value.slice(0, 40)}".`, `--${flag} 3`);
  };
}

const PORT_EXAMPLE = "--port caddy:80=8080";

/** `SERVICE:CONTAINER=PORT`, with `/udp` behind the container port where it is not TCP. */
function portSettings(values: readonly string[]) {
  return values.map(text => {
    const match = /^([A-Za-z0-9][A-Za-z0-9._-]*):(\d+)(?:\/(tcp|udp))?=(\d+)$/.exec(text);
    const [, service = "", container = "", protocol = "tcp", host = ""] = match ?? [];
    const [containerPort, hostPort] = [container, host].map(Number);
    const isPort = (port: number | undefined): port is number => port !== undefined && port >= 1 && port <= 65_535;
    if (!match || !isPort(containerPort) || !isPort(hostPort))
      throw usage(`--port takes SERVICE:CONTAINER=PORT with ports from 1 to 65535, not "${text.slice(0, 60)}".`, PORT_EXAMPLE);
    return {
      service,
      container: containerPort,
      protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const),
      host: hostPort,
    };
  });
}

/** `KEY=VALUE` pairs; the message never repeats a value. */
export function settings(values: readonly string[]): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const text of values) {
    const at = text.indexOf("=");
    const key = text.slice(0, Math.max(at, 0));
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key))
      throw usage("--set takes KEY=VALUE, with a key of letters, digits and _.", "--set SPLUNK_HOST=splunk.example.com");
    if (/^COMPOSE_/.test(key)) throw usage(`${key} is set by graph-mgr itself.`, "leave it out");
    if (Object.hasOwn(result, key)) throw usage(`--set gives ${key} twice.`, "give each key once");
    result[key] = text.slice(at + 1);
  }
  return result;
}

/**
 * `OLD=NEW` pairs of absolute paths; of several `=` the one before a `/` cuts.
 * @throws OperatorError USAGE
 */
export function folderMoves(values: readonly string[]): Readonly<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const text of values) {
    const [from = "", to = "", ...more] = text.split(/=(?=\/)/).map(path => posix.normalize(path).replace(/(.)\/$/, "$1"));
    const isPath = (path: string) => /^\/[^:$"'\\\p{Cc}]+$/u.test(path);
    if (!isPath(from) || !isPath(to) || more.length > 0)
      throw usage(
        "--bind takes OLD=NEW, two absolute paths without quotes, colons and dollar signs.",
        "--bind /mnt/data=/mnt/data-training",
      );
    if (Object.hasOwn(result, from)) throw usage(`--bind gives ${from} twice.`, "give each folder once");
    if (Object.values(result).includes(to)) throw usage(`--bind gives ${to} to two folders.`, "give each folder its own");
    result[from] = to;
  }
  return result;
}

export interface PortFlags {
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  readonly port: readonly string[];
}

/** @throws OperatorError USAGE when a port is asked for twice */
export function portRequest({ httpPort, httpsPort, port }: PortFlags) {
  const ports = portSettings(port);
  const places = ports.map(portPlace);
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice !== undefined) throw usage(`--port gives ${twice} twice.`, "give each port of a service once");
  const hosts = [
    ...[httpPort, httpsPort].flatMap(host => (host === undefined ? [] : [`${host}/tcp`])),
    ...ports.map(({ host, protocol }) => `${host}/${protocol}`),
  ];
  const shared = hosts.find((host, index) => hosts.indexOf(host) !== index);
  if (shared !== undefined)
    throw usage(`Port ${shared.replace("/tcp", "")} is given to two things at once.`, "give each its own port");
  return { http: httpPort, https: httpsPort, ports };
}
