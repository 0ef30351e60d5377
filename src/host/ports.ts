import { connect, createServer } from "node:net";
import { isCode } from "./node-disk.ts";
import type { Ports } from "./world.ts";

const PROBE_TIMEOUT_MS = 500;

/** `null` when the question cannot be asked this way: no right to bind low ports, no IPv6. */
const canBind = (port: number, host: string): Promise<boolean | null> =>
  new Promise(resolve => {
    const server = createServer();
    server.once("error", error => resolve(isCode(error, "EADDRINUSE") ? false : null));
    server.listen({ port, host, exclusive: true, ...(host === "::" ? { ipv6Only: true } : {}) }, () =>
      server.close(() => resolve(true)),
    );
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

export const ports: Ports = {
  async taken(asked) {
    const taken = new Set<number>();
    for (const port of new Set(asked)) {
      const four = await canBind(port, "0.0.0.0");
      const six = await canBind(port, "::");
      if (four === false || six === false || (four === null && (await answers(port)))) taken.add(port);
    }
    return taken;
  },
};
