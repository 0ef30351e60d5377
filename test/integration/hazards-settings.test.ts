import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf } from "./support/engine.ts";
import { HEALTH, Workshop, webCompose } from "./support/make-bundle.ts";

let workshop: Workshop;
let image: string;
const homes: TestHome[] = [];
const newHome = async () => {
  const home = await TestHome.make();
  homes.push(home);
  return {
    home,
    name: `v1.0.0-${home.suffix}`,
    slug: `v1_0_0_${home.suffix}`,
    dir: `${home.path}/releases/v1.0.0-${home.suffix}`,
  };
};
beforeAll(async () => {
  workshop = await Workshop.make();
  image = await workshop.image("web");
});
afterAll(async () => {
  for (const home of homes) await home.remove();
  await workshop.remove();
});

const environmentOf = async (slug: string): Promise<Readonly<Record<string, string>>> => {
  const [web] = await containersOf(slug);
  return Object.fromEntries(
    (web?.Config.Env ?? []).map(line => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
};

describe("a bundle's .env", () => {
  /** Everything that has been seen to be changed on the way by somebody's editor, line by line. */
  const ODD = [
    "# a comment with trailing space ",
    "PLAIN=value",
    "  INDENTED = spaced out  ",
    "export EXPORTED=yes",
    "SINGLE='p@ss$word # not a comment'",
    'DOUBLE="a\\tb ${PLAIN} \\$kept"',
    "MULTI='one",
    "two'",
    "EMPTY=",
    "EMPTY_QUOTED=''",
    "EQUALS=a=b==",
    "HASH=a#b # comment",
    "UNICODE=žluťoučký 馬",
    "DOLLARS=$$x",
    "DUPLICATE=first",
    "DUPLICATE=second",
    "UNSET_DEFAULT=${NOT_SET_ANYWHERE:-fallback}",
  ];
  const compose = (image: string) => `services: { web: { image: "${image}", env_file: [ .env ], ${HEALTH} } }\n`;
  const variants: Readonly<Record<string, Buffer>> = {
    "as people write it": Buffer.from(`${ODD.join("\n")}\n`),
    "with CRLF": Buffer.from(`${ODD.filter(line => !line.startsWith("MULTI") && line !== "two'").join("\r\n")}\r\n`),
    "with a BOM": Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from("PLAIN=value\nSECOND=2\n")]),
    "without a last newline": Buffer.from("PLAIN=value\nSECOND='2'"),
    "with a line of 1 MB": Buffer.from(`PLAIN=value\nLONG=${"x".repeat(900_000)}\n`),
  };

  it.each(Object.keys(variants))(
    "F39 %s keeps every byte but what was meant to change, and resolves to the same values",
    async what => {
      const { home, name, dir } = await newHome();
      const env = variants[what]!;
      const made = await workshop.bundle({ compose: compose(image), env });
      await home.ok("install", made, "--name", home.suffix, "--no-launch", "--yes");
      const text = await readFile(join(dir, ".env"));
      const kept = Buffer.from(text.toString("latin1").replace(/(^|\n)COMPOSE_PROJECT_NAME=[^\n]*(\n|$)/, "$1"), "latin1");
      const trimmed = (bytes: Buffer) => bytes.toString("latin1").replace(/\r?\n$/, "");
      expect(trimmed(kept)).toBe(trimmed(env));
      expect((await stat(join(dir, ".env"))).mode & 0o777).toBe(0o600);
      const valuesIn = async (cwd: string) => {
        const { stdout } = await execa("docker", ["compose", "config", "--format", "json"], { cwd, maxBuffer: 10_000_000 });
        const { COMPOSE_PROJECT_NAME: _, ...values } = (
          JSON.parse(stdout) as { services: { web: { environment: Record<string, string> } } }
        ).services.web.environment;
        return values;
      };
      expect(await valuesIn(dir)).toEqual(await valuesIn(made));
      await home.ok("copy", name, "--name", `${home.suffix}b`, "--data", "none", "--no-launch", "--yes");
      expect(await valuesIn(`${dir}b`)).toEqual(await valuesIn(made));
    },
  );

  it("F39 with a NUL in it is refused", async () => {
    const { home } = await newHome();
    const made = await workshop.bundle({ compose: compose(image), env: Buffer.from("PLAIN=a\0b\n") });
    const { code, stderr } = await home.run("install", made, "--name", home.suffix, "--no-launch", "--yes");
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Error: .*\.env/m);
  });

  it("F38 cannot aim at another project or other files: COMPOSE_PROJECT_NAME becomes our own in the bundle and in a copy", async () => {
    const { home, name, slug, dir } = await newHome();
    const env = "COMPOSE_PROJECT_NAME=production\nCOMPOSE_FILE=real.yml\nCOMPOSE_PROFILES=extra\nPLAIN=1\n";
    const made = await workshop.bundle({
      compose: "services: { decoy: { image: decoy } }\n",
      env,
      files: {
        "real.yml": `services: { web: { image: "${image}", ${HEALTH} }, more: { image: "${image}", profiles: [ extra ] } }\n`,
      },
    });
    await home.ok("install", made, "--name", home.suffix, "--yes");
    expect(await readFile(join(dir, ".env"), "utf8")).toBe(env.replace("production", slug));
    expect((await containersOf(slug)).map(({ Name }) => Name).sort()).toEqual([`/${slug}-more-1`, `/${slug}-web-1`]);
    expect(await containersOf("production")).toEqual([]);
    await home.ok("copy", name, "--name", `${home.suffix}b`, "--data", "none", "--yes");
    expect(await readFile(join(`${dir}b`, ".env"), "utf8")).toBe(env.replace("production", `${slug}b`));
    expect(await containersOf(`${slug}b`)).toHaveLength(2);
    expect(await containersOf("production")).toEqual([]);
  });
});

describe("the operator's shell", () => {
  it("F41 does not get into an instance: not its password, not its project, not its files", async () => {
    const { home, name, slug, dir } = await newHome();
    const compose = `services: { web: { image: "${image}", environment: { PASSWORD: "\${POSTGRES_PASSWORD}", TAG: "\${APP_BUILD_TAG}", OWN: "\${ONLY_IN_SHELL:-unset}" }, ${HEALTH} } }\n`;
    const made = await workshop.bundle({ compose, env: "POSTGRES_PASSWORD=from-the-file\nAPP_BUILD_TAG=file\n" });
    const shell = {
      POSTGRES_PASSWORD: "from-the-shell",
      APP_BUILD_TAG: "shell",
      ONLY_IN_SHELL: "shell",
      COMPOSE_PROJECT_NAME: "shellproject",
      COMPOSE_FILE: "/dev/null",
      COMPOSE_ENV_FILES: "/dev/null",
      COMPOSE_PROFILES: "shell",
      DOCKER_DEFAULT_PLATFORM: "linux/s390x",
    };
    const installed = await home.runWith(shell, "install", made, "--name", home.suffix, "--yes");
    expect([installed.code, installed.stderr]).toEqual([0, installed.stderr]);
    const wanted = { PASSWORD: "from-the-file", TAG: "file", OWN: "unset" };
    expect(await environmentOf(slug)).toMatchObject(wanted);
    expect((await home.runWith(shell, "copy", name, "--name", `${home.suffix}b`, "--data", "none", "--yes")).code).toBe(0);
    expect(await environmentOf(`${slug}b`)).toMatchObject(wanted);
    await writeFile(join(dir, ".env"), (await readFile(join(dir, ".env"), "utf8")).replace("file\n", "edited\n"));
    expect((await home.runWith(shell, "restart", name)).code).toBe(0);
    expect(await environmentOf(slug)).toMatchObject({ PASSWORD: "from-the-edited", OWN: "unset" });
    expect((await home.runWith(shell, "compose", name, "--", "config")).stdout).not.toContain("shell");
    expect(await containersOf("shellproject")).toEqual([]);
  });

  it("restart applies an edited .env, and launch of a running instance leaves it alone", async () => {
    const { home, name, slug, dir } = await newHome();
    await home.ok(
      "install",
      await workshop.bundle({ compose: webCompose(image, { more: "env_file: [ .env ]" }), env: "COLOUR=blue\n" }),
      "--name",
      home.suffix,
      "--yes",
    );
    await docker("exec", `${slug}-web-1`, "sh", "-c", "echo kept > /state/file");
    await writeFile(join(dir, ".env"), (await readFile(join(dir, ".env"), "utf8")).replace("blue", "green"));
    await home.ok("restart", name);
    expect(await environmentOf(slug)).toMatchObject({ COLOUR: "green" });
    expect(await docker("exec", `${slug}-web-1`, "cat", "/state/file")).toBe("kept");
    const [before] = await containersOf(slug);
    await home.ok("launch", name);
    expect(await containersOf(slug)).toMatchObject([{ Id: before!.Id, State: { StartedAt: before!.State.StartedAt } }]);
  });
});

describe("secrets that every reader of the vendor's manual knows", () => {
  it("are replaced before the first launch, with what repeats them, and never after it", async () => {
    const { home, name, slug, dir } = await newHome();
    const env =
      "DB_PASSWORD=changeme\nDATABASE_URL=postgres://app:changeme@db:5432/app\nOTHER=changeme-not\nSESSION_SECRET=long-and-own\n";
    const made = await workshop.bundle({ compose: webCompose(image, { more: "env_file: [ .env ]" }), env });
    await home.ok("install", made, "--name", home.suffix, "--yes");
    const values = await environmentOf(slug);
    expect(values["DB_PASSWORD"]).toMatch(/^[A-Za-z0-9_-]{24,}$/);
    expect(values["DATABASE_URL"]).toBe(`postgres://app:${values["DB_PASSWORD"]}@db:5432/app`);
    expect(values).toMatchObject({ OTHER: "changeme-not", SESSION_SECRET: "long-and-own" });
    const text = await readFile(join(dir, ".env"), "utf8");
    await home.ok("restart", name);
    expect(await readFile(join(dir, ".env"), "utf8")).toBe(text);
    await home.ok("copy", name, "--name", `${home.suffix}b`, "--data", "none", "--yes");
    expect(await environmentOf(`${slug}b`)).toMatchObject({ DB_PASSWORD: values["DB_PASSWORD"] });
    await home.ok("install", made, "--name", `${home.suffix}k`, "--secrets", "keep", "--yes");
    expect(await environmentOf(`${slug}k`)).toMatchObject({ DB_PASSWORD: "changeme" });
  });
});

describe("the modern layout", () => {
  it("plain compose, the vendor's wrapper and graph-mgr see one model; the database's URL follows its password", async () => {
    const { home } = await newHome();
    const name = `v2.45.11-${home.suffix}`;
    const dir = `${home.path}/releases/${name}`;
    await home.ok("install", bundle("v2.45.11"), "--name", home.suffix, "--no-launch", "--yes");
    const wrapper = await execa(join(dir, "graphistry"), ["config"], { cwd: "/" });
    const own = await home.ok("compose", name, "--", "config");
    expect(own.stdout).toBe(wrapper.stdout);
    const { stdout: plain } = await execa("docker", ["compose", "config"], { cwd: dir });
    // Without the wrapper's env files only what stands in them may differ.
    const isolation = (text: string) =>
      text.split("\n").filter(line => /^name:|^ +name:|image:|published:|container_name|^ +- type|source:/.test(line));
    expect(isolation(plain)).toEqual(isolation(own.stdout));
    const values = Object.fromEntries(
      [...own.stdout.matchAll(/^ +(POSTGRES_PASSWORD|DATABASE_URL|DJANGO_SECRET_KEY): "?(.*?)"?$/gm)].map(
        ([, key = "", value = ""]) => [key, value],
      ),
    );
    expect(values["POSTGRES_PASSWORD"]).toMatch(/^[A-Za-z0-9_-]{24,}$/);
    expect(values["DATABASE_URL"]).toContain(`:${values["POSTGRES_PASSWORD"]}@`);
    expect(values["DJANGO_SECRET_KEY"]).not.toBe("abc123xyz");
  });
});
