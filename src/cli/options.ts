import type { Argv } from "yargs";
import { EXIT, OperatorError } from "../errors.ts";

const usage = (message: string, hint: string) => new OperatorError("USAGE", message, { exit: EXIT.usage, hint });

/** yargs gives NaN and exit 0 for `--http-port abc`. */
export function portNumber(flag: string) {
  return (value: unknown): number | undefined => {
    if (value === undefined) return undefined;
    const port = Number(value);
    if (/^\d+$/.test(String(value)) && port >= 1 && port <= 65_535) return port;
    throw usage(`--${flag} takes a port from 1 to 65535, not "${String(value).slice(0, 40)}".`, `--${flag} 8080`);
  };
}

/** `SERVICE:CONTAINER=HOST`, with `/udp` behind the container port where it is not TCP. */
export function portSettings(values: readonly string[]) {
  return values.map(text => {
    const match = /^([A-Za-z0-9][A-Za-z0-9._-]*):(\d+)(?:\/(tcp|udp))?=(\d+)$/.exec(text);
    const [, service = "", container = "", protocol = "tcp", host = ""] = match ?? [];
    if (!match) throw usage(`--port takes SERVICE:CONTAINER=HOST, not "${text.slice(0, 60)}".`, "--port caddy:80=8080");
    const [containerPort, hostPort] = [portNumber("port")(container), portNumber("port")(host)];
    return {
      service,
      container: containerPort ?? 0,
      protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const),
      host: hostPort ?? 0,
    };
  });
}

/** `KEY=VALUE` pairs; the message never repeats a value. */
export function settings(values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    values.map(text => {
      const at = text.indexOf("=");
      const key = text.slice(0, Math.max(at, 0));
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key))
        throw usage("--set takes KEY=VALUE, with a key of letters, digits and _.", "--set SPLUNK_HOST=splunk.example.com");
      if (/^COMPOSE_/.test(key)) throw usage(`${key} is set by graph-mgr itself.`, "leave it out");
      return [key, text.slice(at + 1)];
    }),
  );
}

export interface PortFlags {
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  readonly port: readonly string[];
}

export const portRequest = ({ httpPort, httpsPort, port }: PortFlags) => ({
  http: httpPort,
  https: httpsPort,
  ports: portSettings(port),
});

export const withPorts = <T>(yargs: Argv<T>) =>
  yargs
    .option("http-port", { describe: "Host port for http", coerce: portNumber("http-port"), type: "string" })
    .option("https-port", { describe: "Host port for https", coerce: portNumber("https-port"), type: "string" })
    .option("port", {
      describe: "Host port of one service: SERVICE:CONTAINER=HOST (may be repeated)",
      type: "string",
      array: true,
      default: [] as string[],
    });

export const withFailure = <T>(yargs: Argv<T>) =>
  yargs.option("on-failure", {
    describe: "What to do when a step fails: undo everything (exit 5), or stop there (exit 4); at a terminal it is asked",
    choices: ["undo", "stop"] as const,
  });

export const withInstance = <T>(yargs: Argv<T>) =>
  yargs.positional("instance", {
    describe: "An instance, e.g. v2.22.2 or v2.22.2-training; the current one unless named",
    type: "string",
  });
