import { createSocket as createUdp } from "node:dgram";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createSocket, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { ports } from "../../src/host/ports.ts";

const open: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
afterEach(() => {
  for (const { server, sockets } of open.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", socket => sockets.add(socket));
  open.push({ server, sockets });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
const web = (answer: RequestListener) => listening(createServer(answer));

it("a port is asked once, for the path and host that are given, and says its status and two headers", async () => {
  const asked: unknown[] = [];
  const port = await web((request, response) => {
    asked.push([request.method, request.url, request.headers.host]);
    response.writeHead(503, { "retry-after": "30", server: "Caddy" }).end("later");
  });
  expect(await ports.ask({ port, tls: false, path: "/a?b", host: "grph.example.com" })).toEqual({
    status: 503,
    retryAfter: "30",
    server: "Caddy",
  });
  expect(asked).toEqual([["GET", "/a?b", "grph.example.com"]]);
});

it("a redirect is not followed", async () => {
  let asked = 0;
  const port = await web((_, response) => {
    asked += 1;
    response.writeHead(308, { location: "/elsewhere" }).end();
  });
  expect(await ports.ask({ port, tls: false, path: "/" })).toEqual({ status: 308, retryAfter: null, server: null });
  expect(asked).toBe(1);
});

it("the headers are enough: an answer whose body never ends is an answer, and is not waited for", async () => {
  let hungUp: () => void = () => {};
  const over = new Promise<void>(resolve => {
    hungUp = resolve;
  });
  const port = await web((_, response) => void response.on("close", hungUp).writeHead(200).write("for ever"));
  const begun = performance.now();
  expect(await ports.ask({ port, tls: false, path: "/" })).toMatchObject({ status: 200 });
  await over;
  expect(performance.now() - begun).toBeLessThan(1500);
});

it("nobody, somebody who hangs up and somebody who is silent are no answer, and none takes long", async () => {
  const closed = await listening(createSocket(socket => socket.destroy()));
  const silent = await listening(createSocket());
  const free = await listening(createSocket());
  open.pop()?.server.close();
  const begun = performance.now();
  for (const port of [closed, free, silent]) expect(await ports.ask({ port, tls: false, path: "/" })).toBeNull();
  expect(await ports.ask({ port: closed, tls: true, path: "/" })).toBeNull();
  expect(performance.now() - begun).toBeLessThan(5000);
});

it("a server that speaks plain http does not answer over tls", async () => {
  const port = await web((_, response) => void response.end());
  expect(await ports.ask({ port, tls: true, path: "/" })).toBeNull();
});

it("UDP and TCP are looked at each for itself", async () => {
  const socket = createUdp("udp4");
  await new Promise<void>(resolve => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  expect([await ports.taken([port]), await ports.taken([port], "udp")]).toEqual([new Set(), new Set([port])]);
  await new Promise<void>(resolve => socket.close(() => resolve()));
  expect(await ports.taken([port], "udp")).toEqual(new Set());
  const listens = await web((_, response) => response.end());
  expect([await ports.taken([listens]), await ports.taken([listens], "udp")]).toEqual([new Set([listens]), new Set()]);
});
