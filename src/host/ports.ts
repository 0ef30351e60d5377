import { createSocket } from "node:dgram";
import { request as askPlainly } from "node:http";
import { request as askOverTls } from "node:https";
import { connect, createServer } from "node:net";
import { isCode } from "./node-disk.ts";
import type { PortAnswer, PortQuestion, Ports } from "./world.ts";

const PROBE_TIMEOUT_MS = 500;
const ANSWER_TIMEOUT_MS = 2000;

/** `null` when the question cannot be asked this way: no right to bind low ports, no IPv6. */
const canBind = (port: number, host: string): Promise<boolean | null> =>
  new Promise(resolve => {
    const server = createServer();
    server.once("error", error => resolve(isCode(error, "EADDRINUSE") ? false : null));
    server.listen({ port, host, exclusive: true, ...(host === "::" ? { ipv6Only: true } : {}) }, () =>
      server.close(() => resolve(true)),
    );
  });

/** The same for UDP. */
const canBindUdp = (port: number, host: string): Promise<boolean | null> =>
  new Promise(resolve => {
    const isSix = host === "::";
    const socket = createSocket({ type: isSix ? "udp6" : "udp4", ipv6Only: isSix });
    socket.once("error", error => {
      socket.close();
      resolve(isCode(error, "EADDRINUSE") ? false : null);
    });
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
  });

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ port, host: "127.0.0.1", timeout: PROBE_TIMEOUT_MS });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });

const ask = ({ port, tls, path, host, address = "127.0.0.1" }: PortQuestion): Promise<PortAnswer | null> =>
  new Promise(resolve => {
    const request = (tls ? askOverTls : askPlainly)({
      host: address,
      port,
      path,
      // A connection that is kept would go on to the old server after the port has a new one.
      agent: false,
      headers: { host: host ?? address, connection: "close" },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(tls ? { servername: host ?? "", rejectUnauthorized: false } : {}),
    });
    request.once("response", response => {
      const { statusCode = 0, headers } = response;
      const header = (name: string) => headers[name]?.toString() ?? null;
      resolve({ status: statusCode, retryAfter: header("retry-after"), server: header("server") });
      response.destroy();
    });
    request.on("error", () => resolve(null));
    request.end();
  });

export const ports: Ports = {
  ask,
  async taken(asked, protocol = "tcp") {
    const isTcp = protocol === "tcp";
    const bind = isTcp ? canBind : canBindUdp;
    const taken = new Set<number>();
    for (const port of new Set(asked)) {
      const four = await bind(port, "0.0.0.0");
      const six = await bind(port, "::");
      // Who may not bind low ports can still knock; by UDP nobody need answer.
      if (four === false || six === false || (isTcp && four === null && (await answers(port)))) taken.add(port);
    }
    return taken;
  },
};
