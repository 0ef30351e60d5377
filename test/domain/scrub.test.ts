import { describe, expect, it } from "vitest";
import { pairsOfEnv, pairsOfYaml, secretsAmong } from "../../src/domain/known-secrets.ts";
import { maskedCaddyfile, maskedEnv, maskedYaml } from "../../src/domain/masked-files.ts";
import { scrubberFor } from "../../src/domain/scrub.ts";

const PLAIN = "canary-7f3Kq9";
const ODD = "c&n<r\"y '$x/=+é %7%\\z";
const LINES = "first-canary-line\nsecond-canary-line";
const scrubber = scrubberFor([PLAIN, ODD, ...secretsAmong([["KEY", LINES]]).values]);

const base64 = (text: string) => Buffer.from(text).toString("base64");
const KEY = `-----BEGIN PRIVATE KEY-----\n${"QUJD".repeat(12)}\n-----END PRIVATE KEY-----`;

/** How a secret turns up in logs and files; each must be gone, whatever stands around it. */
const KNOWN: readonly (readonly [shape: string, text: string, of: string])[] = [
  ["by itself", PLAIN, PLAIN],
  ["in a sentence", `login failed with ${PLAIN}.`, PLAIN],
  ["twice in a line", `${PLAIN} is not ${PLAIN}`, PLAIN],
  ["as a variable of a command", `PGPASSWORD=${PLAIN} pg_dump -U me`, PLAIN],
  ["as an option", `mysql --password=${PLAIN} -u me`, PLAIN],
  ["in a URL", `postgres://me:${PLAIN}@db/graphistry`, PLAIN],
  ["in a URL, encoded", `postgres://me:${encodeURIComponent(ODD)}@db`, encodeURIComponent(ODD)],
  ["in a query", `GET /?token=${encodeURIComponent(ODD)}&x=1`, encodeURIComponent(ODD)],
  ["in a form", `a=${encodeURIComponent(ODD).replaceAll("%20", "+")}`, encodeURIComponent(ODD).replaceAll("%20", "+")],
  ["in small percent signs", `x ${encodeURIComponent(ODD).replaceAll(/%../g, each => each.toLowerCase())}`, "%26n%3cr"],
  ["in JSON", JSON.stringify({ said: ODD }), JSON.stringify(ODD).slice(1, -1)],
  ["in JSON in JSON", JSON.stringify(JSON.stringify({ said: ODD })), "c&n<r"],
  ["in ASCII JSON", JSON.stringify(ODD).replaceAll("é", "\\u00e9"), "c&n<r"],
  ["in HTML", "c&amp;n&lt;r&quot;y '$x/=+é %7%\\z", "c&amp;n"],
  ["in a compose file", ODD.replaceAll("$", "$$$$"), "c&n<r"],
  ["in SQL", `ALTER ROLE me PASSWORD '${ODD.replaceAll("'", "''")}'`, "c&n<r"],
  ["in shell quotes", `echo '${ODD.replaceAll("'", `'\\''`)}'`, "c&n<r"],
  ["in base64", base64(PLAIN), base64(PLAIN).slice(0, 12)],
  ["in a login's base64", `x ${base64(`me:${PLAIN}`)}`, base64(`me:${PLAIN}`).slice(4, 18)],
  ["in another login's base64", `x ${base64(`ab:${PLAIN}`)}`, base64(`ab:${PLAIN}`).slice(4, 18)],
  ["in a third login's base64", `x ${base64(`abc:${PLAIN}`)}`, base64(`abc:${PLAIN}`).slice(8, 18)],
  [
    "in base64 for URLs",
    Buffer.from(`~~~${ODD}`).toString("base64url"),
    Buffer.from(`~~~${ODD}`).toString("base64url").slice(4, 24),
  ],
  ["in hexadecimal digits", Buffer.from(PLAIN).toString("hex"), Buffer.from(PLAIN).toString("hex")],
  [
    "in capital hexadecimal digits",
    Buffer.from(PLAIN).toString("hex").toUpperCase(),
    Buffer.from(PLAIN).toString("hex").toUpperCase(),
  ],
  ["one line of several", "key: second-canary-line", "second-canary-line"],
  ["between ANSI colours", `\u001b[31m${PLAIN}\u001b[0m`, PLAIN],
  ["in a line with CRLF", `a ${PLAIN}\r\nb`, PLAIN],
  ["in a very long line", `${"x".repeat(5000)}${PLAIN}${"y".repeat(100_000)}`, PLAIN],
];

/** What nobody knows beforehand, told by its form. */
const FORMED: readonly (readonly [shape: string, text: string, of: string])[] = [
  ["a password in a URL", "redis://:s3cr3t-unknown@cache:6379", "s3cr3t-unknown"],
  ["an Authorization header", "Authorization: Basic dW5rbm93bjp1bmtub3du", "dW5rbm93bjp1bmtub3du"],
  ["a bearer token in JSON", '{"authorization":"Bearer unknown-unknown"}', "unknown-unknown"],
  ["a cookie", "Set-Cookie: session=unknown-session; Path=/", "unknown-session"],
  ["an API key header", "x-api-key: unknown-key", "unknown-key"],
  ["a setting", "POSTGRES_PASSWORD=unknown-value", "unknown-value"],
  ["a setting among others", "DB=host=db user=x password=unknown-value", "unknown-value"],
  ["an address that lets in", "SENTRY_DSN=https://sentry.example/unknown-value", "unknown-value"],
  ["a token in the place of a user", "see https://unknown-value@sentry.example/7", "unknown-value"],
  ["a hook", "posts to https://hooks.slack.com/services/T000/B000/unknown1", "unknown1"],
  ["a token by how it begins", "X=ghp_unknownvalue", "unknownvalue"],
  ["a personal token", "GH_PAT=unknown-value", "unknown-value"],
  ["a header of a proxy", "header_up X-Api-Key unknown-value", "unknown-value"],
  ["a setting in YAML", "  DJANGO_SECRET_KEY: 'unknown value'", "unknown value"],
  ["a setting in a list", '- "SPLUNK_TOKEN=unknown-value"', "unknown-value"],
  ["a setting behind another", "{ USER: me, PASSWORD: unknown-value }", "unknown-value"],
  ["a setting in a comment", "# old: POSTGRES_PASSWORD=unknown-value", "unknown-value"],
  ["an option with a blank", "vault --token unknown-token --x", "unknown-token"],
  ["an option in quotes", "tool --db-password 'two words'", "two words"],
  ["a bcrypt hash", "me $2a$14$abcdefghijklmnopqrstuu", "abcdefghijklmnopqrstuu"],
  ["an argon2 hash", "me $argon2id$v=19$m=47104,t=1,p=1$P2nzckEd", "P2nzckEd"],
  ["a bcrypt hash in base64", `me ${base64("$2a$14$abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN")}`, "JDJhJDE0"],
  ["a private key", `before\n${KEY}\nafter`, "QUJDQUJD"],
  ["a private key that was cut off", KEY.slice(0, 60), "QUJDQUJD"],
  ["a key of age", `AGE-SECRET-KEY-1${"Q".repeat(58)}`, "QQQQQQQQ"],
  ["a web token", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP", "eyJzdWIi"],
  [
    "rows in Postgres's log",
    "2026-01-01T00:00:00.1Z ERROR: x\n2026-01-01T00:00:00.1Z DETAIL:  Key (mail)=(ann@example.com) exists.",
    "ann@example.com",
  ],
  ["a statement of several lines", "STATEMENT:  insert into t\n\tvalues ('rows')\nLOG: next", "rows"],
  [
    "a statement of several lines with times",
    "2026-01-01T00:00:00.1Z STATEMENT:  insert\n2026-01-01T00:00:00.1Z \tvalues ('rows')",
    "rows",
  ],
];

describe("F72 a text loses its secrets", () => {
  it.each(KNOWN)("%s", (_, text, of) => {
    expect(text.includes(of)).toBe(true);
    const left = scrubber.text(text);
    expect(left).not.toContain(of);
    expect(left).toContain("***");
    expect(scrubber.leaks(left)).toEqual([]);
  });

  it.each(KNOWN)("and one that is left is found: %s", (_, text) => {
    expect(scrubber.leaks(text)).not.toEqual([]);
    expect(JSON.stringify(scrubber.leaks(text))).not.toContain("canary");
  });

  it.each(FORMED)("nobody knows: %s", (_, text, of) => {
    expect(text.includes(of)).toBe(true);
    expect(scrubber.text(text)).not.toContain(of);
  });

  it("and keeps what is none", () => {
    const harmless = "2026-01-01T00:00:00Z nexus  | started in 3.2 s, listening on http://0.0.0.0:8000/path?x=1\nERROR: no rows";
    expect(scrubber.text(harmless)).toBe(harmless);
    expect(scrubber.leaks(harmless)).toEqual([]);
    expect(scrubber.text("a\nSTATEMENT:  select 1\nb")).toBe("a\nSTATEMENT:  [left out]\nb");
  });

  it("also as a value of JSON, in keys, and in what is in it", () => {
    const value = { a: [`x ${PLAIN}`, 7, null], POSTGRES_PASSWORD: "unknown", [PLAIN]: true, deep: { TOKENS: ["unknown"] } };
    expect(scrubber.json(value)).toEqual({
      a: ["x ***", 7, null],
      POSTGRES_PASSWORD: "***",
      "***": true,
      deep: { TOKENS: ["unknown"] },
    });
  });

  it("of which one is a part of another", () => {
    expect(scrubberFor(["canary", "canary-long-one"]).text("is canary-long-one")).toBe("is ***");
  });
});

const ENV = `# the old one: POSTGRES_PASSWORD='old canary'
POSTGRES_PASSWORD=${PLAIN} # a comment with comment-canary
export DJANGO_SECRET_KEY="quoted canary"
DATABASE_URL=postgres://me:url%2Dcanary@db/x
PRIVATE_KEY='first-canary-line
second-canary-line'
USE_TOKEN=true
SHORT_KEY=abc
HTTP_PORT=8080
#commented with words-canary
POSTGRES_PASSWORD=the-last-canary
`;

describe("secrets are known", () => {
  it("of an env file: of every assignment, in URLs, of several lines, and commented out", () => {
    const { values, tooShort } = secretsAmong(pairsOfEnv(ENV));
    for (const secret of [
      PLAIN,
      "old canary",
      "quoted canary",
      "url-canary",
      "url%2Dcanary",
      "first-canary-line",
      "second-canary-line",
      "the-last-canary",
    ])
      expect(values.join("|"), secret).toContain(secret);
    expect(values).not.toContain("true");
    expect(values).not.toContain("8080");
    expect(tooShort).toBeGreaterThan(0);
  });

  it("of an env file that Compose cannot read", () => {
    expect(secretsAmong(pairsOfEnv("A KEY=x\nMY_TOKEN='never closed canary\n")).values).toContain("'never closed canary");
  });

  it("of a compose file: mappings, lists, blocks, anchors and URLs", () => {
    const text = `x-env: &env { SPLUNK_TOKEN: "anchored-canary" }
services:
  web:
    environment: [ "API_KEY=listed-canary", PLAIN=word ]
    command: tool --to postgres://me:command-canary@db
  db:
    environment:
      <<: *env
      POSTGRES_PASSWORD: mapped-canary
      TLS_KEY: |
        block-canary-1
        block-canary-2
`;
    const { values } = secretsAmong(pairsOfYaml(text));
    for (const secret of [
      "anchored-canary",
      "listed-canary",
      "command-canary",
      "mapped-canary",
      "block-canary-1",
      "block-canary-2",
    ])
      expect(values, secret).toContain(secret);
    expect(values).not.toContain("word");
  });

  it("but not words that every manual is full of", () => {
    expect(
      secretsAmong([
        ["PASSWORD", "password"],
        ["SECRET_KEY", "changeme"],
        ["TOKEN", ""],
      ]),
    ).toEqual({ values: [], tooShort: 0 });
  });
});

describe("files of settings", () => {
  const own = scrubberFor(secretsAmong(pairsOfEnv(ENV)).values);

  it("an env file keeps its keys, and no comment and no secret", () => {
    const masked = maskedEnv(ENV, own);
    expect(masked).not.toMatch(/canary/);
    expect(masked).toContain("POSTGRES_PASSWORD=***\n");
    expect(masked).toContain("HTTP_PORT=8080\n");
    expect(masked).toContain("DATABASE_URL=postgres://me:***@db/x\n");
    expect(masked.split("\n")).toHaveLength(8);
  });

  it("a compose file keeps its form, and no comment and no secret", () => {
    const text = `# top-canary
services:
  web: # side-canary
    image: web:1
    environment:
      POSTGRES_PASSWORD: mapped-canary # behind-canary
      TLS_KEY: |
        block-canary
      PORT: 8080
      PLAIN: \${POSTGRES_PASSWORD}
    # before-canary
    command: [ "run", "--token=option-canary" ]
    labels: [ "traefik.auth=me:$$2y$$05$$labelcanary" ]
`;
    const masked = maskedYaml(text, scrubberFor(secretsAmong(pairsOfYaml(text)).values)) ?? "";
    expect(masked).not.toMatch(/canary/);
    expect(masked).toContain("image: web:1");
    expect(masked).toContain("PORT: 8080");
    expect(masked).toContain("${POSTGRES_PASSWORD}");
    expect(maskedYaml("a: [", own)).toBeNull();
  });

  it("a Caddyfile keeps its sites, and no comment, no user's hash and no token", () => {
    const text = `# top-canary
example.com { # side-canary
  tls /data/ssl/x.pem /data/ssl/x.key
  basic_auth /admin/* {
    ann JDJhJDE0JGNhbmFyeWNhbmFyeQ plain-canary
  }
  reverse_proxy nexus:8000 {
    header_up Authorization "Basic canary"
  }
}
other.com {
  tls { dns cloudflare token-canary
  }
  api_token word-canary
  respond "fine"
}
`;
    const masked = maskedCaddyfile(text, own);
    expect(masked).not.toMatch(/canary|JDJhJDE0/);
    expect(masked).toContain("ann ***");
    for (const kept of ["example.com {", "tls /data/ssl/x.pem", "reverse_proxy nexus:8000 {", 'respond "fine"'])
      expect(masked).toContain(kept);
  });
});
