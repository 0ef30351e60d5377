import { describe, expect, it } from "vitest";
import { caddySites } from "../../src/domain/caddyfile.ts";

const sites = (text: string, environment = {}) =>
  caddySites(text, environment)?.map(({ host, port, isTls, certificate }) =>
    [`${isTls ? "https" : "http"}://${host}:${port}`, ...(certificate ? [certificate.certificate, certificate.key] : [])].join(
      " ",
    ),
  ) ?? null;

describe("the sites of a Caddyfile", () => {
  it("are found by address, with the certificates that they name", () => {
    expect(
      sites(`# ours
{
  email ops@example.com
}
:80 {
  respond /caddy/health/ 200 {
    body "{\\"success\\": true}"
    close
  }
  reverse_proxy nginx:80
}
grph.example.com, *.grph.example.com {
  tls /root/.caddy/my.crt /root/.caddy/my.key {
    protocols tls1.2
  }
  reverse_proxy nginx:80
}
:443 {
  tls "/root/.caddy/a b.crt" \`/root/.caddy/a b.key\`
}
`),
    ).toEqual([
      "http://:80",
      "https://grph.example.com:443 /root/.caddy/my.crt /root/.caddy/my.key",
      "https://*.grph.example.com:443 /root/.caddy/my.crt /root/.caddy/my.key",
      "https://:443 /root/.caddy/a b.crt /root/.caddy/a b.key",
    ]);
  });

  it.each<[string, string, readonly string[] | null]>([
    [
      "a scheme decides",
      "http://a.com {\n}\nhttps://a.com:8443 {\n}\na.com:8080 {\n}",
      ["http://a.com:80", "https://a.com:8443", "https://a.com:8080"],
    ],
    [
      "without a host only a tls line makes another port https",
      ":8080 {\n}\n:9000 {\n tls c k\n}",
      ["http://:8080", "https://:9000 c k"],
    ],
    ["port 80 is never https", "a.com:80 {\n tls c k\n}", ["http://a.com:80"]],
    ["addresses go on after a comma", "a.com,\nb.com {\n tls c k\n}", ["https://a.com:443 c k", "https://b.com:443 c k"]],
    ["one site needs no braces", "a.com\n\ntls c k\nreverse_proxy x:80", ["https://a.com:443 c k"]],
    [
      "own usual ports",
      "{\n http_port 8080\n https_port 8443\n}\na.com {\n tls c k\n}\n:8080 {\n}",
      ["https://a.com:8443 c k", "http://:8080"],
    ],
    ["snippets in snippets", "(a) {\n tls c k\n}\n(b) {\n import a\n}\na.com {\n import b\n}", ["https://a.com:443 c k"]],
    ["snippets", "(ours) {\n tls {args.0} {args[1]}\n}\na.com {\n import ours c k\n}", ["https://a.com:443 c k"]],
    [
      "certificates that Caddy makes",
      "a.com {\n tls internal\n}\nb.com {\n tls me@b.com\n}\nc.com {\n}",
      ["https://a.com:443", "https://b.com:443", "https://c.com:443"],
    ],
    ["a file that only a running Caddy knows", "a.com {\n tls {env.CERT} k\n}", ["https://a.com:443"]],
    [
      "tls of something inside the site",
      "a.com {\n reverse_proxy x {\n  transport http {\n   tls c k\n  }\n }\n}",
      ["https://a.com:443"],
    ],
    [
      "braces and hashes in quotes, comments with braces",
      'a.com {\n respond "} # {" 200 # }\n tls c k\n respond `{\n}`\n}',
      ["https://a.com:443 c k"],
    ],
    ["heredocs", "a.com {\n respond <<HTML\n  }\n  HTML 200\n tls c k\n}", ["https://a.com:443 c k"]],
    ["lines that go on", "a.com {\n tls c \\\n  k\n}", ["https://a.com:443 c k"]],
    ["nothing at all", "", []],
  ])("%s", (_, text, expected) => {
    expect(sites(text)).toEqual(expected);
  });

  it("see the environment of their container", () => {
    const text = "{$SITE:localhost} {\n tls {$CERT} {$KEY:k}\n}";
    expect(sites(text, { CERT: "/c", SITE: "a.com" })).toEqual(["https://a.com:443 /c k"]);
    expect(sites(text, { CERT: "/c" })).toEqual(["https://localhost:443 /c k"]);
  });

  it.each([
    ["other files", "import sites/*"],
    ["other files in a site", "a.com {\n import tls.conf\n}"],
    ["a snippet of itself", "(a) {\n import a\n}\nb.com {\n import a\n}"],
    ["a brace too many", "a.com {\n}\n}"],
    ["a brace too few", "a.com {\n"],
    ["an open quote", 'a.com {\n respond "x\n}'],
    ["an address that is none", "{env.SITE} {\n}"],
    ["an address without a site", "a.com {\n}\nb.com,"],
    ["a line between sites", "a.com {\n}\nrespond 200"],
  ])("cannot be told of a file with %s", (_, text) => {
    expect(sites(text)).toBeNull();
  });
});
