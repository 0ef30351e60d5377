import { describe, expect, it } from "vitest";
import { EnvFile } from "../../src/domain/env-file.ts";
import { mergeConfiguration } from "../../src/domain/merge.ts";
import type { Resolutions } from "../../src/domain/merge-result.ts";
import { productSchema } from "../../src/domain/product.ts";
import { below, seeded } from "../simulator/random.ts";

const product = productSchema.parse({
  schema: 1,
  product: "thing",
  layouts: [{ layout: "only", versions: "*" }],
  secrets: [{ key: "POSTGRES_PASSWORD", defaults: ["password"] }],
});
const [layout] = product.layouts;

const env = (
  base: string,
  mine: string,
  theirs: string,
  more: { own?: string; resolve?: Resolutions; compose?: string } = {},
) => {
  const compose = more.compose === undefined ? {} : { "docker-compose.yml": more.compose };
  return mergeConfiguration({
    base: { ".env": base, ...compose },
    own: more.own === undefined ? {} : { ".env": more.own },
    mine: { ".env": mine },
    theirs: { ".env": theirs, ...compose },
    from: layout!,
    to: layout!,
    releases: { from: "v1.0.0", to: "v2.0.0" },
    product,
    compose: ["docker-compose.yml"],
    resolve: more.resolve ?? {},
  });
};
const text = (base: string, mine: string, theirs: string, more = {}): string => {
  const { texts, conflicts } = env(base, mine, theirs, more);
  expect(conflicts).toEqual([]);
  return texts[".env"] ?? theirs;
};
const said = (base: string, mine: string, theirs: string, more = {}): readonly string[] =>
  env(base, mine, theirs, more).decisions.map(({ what, say }) => `${what}: ${say}`);

describe("one key", () => {
  it.each([
    ["nobody changed it", "A=1\n", "A=1\n", "A=1\n", "A=1\n"],
    ["only the vendor did", "A=1\n", "A=1\n", "A=2\n", "A=2\n"],
    ["only the administrator did", "A=1\n", "A=x\n", "A=1\n", "A=x\n"],
    ["both did", "A=1\n", "A=x\n", "# new\nA=2 # two\n", "# new\nA=x # two\n"],
    ["both did the same", "A=1\n", "A=2\n", "A='2'\n", "A='2'\n"],
    ["it is only quoted otherwise", "A=1\n", "A='1'\n", "A=2\n", "A=2\n"],
    ["the administrator emptied it", "A=1\n", "A=\n", "A=2 # two\n", "A=\n# two\n"],
    ["the administrator took it out", "A=1\nB=1\n", "B=1\n", "# a\nA=1\nB=2\n", "# a\nB=2\n"],
    ["the vendor took it out", "A=1\nB=1\n", "A=1\nB=1\n", "B=1\n", "B=1\n"],
    ["the vendor took out what was edited", "A=1\nB=1\n", "A=x\nB=1\n", "B=2\n", "B=2\nA=x\n"],
    ["both added it", "", "A=x\n", "A=2\n", "A=x\n"],
    ["the vendor added it with its comment", "B=1\n", "B=1\n", "B=1\n# about A\nA=1\n", "B=1\n# about A\nA=1\n"],
    ["the administrator added it with his comment", "B=1\n", "B=1\n# mine\nA=x # y\n", "B=2", "B=2\n# mine\nA=x # y\n"],
    ["a comment of the vendor's does not come twice", "#A=1\n", "#A=1\nA=x\n", "#A=1\n#B=1\n", "#A=1\n#B=1\nA=x\n"],
  ])("%s", (_, base, mine, theirs, result) => {
    expect(text(base, mine, theirs)).toBe(result);
  });

  it("an edit wins over a changed default, and that is said", () => {
    expect(said("A=1\n", "A=x\n", "A=2\n")).toEqual([
      "kept-over-default: A stays x, as you set it; the vendor's default changed from 1 to 2.",
    ]);
    expect(said("", "A=x\n", "A=2\n")).toEqual([
      "kept-over-default: A stays x, as you set it; the new release has a default of its own, 2.",
    ]);
    expect(said("A=1\n", "A=x\n", "B=2\n")).toEqual([
      "new: B is new: 2.",
      "kept-unknown: A stays x, as you set it, though the new release no longer has this key.",
    ]);
  });

  it("F38 COMPOSE_* is never carried, the release's own number and what names images never stay", () => {
    const compose = "services: { a: { image: 'x/${REGISTRY:-y}:${TAG}' } }\n";
    const base = "TAG=1.0.0\nBUILD=v1.0.0\nREGISTRY=a\n";
    const mine = "COMPOSE_PROJECT_NAME=old\nCOMPOSE_FILE=a.yml\nTAG=1.0.0-hotfix\nBUILD=v0.9.0\nREGISTRY=b\n";
    const theirs = "TAG=2.0.0\nBUILD=v2.0.0\nREGISTRY=c\n";
    expect(text(base, mine, theirs, { compose, own: `COMPOSE_PROJECT_NAME=old\n${base}` })).toBe(theirs);
    expect(said(base, mine, theirs, { compose, own: `COMPOSE_PROJECT_NAME=old\n${base}` })).toMatchInlineSnapshot(`
      [
        "vendor: TAG is not carried: it belongs to the release.",
        "vendor: BUILD is not carried: it belongs to the release.",
        "vendor: REGISTRY is not carried: it belongs to the release.",
        "vendor: COMPOSE_FILE is not carried: it belongs to the release, and the new one does not set it.",
      ]
    `);
    // An edit of what only looks like it is carried.
    expect(text("A=1.0.0\n", "A=1.0.1\n", "A=1.5.0\n", { compose })).toBe("A=1.0.1\n");
  });

  it("what graph-mgr set itself is no edit", () => {
    expect(text("PORT=80\n", "PORT=8080\n", "PORT=81\n", { own: "PORT=8080\n" })).toBe("PORT=81\n");
    expect(text("PORT=80\n", "PORT=9090\n", "PORT=81\n", { own: "PORT=8080\n" })).toBe("PORT=9090\n");
  });

  it("takes the side that --resolve names, also where there is no conflict", () => {
    const by = (resolve: Resolutions) => text("A=1\n", "A=x\n", "A=2\n", { resolve });
    expect([by({ ".env:A": "mine" }), by({ ".env:A": "theirs" }), by({ ".env:A": { text: "it's" } })]).toEqual([
      "A=x\n",
      "A=2\n",
      `A="it's"\n`,
    ]);
  });
});

describe("what data depends on", () => {
  it("is carried even when it equals the old default, or the new release no longer has it", () => {
    const base = "POSTGRES_PASSWORD=password\nPOSTGRES_USER=app\nPOSTGRES_DB=app\nAPI_SALT=x\nLOG=1\n";
    const theirs = "POSTGRES_PASSWORD=changeme\nPOSTGRES_USER=web\nPOSTGRES_DB=web\nLOG=2\n";
    expect(text(base, base, theirs)).toBe("POSTGRES_PASSWORD=password\nPOSTGRES_USER=app\nPOSTGRES_DB=app\nLOG=2\nAPI_SALT=x\n");
  });

  const short = ["SMTP_PASS", "DB_PASS", "LDAP_PWD", "LDAP_BIND_PW", "PGPASS", "DBPASS", "smtp_pass"];

  it.each(short)("is a secret by the name of %s, and carried at its old default", key => {
    expect(text(`${key}=changeit\nLOG=1\n`, `${key}=changeit\nLOG=1\n`, `${key}=altered\nLOG=2\n`)).toBe(
      `${key}=changeit\nLOG=2\n`,
    );
  });

  it.each(short)("F72 is never shown by the name of %s", key => {
    const [base, theirs] = [`${key}=changeit\nLOG=1\n`, `${key}=altered\nLOG=2\n`];
    const mine = `${key}=hunter2\nLOG=1\n`;
    for (const [old, own, next] of [
      [base, base, theirs],
      [base, mine, base],
      [base, mine, theirs],
      [base, mine, "LOG=2\n"],
    ] as const)
      expect(JSON.stringify([env(old, own, next).decisions, env(old, own, next).conflicts])).not.toMatch(
        /changeit|altered|hunter2/,
      );
  });

  it.each(["BYPASS", "COMPASS_URL", "PASS_THROUGH"])("is not behind every name with those letters: %s", key => {
    expect(text(`${key}=1\n`, `${key}=1\n`, `${key}=2\n`)).toBe(`${key}=2\n`);
  });

  it("is followed by the URLs that repeat it", () => {
    const urls = (user: string, password: string, host: string, name: string) =>
      `POSTGRES_USER=${user}\nPOSTGRES_PASSWORD=${password}\nPOSTGRES_HOST=${host}\nPOSTGRES_DB=${name}\nURL=postgres://${user}:${password}@${host}:5432/${name}?ssl=1\n`;
    const base = urls("app", "password", "db", "app");
    const mine =
      "POSTGRES_USER=me\nPOSTGRES_PASSWORD=s/cret\nPOSTGRES_HOST=db.corp\nPOSTGRES_DB=mine\nURL=postgres://app:password@db:5432/app?ssl=1\n";
    expect(text(base, mine, urls("web", "changeme", "pg", "web"))).toBe(
      "POSTGRES_USER=me\nPOSTGRES_PASSWORD=s/cret\nPOSTGRES_HOST=db.corp\nPOSTGRES_DB=mine\nURL='postgres://me:s%2Fcret@db.corp:5432/mine?ssl=1'\n",
    );
    // A URL that the administrator wrote himself stays.
    expect(text(base, `${mine}URL=postgres://else\n`, base)).toContain("URL=postgres://else\n");
  });

  it("is asked about when it is unclear which secret a URL repeats", () => {
    const base = "A_PASSWORD=password\nB_PASSWORD=password\nURL=redis://:password@redis\n";
    const { conflicts } = env(base, "A_PASSWORD=one\nB_PASSWORD=two\nURL=redis://:password@redis\n", `${base}# new\n`);
    expect(conflicts.map(({ name, say }) => ({ name, say }))).toMatchInlineSnapshot(`
      [
        {
          "name": ".env:URL",
          "say": "URL holds a password that several secrets had as their default, and it is not clear which of them it repeats.",
        },
      ]
    `);
  });

  it("is repeated by a new secret with the same default, unless it is unclear which", () => {
    const base = "A_PASSWORD=password\nURL=redis://:password@redis\n";
    const theirs = `${base}NEW_PASSWORD=password\n`;
    expect(text(base, base.replace("A_PASSWORD=password", "A_PASSWORD=one"), theirs)).toBe(
      "A_PASSWORD=one\nURL=redis://:one@redis\nNEW_PASSWORD=one\n",
    );
    const two = "A_PASSWORD=password\nB_PASSWORD=password\n";
    expect(text(two, "A_PASSWORD=one\nB_PASSWORD=two\n", `${two}NEW_PASSWORD=password\n`)).toBe(
      "A_PASSWORD=one\nB_PASSWORD=two\nNEW_PASSWORD=password\n",
    );
  });

  it("F72 is never shown, nor is what holds it", () => {
    const merged = env(
      "A_TOKEN=aaaa\nURL=http://u:pppp@h\nC=1\nD=x\n",
      "A_TOKEN=tttt1234\nURL=http://u:qqqq@h\nC=tttt1234-x\nE=${A_TOKEN}\n",
      "A_TOKEN=bbbb\nURL=http://u:rrrr@h\nC=2\nD=y\n",
    );
    expect(merged.conflicts.map(({ name }) => name)).toEqual([".env:D"]);
    expect(JSON.stringify([merged.decisions, merged.conflicts])).not.toMatch(/tttt|pppp|qqqq|rrrr|aaaa|bbbb/);
    expect(merged.decisions.map(({ say }) => say)).toMatchInlineSnapshot(`
      [
        "A_TOKEN is carried as it is, because data may depend on it.",
        "URL stays as it is, as you set it; the vendor's default changed.",
        "C stays as it is, as you set it; the vendor's default changed from 1 to 2.",
        "E (\${A_TOKEN}) is yours and is carried.",
      ]
    `);
  });
});

/** Ways to write a value, each of which Compose reads back as written. */
const SPELLINGS = [
  "1",
  "",
  "'q # x'",
  '"d\\"q $1"',
  "'l1\nl2'",
  '"l1\r\nl2"',
  "a#b",
  "=x=",
  "p@ss$word",
  "two words",
  "ü",
  '"it\'s"',
];
const FORMS = [
  (k: string, v: string) => `${k}=${v}`,
  (k: string, v: string) => `export ${k}=${v}`,
  (k: string, v: string) => `${k} = ${v}`,
  (k: string, v: string) => `${k}: ${v}`,
];
const TAILS = ["", " # c", "\t", "  # it's"];
const KEYS = ["A", "B", "C", "D.x", "E_1", "F"];

function randomEnv(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[below(random, list.length)]!;
  const newline = pick(["\n", "\n", "\r\n"]);
  const lines = Array.from({ length: below(random, 9) }, () => {
    const kind = below(random, 8);
    if (kind === 0) return `# comment ${below(random, 3)}`;
    if (kind === 1) return "";
    if (kind === 2) return `#${pick(KEYS)}=1`;
    const value = pick(SPELLINGS);
    // Behind a closing quote another statement may begin.
    const tail = /^['"]/.test(value) && random() < 0.2 ? ` ${pick(KEYS)}=behind` : pick(TAILS);
    return pick(FORMS)(pick(KEYS), value) + tail;
  });
  const end = random() < 0.8 ? newline : "";
  return (random() < 0.1 ? "\uFEFF" : "") + lines.join(newline) + (lines.length > 0 ? end : "");
}

it("F39 every key has exactly the value that it should, spelled as its side spells it, whatever the files look like", () => {
  const random = seeded(20);
  for (let round = 0; round < 1000; round += 1) {
    const base = randomEnv(random);
    const [mine, theirs] = [random() < 0.3 ? base : randomEnv(random), random() < 0.3 ? base : randomEnv(random)];
    const { texts, conflicts } = env(base, mine, theirs);
    const [b, m, t, r] = [base, mine, theirs, texts[".env"] ?? theirs].map(each => EnvFile.parse(each)) as [
      EnvFile,
      EnvFile,
      EnvFile,
      EnvFile,
    ];
    const context = JSON.stringify({ round, base, mine, theirs, result: r.text });
    const same = (one: EnvFile, other: EnvFile, key: string): boolean => one.raw(key) === other.raw(key);
    for (const key of KEYS) {
      const removed = m.raw(key) === null && b.raw(key) !== null;
      const isConflict = removed && t.raw(key) !== null && !same(b, t, key) && literalOf(b, key) !== literalOf(t, key);
      expect(
        conflicts.some(({ name }) => name === `.env:${key}`),
        `${key} ${context}`,
      ).toBe(isConflict);
      if (isConflict) continue;
      const edited = !same(m, b, key);
      // Where sides only spell a value differently, either spelling will do.
      const wanted = edited ? m : t;
      const isRight = same(r, wanted, key) || literalOf(r, key) === literalOf(wanted, key);
      expect(isRight, `${key} ${context}`).toBe(true);
    }
  }
});

const literalOf = (file: EnvFile, key: string): string | null => {
  const raw = file.raw(key);
  return raw === null ? null : raw.includes("$") ? raw : raw.replace(/^(['"])([\s\S]*)\1$/, "$2");
};
