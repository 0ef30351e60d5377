import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { needs } from "../support/programs.ts";
import { BIN, docker, TestHome } from "./support/cli.ts";
import { containersOf, imageId, until } from "./support/engine.ts";
import { SmallHome, said } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

/** An administrator whose machine is not as it was left, and a vendor who wants to know why; on the real engine. */
const RELEASE = "v1.0.0";
/** Hash of a login that is written into the Caddyfile, as Caddy takes it before 2.8. */
const HASH = "JDJhJDE0JFFGS2VLUktvc2ZlTVJndUt1RS5oS3VnVlZsYmJnVDlteG5oeGNXcG4vU3dJaFJCVDJvaVhD";

let small: SmallProduct;
let home: TestHome;
let own: SmallHome;
let folder: string;

/** The small product with a folder for certificates, and secrets in each place where a product has some. */
async function bundle(): Promise<string> {
  const path = await small.bundle(RELEASE);
  const edit = async (name: string, change: (text: string) => string) =>
    writeFile(join(path, name), change(await readFile(join(path, name), "utf8")));
  await edit("graph-mgr.yml", text => text.replace("configuration: [.env, Caddyfile]", "configuration: [.env, Caddyfile, ssl]"));
  await edit("docker-compose.yml", text =>
    text.replace("PGUSER: small,", 'PGUSER: small, API_TOKEN: "compose-canary-8d1f", TOKEN_IN_ENV: "${SPLUNK_TOKEN}",'),
  );
  await edit(
    ".env",
    text =>
      `${text}SPLUNK_TOKEN=env-canary-77aa\n# before: OLD_TOKEN=comment-canary-31ce\nMAIL_URL=smtp://me:url-canary-90be@mail\n`,
  );
  await edit("Caddyfile", text =>
    text.replace("  reverse_proxy", `  @admin path /admin/*\n  basicauth @admin {\n    ann ${HASH}\n  }\n  reverse_proxy`),
  );
  await edit(
    "app.js",
    text =>
      `console.log("connecting with", process.env.PGPASSWORD, "and Basic", Buffer.from("me:" + process.env.TOKEN_IN_ENV).toString("base64"));\n${text}`,
  );
  await mkdir(join(path, "ssl"));
  const pem = (name: string) => join(path, "ssl", name);
  await execa("openssl", [
    "req",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    pem("x.key"),
    "-subj",
    "/CN=ended.example",
    "-out",
    pem("x.csr"),
  ]);
  await execa("openssl", ["x509", "-req", "-in", pem("x.csr"), "-signkey", pem("x.key"), "-days", "-1", "-out", pem("x.pem")]);
  await rm(pem("x.csr"));
  return path;
}

beforeAll(async () => {
  await needs("openssl");
  small = await SmallProduct.make();
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-doctor-"));
  home = await TestHome.make();
  own = await SmallHome.make(await bundle(), home);
});
afterAll(async () => {
  await docker("volume", "rm", "--force", `${home?.suffix}_stray`);
  await home?.remove();
  await small?.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly {
    readonly check: string;
    readonly severity: string;
    readonly subject: string;
    readonly message: string;
    readonly cure: string | null;
    readonly fixable: boolean;
  }[];
  readonly fixed: { readonly operation: string } | null;
}
const doctor = async (...words: readonly string[]) => {
  const result = await own.home.run("doctor", "--json", ...words);
  return { ...result, said: JSON.parse(result.stdout) as Said };
};
/** What is wrong with the home itself: of the machine that the tests run on nothing is known. */
const troubles = ({ findings }: Said) =>
  findings.filter(
    ({ check, severity }) =>
      ["error", "warning"].includes(severity) && !["disk", "memory", "clock", "dns", "engine"].includes(check),
  );
const checksOf = (said: Said) => troubles(said).map(({ check }) => check);

it("F73 a mistyped home is told, and nothing of it is mended", async () => {
  const path = await mkdtemp(join(tmpdir(), "graph-mgr-no-home-"));
  try {
    const file = join(path, "file");
    await writeFile(file, "", { mode: 0o644 });
    await chmod(path, 0o777);
    const at = async (place: string, ...words: readonly string[]) =>
      await execa(process.execPath, [BIN, "--home", place, ...words], { reject: false, stdin: "ignore" });
    const mend = await at(path, "doctor", "--fix", "--yes");
    expect(mend.stdout).toContain("this is no home yet");
    for (const command of [["list"], ["doctor", "--fix", "--yes"], ["status"], ["backup", "list"]]) {
      const { exitCode, stderr } = await at(file, ...command);
      expect(exitCode, command.join(" ")).toBe(2);
      expect(stderr).toContain(`${file} is no folder`);
    }
    expect([(await stat(path)).mode & 0o777, (await stat(file)).mode & 0o777]).toEqual([0o777, 0o644]);
  } finally {
    await rm(path, { recursive: true });
  }
});

it("F16 F18 F25 F73 what somebody did by hand is found, named with its cure, and mended where that is harmless", {
  timeout: 300_000,
}, async () => {
  const before = (await doctor()).said;
  // There is no backup yet, and the vendor's certificate has ended.
  expect(checksOf(before)).toEqual(["certificates", "backups"]);
  expect(troubles(before)[0]).toMatchObject({
    severity: "error",
    message: expect.stringContaining("CN=ended.example) ended on"),
  });

  const [dir, slug] = [own.dir(RELEASE), own.slug(RELEASE)];
  const tag = `graph-mgr/${slug}/app:pinned`;
  const stray = `${own.home.suffix}_stray`;
  await chmod(dir, 0o777);
  await chmod(join(dir, ".env"), 0o644);
  await docker("volume", "create", "--label", `graph-mgr.home=${own.home.path}`, stray);
  await docker("update", "--restart=no", own.container(RELEASE, "app"));
  await docker("image", "rm", tag);
  await docker(
    "create",
    "--name",
    `${own.home.suffix}-helper`,
    "--label",
    "graph-mgr.helper=1",
    "--label",
    `graph-mgr.home=${own.home.path}`,
    small.image,
  );
  await docker("pause", own.container(RELEASE, "front"));

  const { code, said: found } = await doctor();
  expect(code).toBe(3);
  const of = (check: string, subject: string) => troubles(found).find(each => each.check === check && each.subject === subject);
  expect(of("permissions", dir)).toMatchObject({ severity: "error", fixable: true, cure: `chmod go-w ${dir}` });
  expect(of("permissions", join(dir, ".env"))).toMatchObject({ severity: "warning", fixable: true });
  expect(of("strays", stray)).toMatchObject({ fixable: false, cure: expect.stringContaining(`docker volume rm ${stray}`) });
  expect(of("strays", `${own.home.suffix}-helper`)).toMatchObject({ fixable: true });
  expect(
    found.findings
      .filter(({ check }) => check === "strays")
      .map(({ subject }) => subject)
      .sort(),
  ).toEqual([`${own.home.suffix}-helper`, stray].sort());
  expect(of("restart-policy", own.name(RELEASE))?.cure).toBe(`docker update --restart=always ${own.container(RELEASE, "app")}`);
  expect(of("images", own.name(RELEASE))).toMatchObject({ fixable: true, message: expect.stringContaining(tag) });
  expect(of("health", own.name(RELEASE))?.message).toContain("front: paused");
  await docker("unpause", own.container(RELEASE, "front"));

  const plan = await own.home.run("doctor", "--fix", "--dry-run");
  expect(plan.stdout, said(plan)).toContain(`Keep 1 image for ${slug} by id`);
  expect((await stat(dir)).mode & 0o777).toBe(0o777);
  const unasked = await own.home.run("doctor", "--fix");
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);

  const mended = await doctor("--fix", "--yes");
  expect(mended.said.fixed?.operation).toContain("-doctor-fix-");
  await until(
    async () => checksOf((await doctor()).said),
    checks => !checks.includes("health"),
    30_000,
  );
  expect(checksOf((await doctor()).said)).toEqual(["certificates", "backups", "strays"]);
  expect([(await stat(dir)).mode & 0o777, (await stat(join(dir, ".env"))).mode & 0o777]).toEqual([0o755, 0o600]);
  expect(await imageId(tag)).toBe(await imageId(small.image));
  expect((await containersOf(slug)).map(({ HostConfig }) => HostConfig.RestartPolicy.Name)).toEqual([
    "always",
    "always",
    "always",
  ]);
  expect(await docker("volume", "ls", "--quiet", "--filter", `name=${stray}`)).toBe(stray);
  expect(await own.notes(RELEASE)).toEqual(["first", "second"]);
});

it("F10 a second Postgres on the volume, and a container that came through the link, are errors", {
  timeout: 120_000,
}, async () => {
  const guest = `${own.home.suffix}-guest`;
  const volume = `${own.slug(RELEASE)}_pgdata`;
  await docker(
    "run",
    "--detach",
    "--name",
    guest,
    "--volume",
    `${volume}:/var/lib/postgresql/data`,
    "--volume",
    `${own.home.path}/current/app.js:/x.js:ro`,
    "--entrypoint=sleep",
    small.image,
    "600",
  );
  try {
    const { said: found } = await doctor();
    expect(
      troubles(found)
        .filter(({ check }) => check === "sharing")
        .map(({ message }) => message)
        .join("\n"),
    ).toContain(`2 Postgres servers run on its volume ${volume}`);
    expect(checksOf(found)).toContain("through-current");
  } finally {
    await docker("rm", "--force", guest);
  }
});

it("F90 without an engine, and as somebody without rights, it says so, and looks at the rest", async () => {
  const gone = await own.home.runWith({ DOCKER_HOST: "unix:///no/such.sock" }, "doctor");
  expect([gone.code, gone.stdout]).toEqual([3, expect.stringContaining("the Docker Engine does not answer this user")]);
  expect(gone.stdout).toContain("CN=ended.example");
  const stranger = await execa(
    "setpriv",
    [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      process.execPath,
      join(import.meta.dirname, "../../dist/graph-mgr.js"),
      "--home",
      own.home.path,
      "doctor",
    ],
    { reject: false, stdin: "ignore", env: { HOME: "/nonexistent" } },
  );
  expect([stranger.exitCode, stranger.stderr]).toEqual([3, ""]);
  expect(stranger.stdout).toContain("may not");
});

it("F72 what goes to the vendor helps, and holds no secret of any place", { timeout: 300_000 }, async () => {
  await own.write("row-canary-55ff");
  await own.sql(RELEASE, "create table mails(mail text primary key); insert into mails values ('mail-canary-12ab')");
  await own.session(RELEASE, "insert into mails values ('mail-canary-12ab')");
  const password = /^POSTGRES_PASSWORD=(.*)$/m.exec(await readFile(join(own.dir(RELEASE), ".env"), "utf8"))?.[1] ?? "";
  const login = Buffer.from("me:env-canary-77aa").toString("base64");
  // They are where they would have to be taken out.
  const log = (service: string) =>
    execa("docker", ["logs", own.container(RELEASE, service)], { all: true }).then(({ all }) => all);
  expect(await log("app")).toContain(`connecting with ${password} and Basic ${login}`);
  expect(await log("postgres")).toContain("mail-canary-12ab");

  const file = join(folder, "for-the-vendor.tar.gz");
  const made = await own.home.run("support", "--to", file);
  expect(made.code, said(made)).toBe(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { stdout: names } = await execa("tar", ["-tzf", file]);
  for (const name of [
    "doctor.json",
    "list.json",
    "versions.json",
    "engine.json",
    `instances/${own.name(RELEASE)}/files/docker-compose.yml`,
    `instances/${own.name(RELEASE)}/logs/${own.container(RELEASE, "app")}.log`,
  ]) {
    expect(names.split("\n")).toContain(name);
    expect(made.stdout).toContain(name);
  }
  expect(names).not.toMatch(/x\.key|x\.pem|pgdata|answers|backup/);
  const { stdout: text } = await execa("tar", ["-xzOf", file], { maxBuffer: 2 ** 28 });
  const keyText = (await readFile(join(own.dir(RELEASE), "ssl/x.key"), "utf8")).split("\n")[1] ?? "";
  for (const secret of [
    password,
    "env-canary-77aa",
    "compose-canary-8d1f",
    "comment-canary-31ce",
    "url-canary-90be",
    HASH,
    HASH.slice(10, 40),
    "row-canary-55ff",
    "mail-canary-12ab",
    login,
    keyText,
  ]) {
    expect(secret.length).toBeGreaterThan(8);
    expect(text.includes(secret), secret).toBe(false);
    expect(text.includes(Buffer.from(secret).toString("base64").slice(0, -4)), secret).toBe(false);
  }
  expect(text).toContain("connecting with *** and Basic ***");
  expect(text).toContain("POSTGRES_PASSWORD=***");
  expect(text).toContain("duplicate key value violates unique constraint");

  const again = await own.home.run("support", "--to", file);
  expect([again.code, again.stderr]).toEqual([3, expect.stringContaining("is there already")]);
  const nowhere = await own.home.run("support", "--to", join(folder, "none/x.tar.gz"));
  expect([nowhere.code, nowhere.stderr]).toEqual([3, expect.stringContaining("There is no folder")]);
});

it("a folder that is no home is looked at as well", async () => {
  const empty = await TestHome.make();
  const result = await empty.run("doctor", "--no-color");
  expect(result.stdout).toContain("this is no home yet");
  expect(result.stdout.split("\n").at(-1)).toMatch(/^(no|\d+) errors?, (no|\d+) warnings?, \d+ notes?, \d+ fine/);
  await empty.remove();
});
