import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { editCompose } from "../../src/domain/compose-edit.ts";
import type { ComposeModel } from "../../src/domain/compose-model.ts";
import { composeSources } from "../../src/domain/compose-sources.ts";
import { EnvFile, literalValue } from "../../src/domain/env-file.ts";
import type { Isolation } from "../../src/domain/isolation.ts";
import { modelDifferences } from "../../src/domain/model-differences.ts";
import { isolationNames } from "../../src/domain/shared-resources.ts";
import { corpus, ID } from "./compose-corpus.ts";

const root = mkdtempSync(join(tmpdir(), "gmtest-compose-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = (name: string, files: Readonly<Record<string, string>>): string => {
  const dir = join(mkdtempSync(join(root, "p-")), name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
};

const resolve = (dir: string): ComposeModel => {
  const args = ["compose", "--profile", "*", "config", "--format", "json"];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DOCKER_HOST: process.env.DOCKER_HOST };
  return JSON.parse(
    execFileSync("docker", args, { cwd: dir, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }),
  ) as ComposeModel;
};

const reader = (dir: string) => async (path: string) => {
  try {
    return readFileSync(join(dir, path), "utf8");
  } catch {
    return null;
  }
};

const SLUG = "v1_0_0_x";

/** Edits a project in a folder of its own, as an installation does. */
async function edit(files: Readonly<Record<string, string>>, ports: Isolation["ports"], images: Isolation["images"] | undefined) {
  const beforeDir = folder("v1.0.0", files);
  const before = resolve(beforeDir);
  const envFile = EnvFile.parse(files[".env"] ?? "");
  const sources = await composeSources(reader(beforeDir), { composeFile: literalValue(envFile.raw("COMPOSE_FILE") ?? "") });
  const isolation: Isolation = {
    project: SLUG,
    ...isolationNames(before, SLUG),
    ports,
    binds: {},
    images: images ?? Object.fromEntries(Object.keys(before.services).map(name => [name, ID.a])),
  };
  const edited = editCompose(sources, before, isolation);
  const env = Object.entries(edited.env).reduce(
    (file, [key, value]) => file.with(key, value),
    envFile.with("COMPOSE_PROJECT_NAME", SLUG),
  );
  const afterFiles: Readonly<Record<string, string>> = {
    ...files,
    ...Object.fromEntries(edited.sources.map(({ path, text }) => [path, text])),
    ".env": env.text,
  };
  const afterDir = folder("v1.0.0-x", afterFiles);
  const after = resolve(afterDir);
  const expected = { isolation, beforeDir, afterDir, changedEnv: Object.keys(edited.env) };
  return { before, after, isolation, edited, expected, afterDir, afterFiles };
}

describe("the whole way, through Compose itself", () => {
  for (const project of corpus) {
    it(`${project.name}: Compose sees the intended names and nothing else, and a second edit changes nothing`, async () => {
      const { before, after, edited, expected, isolation, afterDir } = await edit(
        project.files,
        project.ports ?? [],
        project.images,
      );
      expect(modelDifferences(before, after, expected)).toEqual([]);
      expect(edited.env).toEqual(project.env ?? {});
      expect(
        Object.values(after.volumes ?? {}).filter(volume => volume.external !== true && !volume.name.startsWith(`${SLUG}_`)),
      ).toEqual([]);

      const composeFile = literalValue(EnvFile.parse(project.files[".env"] ?? "").raw("COMPOSE_FILE") ?? "");
      const again = await composeSources(reader(afterDir), { composeFile });
      expect(editCompose(again, after, isolation)).toEqual({ sources: again, env: {} });
      // As after a cut between files: the names that the model has by now are not the old ones.
      const fresh = { ...isolation, ...isolationNames(after, SLUG, SLUG) };
      expect(editCompose(again, after, fresh)).toEqual({ sources: again, env: {} });
    });
  }
});

describe("the product's own bundles", () => {
  const fixtures = join(import.meta.dirname, "../fixtures/compose");
  const text = (path: string) => readFileSync(join(fixtures, path), "utf8");

  it.each(["legacy", "modern"])("F42 the %s layout gets names, ports and images of its own and nothing else", async layout => {
    const files = { ".env": text(`${layout}/.env`), "docker-compose.yml": text(`${layout}/docker-compose.yml`) };
    const ports = [
      { service: "caddy", container: 80, protocol: "tcp", host: 8080 },
      { service: "caddy", container: 443, protocol: "tcp", host: 8443 },
    ] as const;
    const { before, after, expected, edited } = await edit(files, ports, undefined);
    expect(modelDifferences(before, after, expected)).toEqual([]);
    expect(Object.keys(edited.env)).toEqual(layout === "legacy" ? [] : ["CADDY_HTTP_PORT", "CADDY_HTTPS_PORT"]);
    expect(after.services.caddy?.ports?.map(({ published }) => published)).toEqual(["8080", "8443"]);
    // Still what the committed model of the unit tests says.
    const model = JSON.parse(text(`${layout}/model.json`)) as ComposeModel;
    expect(Object.keys(before.services)).toEqual(Object.keys(model.services));
    expect(before.volumes).toEqual(model.volumes);
  });
});

describe("what is noticed", () => {
  const files = {
    ".env": "PASSWORD=old-secret\nOTHER=1\n",
    "docker-compose.yml": [
      "services:",
      "  web:",
      "    image: x",
      "    container_name: web",
      "    env_file: .env",
      "    environment: { URL: 'pg://u:${PASSWORD}@db' }",
      "    ports: [ '80:80' ]",
      "    volumes: [ 'data:/data', './conf:/conf' ]",
      "    networks: [ net ]",
      "volumes: { data: { name: data_1 } }",
      "networks: { net: { name: net_1 } }",
      "",
    ].join("\n"),
  };
  const ports = [{ service: "web", container: 80, protocol: "tcp", host: 8080 }] as const;

  it.each<[string, string, RegExp, string, string]>([
    [
      "a volume that is still shared",
      "docker-compose.yml",
      /name: v1_0_0_x_data/,
      "name: data_1",
      "volumes.data.name is data_1, not v1_0_0_x_data",
    ],
    [
      "a network that is still shared",
      "docker-compose.yml",
      /v1_0_0_x_net/,
      "net_1",
      "networks.net.name is net_1, not v1_0_0_x_net",
    ],
    ["another port", "docker-compose.yml", /8080:80/, "8081:80", "services.web.ports"],
    ["a lost alias", "docker-compose.yml", /aliases: \[web\]/, "aliases: []", "services.web.networks.net.aliases is gone"],
    ["an image that is not pinned", "docker-compose.yml", /sha256:a+/, "x", `services.web.image is x, not ${ID.a}`],
    ["another mount", "docker-compose.yml", /\.\/conf:/, "./other:", "services.web.volumes.1.source differs"],
    ["one more service", "docker-compose.yml", /^services:/, "services:\n  more: { image: y }", "services.more is new"],
    ["another value", ".env", /OTHER=1/, "OTHER=2", "services.web.environment.OTHER differs"],
    ["one more value", ".env", /OTHER=1/, "OTHER=1\nMORE=hidden", "services.web.environment.MORE is new"],
    ["a lost value", ".env", /OTHER=1\n/, "", "services.web.environment.OTHER is gone"],
    ["another project", ".env", /COMPOSE_PROJECT_NAME=\w+/, "COMPOSE_PROJECT_NAME=other", "name is other, not v1_0_0_x"],
  ])("%s", async (_, path, from, to, message) => {
    const { before, expected, afterDir, afterFiles } = await edit(files, ports, undefined);
    writeFileSync(join(afterDir, path), (afterFiles[path] ?? "").replace(from, to));
    const found = modelDifferences(before, resolve(afterDir), expected);
    expect(
      found.some(line => line.startsWith(message)),
      found.join("\n"),
    ).toBe(true);
    expect(found.join("\n")).not.toMatch(/hidden|old-secret|pg:/);
  });

  it("a changed secret is expected where it stands and where another value repeats it, and nowhere else", async () => {
    const { before, expected, afterDir, afterFiles } = await edit(files, ports, undefined);
    writeFileSync(join(afterDir, ".env"), EnvFile.parse(afterFiles[".env"] ?? "").with("PASSWORD", "it's $new").text);
    const after = resolve(afterDir);
    expect(after.services.web?.environment?.URL).toBe("pg://u:it's $$new@db");
    expect(modelDifferences(before, after, { ...expected, changedEnv: ["PASSWORD"] })).toEqual([]);
    expect(modelDifferences(before, after, expected)).toEqual([
      "services.web.environment.PASSWORD differs",
      "services.web.environment.URL differs",
    ]);
  });
});

describe("F39 .env files, through Compose itself", () => {
  const valuesOf = (text: string): Readonly<Record<string, string | null>> => {
    const dir = folder("env", { "t.env": text, "compose.yaml": "services: { s: { image: x, env_file: t.env } }\n" });
    return resolve(dir).services.s?.environment ?? {};
  };
  const texts: readonly [string, string][] = [
    ["comments, quotes and blanks", "# c\nA=1 # one\nB='two words' # c\nC=\"t\\tb\"\n\n  D = spaced  \n"],
    ["duplicates", "A=1\nB=$A\nA=2\nC=${A}x\nA=3 # last\n"],
    ["CRLF", "A=1\r\nB='l1\r\nl2'\r\nC=\r\n"],
    ["a byte order mark and no final newline", "\uFEFFA=1\nB=2"],
    ["export, colons and keys without a value", "export A=1\nB: 2\nBARE\nC==x=\n"],
    ["lone CRs", "A=x\rB=3\n#c\rC=1\nD='4\r'\n"],
    ["several lines", "A=\"l1\nl2\" # c\nB='#\nX=1\n'\nC=3\n"],
    ["unicode", "A=é\u00a0\nB=中 😀\nC='\u2028'\n"],
    ["two on a line", "A='x'B=2\nC=\"y\" D=3\n"],
    ["a comment that an empty value would make its own", "A=1 # c\nB= # c\nC=#c\n"],
    ["a line of 100 kB", `B=${"x".repeat(100_000)}\nA=1\n`],
  ];
  const values = [
    "v",
    "",
    "it's",
    "p@ss$word",
    'a "b" \\',
    "#x",
    " padded ",
    "l1\nl2",
    "l1\r\nl2",
    "${A:-x}",
    "$$",
    "\\n",
    "é 😀",
    "a=b",
    "\\'",
    "x #y",
    "`id`$(id)",
  ];

  it.each(texts)("%s: one value changes, the others and every other byte stay", (_, text) => {
    const before = valuesOf(text);
    for (const key of ["A", "NEW"]) {
      let file = EnvFile.parse(text);
      const wanted = values[(text.length + key.length) % values.length] ?? "";
      const old = file;
      file = file.with(key, wanted);
      const { [key]: now, ...others } = valuesOf(file.text);
      expect(now?.replaceAll("$$", "$")).toBe(wanted);
      const { [key]: was, ...same } = before;
      // What refers to the changed key changes with it.
      for (const name of Object.keys(same)) if (!/\$\{?A/.test(old.raw(name) ?? "")) expect(others[name]).toBe(same[name]);
      expect(Object.keys(others).sort()).toEqual(Object.keys(same).sort());
      void was;
      const raw = old.raw(key);
      if (raw === null) expect(file.text.startsWith(text)).toBe(true);
      else expect(file.text.length - (file.raw(key) ?? "").length).toBe(text.length - raw.length);
    }
  });

  it.each(values)("the value %j arrives as it is, appended and in the place of others", value => {
    const keys = ["A", "B", "C", "D"];
    const start = EnvFile.parse("A=1\nB='2' # c\nC=\"3\"#c\r\nexport D=\n");
    const file = ["NEW", ...keys].reduce((each, key) => each.with(key, value), start);
    const found = valuesOf(file.text);
    for (const key of ["NEW", ...keys]) expect(found[key]?.replaceAll("$$", "$"), key).toBe(value);
  });

  it("what Compose refuses is refused", () => {
    for (const text of ["A='x\n", 'A="x\\"\nB=1\n', "A B=1\n", "A='x'\\\n"]) {
      expect(() => valuesOf(text), text).toThrow();
      expect(() => EnvFile.parse(text), text).toThrow(/cannot be read: line \d/);
    }
  });
});
