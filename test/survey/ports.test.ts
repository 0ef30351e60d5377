import { describe, expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import type { Product } from "../../src/domain/product.ts";
import { portWishes } from "../../src/survey/install.ts";
import { choosePorts } from "../../src/survey/ports.ts";

const PRODUCT = { ports: { http: { service: "caddy", container: 80 }, https: { service: "caddy", container: 443 } } } as Product;
type Protocol = "tcp" | "udp";

const model = (...ports: readonly string[]): ComposeModel =>
  ({
    services: {
      caddy: {
        ports: ports.map(text => {
          const [, address, published, target, protocol = "tcp"] = /^(?:(.*)@)?([\d-]+):(\d+)(?:\/(udp))?$/.exec(text) ?? [];
          return { published, target: Number(target), protocol, ...(address === undefined ? {} : { host_ip: address }) };
        }),
      },
    },
  }) as unknown as ComposeModel;

const world = (taken: Partial<Record<Protocol, readonly number[]>>) => ({
  ports: {
    taken: async (asked: readonly number[], protocol: Protocol = "tcp") =>
      new Set(asked.filter(port => taken[protocol]?.includes(port))),
    ask: async () => null,
  },
});

const port = (text: string) => {
  const [, container, protocol = "tcp", host] = /^(\d+)(?:\/(udp))?=(\d+)$/.exec(text) ?? [];
  return { service: "caddy", container: Number(container), protocol: protocol as Protocol, host: Number(host) };
};

async function chosen(
  ports: readonly string[],
  {
    taken = {},
    https,
    asked = [],
  }: { taken?: Partial<Record<Protocol, readonly number[]>>; https?: number; asked?: string[] } = {},
) {
  const wishes = portWishes(model(...ports), PRODUCT, { http: undefined, https, ports: asked.map(port) });
  const choices = await choosePorts(world(taken), wishes, new Set());
  return choices.map(({ container, protocol, host, isTaken }) => `${host}:${container}/${protocol}${isTaken ? " taken" : ""}`);
}

describe("a port by TCP and UDP, as HTTP/3 wants it", () => {
  const both = ["80:80", "443:443", "443:443/udp"];

  it("stays one number", async () => {
    expect(await chosen(both)).toEqual(["80:80/tcp", "443:443/tcp", "443:443/udp"]);
    expect(await chosen(both, { taken: { tcp: [80, 443] } })).toEqual(["8080:80/tcp", "8443:443/tcp", "8443:443/udp"]);
  });

  it("is free only where both are", async () => {
    expect(await chosen(both, { taken: { udp: [443, 8443] } })).toEqual(["80:80/tcp", "8444:443/tcp", "8444:443/udp"]);
    expect(await chosen(["443:443"], { taken: { udp: [443] } })).toEqual(["443:443/tcp"]);
  });

  it("follows what is said of one of them", async () => {
    const own = ["80:80/tcp", "9443:443/tcp", "9443:443/udp"];
    expect(await chosen(both, { asked: ["443=9443"] })).toEqual(own);
    expect(await chosen(both, { asked: ["443/udp=9443"] })).toEqual(own);
    expect(await chosen(both, { https: 9443 })).toEqual(own);
    expect(await chosen(both, { asked: ["443=9443", "443/udp=9444"] })).toEqual(["80:80/tcp", "9443:443/tcp", "9444:443/udp"]);
    expect(await chosen(both, { asked: ["443=9443"], taken: { udp: [9443] } })).toEqual([
      "80:80/tcp",
      "9443:443/tcp taken",
      "9443:443/udp taken",
    ]);
  });
});

it("gives a port that is published twice two numbers, the first of which may be said", async () => {
  expect(await chosen(["8080:80", "8082:80"])).toEqual(["8080:80/tcp", "8082:80/tcp"]);
  expect(await chosen(["8080:80", "8082:80"], { asked: ["80=9000"] })).toEqual(["9000:80/tcp", "8082:80/tcp"]);
  expect(await chosen(["8080:80", "8082:80"], { asked: ["80=8082"] })).toEqual(["8082:80/tcp", "8083:80/tcp"]);
});

it("keeps one number for one port at several addresses", async () => {
  const own = ["127.0.0.1@8080:80", "::1@8080:80"];
  expect(await chosen(own, { taken: { tcp: [8080] } })).toEqual(["8081:80/tcp", "8081:80/tcp"]);
});

it("gives a range for one container port one number, the first that is free", async () => {
  expect(await chosen(["14300-14310:99"])).toEqual(["14300:99/tcp"]);
  expect(await chosen(["14300-14310:99"], { taken: { tcp: [14_300] } })).toEqual(["14301:99/tcp"]);
});
