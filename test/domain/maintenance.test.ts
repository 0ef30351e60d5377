import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { caddyfilePath, maintenanceName, maintenancePage } from "../../src/domain/maintenance.ts";
import type { Product } from "../../src/domain/product.ts";
import { parseProduct } from "../../src/domain/product-file.ts";
import { templates } from "../simulator/maintenance.ts";

const root = join(import.meta.dirname, "../..");
const product = parseProduct(readFileSync(join(root, "templates/products/graphistry.yml"), "utf8"), "graphistry.yml");
const modelOf = (layout: "legacy" | "modern") =>
  JSON.parse(readFileSync(join(root, `test/fixtures/compose/${layout}/model.json`), "utf8")) as ComposeModel;
const shortly = { caddyfile: "{{options}}\n{{sites}}", page: "" };
const page = (caddyfile: string | null, model = modelOf("legacy"), of: Product = product) =>
  maintenancePage({ instance: "v2.22.2", product: of, model, caddyfile }, shortly);
const withFront = (over: Partial<ComposeModel["services"][string]>): ComposeModel => {
  const model = modelOf("legacy");
  return { ...model, services: { ...model.services, caddy: { ...model.services["caddy"], ...over } } };
};
const PLAIN = ":80 {\n  reverse_proxy nginx:80\n}\n";
const ALL = { address: "0.0.0.0" };

describe("the maintenance page", () => {
  it("says in plain words that the product comes back, and answers 503 whatever is asked for", () => {
    const { caddyfile } = maintenancePage(
      {
        instance: "v2.22.2",
        product,
        model: modelOf("legacy"),
        caddyfile: `${PLAIN}:443 {\n tls /root/.caddy/c /root/.caddy/k\n}`,
      },
      templates,
    )!;
    expect(caddyfile).toMatchInlineSnapshot(`
      "# The maintenance page of v2.22.2, written by graph-mgr. Whatever is asked for, the answer is "not now".
      {
      	admin off
      	auto_https off
      }

      (page) {
      	header {
      		Retry-After 30
      		Cache-Control no-store
      		Content-Type "text/html; charset=utf-8"
      	}
      	respond \`<!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="robots" content="noindex">
      <meta http-equiv="refresh" content="30">
      <title>Back soon</title>
      <style>
        :root { color-scheme: light dark }
        body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center; font: 1.125rem/1.6 system-ui, sans-serif }
        main { max-width: 32rem; padding: 2rem 1.25rem }
        h1 { margin: 0 0 .5rem; font-size: 2rem; line-height: 1.2 }
        p { margin: 0 0 .75rem }
      </style>
      </head>
      <body>
      <main>
      <h1>Back soon</h1>
      <p>This service is being updated and will be back. There is nothing that you have to do.</p>
      <p>This page looks again every 30 seconds and goes away by itself.</p>
      </main>
      </body>
      </html>\` 503
      }

      http://:80 {
      	import page
      }

      https://:443 {
      	tls /root/.caddy/c /root/.caddy/k
      	import page
      }

      "
    `);
  });

  it("needs nothing from elsewhere: no script, no link, no image, no font", () => {
    expect(templates.page).not.toMatch(/<(script|link|img|iframe)|url\(|https?:|@import|`/i);
    expect(templates.page).toMatch(/<meta name="viewport"/);
  });

  it.each(["legacy", "modern"] as const)("of a %s release is on the front's ports, with all that the front mounts", layout => {
    const at = { legacy: "/root/.caddy", modern: "/data" }[layout];
    const found = page(`${PLAIN}:443 {\n  tls ${at}/my.crt ${at}/my.key\n}`, modelOf(layout))!;
    expect(found.service).toBe("caddy");
    expect(found.ports).toEqual([
      { host: 80, container: 80, ...ALL, tls: false },
      { host: 443, container: 443, ...ALL, tls: true },
    ]);
    expect(found.mounts).toEqual(
      {
        legacy: [{ type: "bind", source: "/srv/v2.22.2/.caddy", target: "/root/.caddy" }],
        modern: [
          { type: "bind", source: "/srv/v2.45.11/data/caddy/config", target: "/config" },
          { type: "bind", source: "/srv/v2.45.11/data/caddy/data", target: "/data" },
        ],
      }[layout],
    );
    expect(found.notes).toEqual([]);
    expect(found.caddyfile).toContain(`https://:443 {\n\ttls ${at}/my.crt ${at}/my.key\n\timport page\n}`);
    expect(caddyfilePath(product, modelOf(layout))).toBe(
      { legacy: "/srv/v2.22.2/Caddyfile", modern: "/srv/v2.45.11/data/config/Caddyfile" }[layout],
    );
  });

  it("has each host's own certificate, and the first for whoever asks for another", () => {
    const found = page(`a.com {\n tls /c/a.crt /c/a.key\n}\nb.com {\n tls "/c/b b.crt" /c/b.key\n}\nc.com {\n}`)!;
    expect(found.caddyfile).toMatchInlineSnapshot(`
      "	auto_https off

      http://:80 {
      	import page
      }

      https://a.com:443 {
      	tls /c/a.crt /c/a.key
      	import page
      }

      https://b.com:443 {
      	tls "/c/b b.crt" /c/b.key
      	import page
      }

      https://:443 {
      	tls /c/a.crt /c/a.key
      	import page
      }
      "
    `);
    expect(found.notes).toMatchInlineSnapshot(`
      [
        "The maintenance page of v2.22.2 has another's certificate for c.com, because the Caddyfile names none.",
      ]
    `);
  });

  it("makes itself a certificate where the Caddyfile names none, asks nobody for one, and says so", () => {
    const found = page(PLAIN)!;
    expect(found.caddyfile).toMatchInlineSnapshot(`
      "	auto_https disable_redirects
      	local_certs
      	skip_install_trust
      	storage file_system /tmp/caddy

      http://:80 {
      	import page
      }

      https://:443 {
      	tls internal {
      		on_demand
      	}
      	import page
      }
      "
    `);
    expect(found.notes).toMatchInlineSnapshot(`
      [
        "The maintenance page of v2.22.2 has a certificate of its own on https (port 443 of its container), which browsers warn of: the Caddyfile names no files of one there.",
      ]
    `);
    expect(found.mounts).toEqual([]);
  });

  it.each([null, "import sites/*"])("is on http only where the Caddyfile is not to be understood: %j", caddyfile => {
    const found = page(caddyfile)!;
    expect(found.ports).toEqual([{ host: 80, container: 80, ...ALL, tls: false }]);
    expect(found.caddyfile).not.toContain("https://");
    expect(found.notes).toEqual([
      "The Caddyfile of v2.22.2 could not be understood, so its maintenance page is on http only; nobody answers on https (443) meanwhile.",
    ]);
  });

  it("takes ports as they are: other numbers, one address, several for one, no UDP and nobody else's", () => {
    const ports = [
      { target: 80, published: "8080", protocol: "tcp", host_ip: "127.0.0.1" },
      { target: 80, published: "8081", protocol: "tcp" },
      { target: 443, published: "8443", protocol: "tcp" },
      { target: 443, published: "8443", protocol: "udp" },
      { target: 9000, protocol: "tcp" },
      { target: 8443, published: "9443", protocol: "tcp" },
    ];
    const model = withFront({ ports });
    const busy: ComposeModel = {
      ...model,
      services: { ...model.services, postgres: { ...model.services["postgres"], ports: [{ target: 5432, published: "5432" }] } },
    };
    const found = page(`:8443 {\n}\n:443 {\n}`, busy)!;
    expect(found.ports).toEqual([
      { host: 8080, container: 80, address: "127.0.0.1", tls: false },
      { host: 8081, container: 80, ...ALL, tls: false },
      { host: 8443, container: 443, ...ALL, tls: true },
      { host: 9443, container: 8443, ...ALL, tls: false },
    ]);
    expect(found.caddyfile.match(/^\S+ \{$/gm)).toEqual(["http://:80 {", "https://:443 {", "http://:8443 {"]);
  });

  it("mounts volumes by the names that Docker knows, and neither sockets nor the front's own Caddyfile", () => {
    const model = withFront({
      volumes: [
        { type: "volume", source: "certs", target: "/certs" },
        { type: "bind", source: "/srv/a$$b", target: "/b" },
        { type: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock" },
        { type: "bind", source: "/srv/caddy", target: "/etc/caddy" },
        { type: "tmpfs", target: "/scratch" },
      ],
    });
    const named = { ...model, volumes: { ...model.volumes, certs: { name: "v2_22_2_certs" } } };
    expect(page(":443 {\n tls /certs/c /certs/k\n}", named)!.mounts).toEqual([
      { type: "volume", source: "v2_22_2_certs", target: "/certs" },
      { type: "bind", source: "/srv/a$b", target: "/b" },
    ]);
    expect(caddyfilePath(product, named)).toBe("/srv/caddy/Caddyfile");
    expect(caddyfilePath(product, withFront({ volumes: [] }))).toBeNull();
  });

  it.each<[string, Product, ComposeModel]>([
    ["a product that names no service for it", { ...product, maintenance: null }, modelOf("legacy")],
    ["a release without that service", { ...product, maintenance: { service: "front" } }, modelOf("legacy")],
    ["a front that publishes nothing", product, withFront({ ports: [] })],
  ])("there is none for %s", (_, of, model) => {
    expect(page(PLAIN, model, of)).toBeNull();
  });

  it("its container is named after the instance", () => {
    expect(maintenanceName("v2_22_2")).toBe("graph-mgr-v2_22_2-maintenance");
  });
});
