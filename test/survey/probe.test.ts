import { expect, it } from "vitest";
import type { Product } from "../../src/domain/product.ts";
import type { PublishedPort } from "../../src/domain/shared-resources.ts";
import { probesOf } from "../../src/survey/probe.ts";

const product = {
  ports: { http: { service: "caddy", container: 80 }, https: { service: "caddy", container: 443 } },
} as Product;
const port = (container: number, host: number) => ({ service: "caddy", container, protocol: "tcp" as const, host });
const published = (container: number, address: string): PublishedPort => ({ ...port(container, container), address });

it("asks by http first, and by https where nobody need be behind the other", () => {
  expect(probesOf(product, [port(80, 8080), port(443, 8443)], [published(80, "0.0.0.0"), published(443, "::")])).toEqual({
    probe: { port: 8080, tls: false, path: "/" },
    otherProbe: { port: 8443, tls: true, path: "/" },
  });
  expect(probesOf(product, [port(443, 8443)], [])).toEqual({ probe: { port: 8443, tls: true, path: "/" }, otherProbe: null });
  expect(probesOf(product, [], [])).toEqual({ probe: null, otherProbe: null });
});

it("asks at the address on which the port is published alone", () => {
  expect(probesOf(product, [port(80, 8080)], [published(80, "10.0.0.5")]).probe).toEqual({
    port: 8080,
    tls: false,
    path: "/",
    address: "10.0.0.5",
  });
});
