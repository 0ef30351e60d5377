import { describe, expect, it } from "vitest";
import { maskedYaml, withoutCaddySecret } from "../../src/domain/masked-files.ts";
import { entriesOf, isSecretKey } from "../../src/domain/merge-keys.ts";
import { maskFor } from "../../src/domain/merge-mask.ts";
import { scrubberFor } from "../../src/domain/scrub.ts";
import { withoutPatterns } from "../../src/domain/secret-patterns.ts";

const KEY = "-----BEGIN PRIVATE KEY-----\nLeak1\nLeak2\n-----END PRIVATE KEY-----";

describe("a secret by its form", () => {
  it.each([
    KEY,
    "-----BEGIN RSA PRIVATE KEY-----\\nLeak\\n-----END RSA PRIVATE KEY-----",
    "curl -u joe:Leak https://x",
    "curl --user=joe:Leak https://x",
    'command: ["serve", "--password", "Leak", "--port", "80"]',
    "command: [serve, --api-key, Leak]",
    "command: serve --token 'Leak me'",
    "traefik.basicauth: joe:$$apr1$$Leak$$Leak",
    "joe:$apr1$Leak$Leak",
  ])("%j is not shown, wherever it stands", text => {
    expect(withoutPatterns(text)).not.toContain("Leak");
    expect(scrubberFor([]).text(text)).not.toContain("Leak");
  });

  it.each(["--port 80", "-u joe", "docker run -u 999:999x", "https://example.com:8443/", "a Basic"])("%j is none", text => {
    expect(withoutPatterns(text)).toBe(text);
  });

  it("stands in a key as well whose name says nothing, in each of its lines", () => {
    const mask = maskFor([entriesOf(`PRIV="${KEY}"\nSITE=x\n`, ".env")]);
    expect(mask.value("PRIV", KEY)).toBe(null);
    expect(mask.value("SITE", "x")).toBe("x");
    expect(["+Leak1", "+Leak2", "+other"].map(line => mask.line(line))).toEqual(["+***", "+***", "+other"]);
  });

  it("is what a key holds that lets somebody in", () => {
    expect(["BASIC_AUTH", "AUTH", "PIN", "SESSION", "APP_LICENSE", "COOKIE", "HTPASSWD"].filter(isSecretKey)).toHaveLength(7);
    expect(["AUTHOR", "SPIN", "LICENSE_FILE_PATH", "SESSION_SECONDS", "AUTH_URL", "PINS"].filter(isSecretKey)).toEqual([]);
  });
});

it("of a list in a compose file the word behind an option goes", () => {
  const text =
    'services:\n  a:\n    command:\n      - serve\n      - --db-password\n      - Leak\n      - --port\n      - "80"\n';
  const shown = maskedYaml(text, scrubberFor([]));
  expect(shown).not.toContain("Leak");
  expect(shown).toMatch(/- --db-password\n\s+- "?\*\*\*"?\n\s+- --port\n\s+- "80"/);
});

it("of a Caddyfile's difference the tokens of those who run name servers go", () => {
  expect(["+    dns cloudflare Leak", "-  acme_dns route53 Leak {", "+  respond ok"].map(withoutCaddySecret)).toEqual([
    "+    dns cloudflare ***",
    "-  acme_dns route53 ***",
    "+  respond ok",
  ]);
});
