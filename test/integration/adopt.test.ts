import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, randomPort, watch } from "./support/engine.ts";
import { Product } from "./support/product.ts";

const OLD = "v2.22.2";
const NEW = "v2.23.0";

const projects: string[] = [];
const homes: TestHome[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) {
    for (const project of projects) await takeAway(project);
    await home.remove();
  }
  projects.length = 0;
});

const lines = (text: string): readonly string[] => text.split("\n").filter(line => line !== "");
async function takeAway(project: string): Promise<void> {
  const label = `label=com.docker.compose.project=${project}`;
  for (const id of lines(await docker("ps", "-aq", "--filter", label))) await docker("rm", "--force", "--volumes", id);
  for (const id of lines(await docker("volume", "ls", "-q", "--filter", label))) await docker("volume", "rm", id);
  for (const id of lines(await docker("network", "ls", "-q", "--filter", label))) await docker("network", "rm", id);
  const tags = await docker(
    "image",
    "ls",
    "--format",
    "{{.Repository}}:{{.Tag}}",
    "--filter",
    `reference=graph-mgr/${project}/*`,
  );
  for (const tag of lines(tags)) await docker("image", "rm", "--no-prune", tag);
}

/**
 * As the manual has it: unpacked into `releases/...`, images loaded, `docker compose up -d`. Ports, and names that all the engine would share, are
 * this test's own, as an administrator would have edited them.
 * @param project `-p`; null for Compose's own choice, the folder's name
 */
async function byHand(project: string | null) {
  const home = await TestHome.make();
  homes.push(home);
  const dir = join(home.path, "releases", project === null ? `${OLD}-${home.suffix}` : OLD);
  await mkdir(dir, { recursive: true });
  await execa("tar", ["-xzf", bundle(OLD), "-C", dir]);
  const [http, https] = [randomPort(), randomPort()];
  await edit(join(dir, "docker-compose.yml"), [
    ['"80:80"', `"${http}:80"`],
    ['"443:443"', `"${https}:443"`],
    ["name: v2_22_2_postgres_data", `name: hand_${home.suffix}_data`],
    ["name: v2_22_2_postgres_backups", `name: hand_${home.suffix}_backups`],
    ["name: grph_net", `name: hand_${home.suffix}_net`],
  ]);
  await edit(join(dir, ".env"), [[/^JWT_EXPIRATION_DELTA=.*$/m, "JWT_EXPIRATION_DELTA=999"]]);
  const { exitCode } = await execa("docker", ["image", "inspect", `graphistry/caddy:${OLD}`], { reject: false });
  if (exitCode !== 0) await docker("load", "-q", "-i", join(dir, "containers.tar"));
  const name = project === null ? `v2222-${home.suffix}` : `${project}${home.suffix}`;
  projects.push(name);
  const compose = (...args: readonly string[]) =>
    execa("docker", ["compose", ...(project === null ? [] : ["-p", name]), ...args], { cwd: dir, stdin: "ignore" });
  await compose("up", "-d", "--wait");
  const product = new Product(http);
  expect(await product.signUp("ada", "engine-no-1")).toBe(201);
  const id = await product.makeDataset("by hand", [1, 2, 3]);
  return { home, dir, project: name, compose, product, id, http };
}

async function edit(path: string, changes: readonly (readonly [string | RegExp, string])[]): Promise<void> {
  let text = await readFile(path, "utf8");
  for (const [from, to] of changes) {
    const changed = text.replace(from, to);
    expect(changed, `${String(from)} in ${path}`).not.toBe(text);
    text = changed;
  }
  await writeFile(path, text);
}

const everything = async (dir: string): Promise<string> =>
  (
    await execa(
      "sh",
      ["-c", "find . -type f -print0 | sort -z | xargs -0 sha256sum; find . | sort | xargs stat -c '%n %a %u %g %Y'"],
      { cwd: dir },
    )
  ).stdout;
const startsOf = async (project: string) =>
  (await containersOf(project)).map(({ Name, State, Id }) => [Name, State.StartedAt, Id]).sort();

interface Listed {
  readonly current: string;
  readonly instances: readonly {
    readonly name: string;
    readonly project: string;
    readonly state: string;
    readonly health: string;
    readonly ports: readonly { readonly host: number }[];
  }[];
}

describe("an install that was made by hand", () => {
  it.each([
    ["by plain `docker compose up -d`", null],
    ["under `-p something`", "something"],
  ])("%s, is adopted while it serves without one failed request, and updated afterwards", async (_, wanted) => {
    const { home, dir, project, product, id, http } = await byHand(wanted);
    const scanned = await home.json<{ candidates: readonly { project: string }[] }>("adopt", "--scan");
    expect(scanned.candidates.find(each => each.project === project)).toEqual({
      project,
      folder: dir,
      release: OLD,
      running: 4,
      containers: 4,
      obstacle: null,
    });
    const [before, starts] = [await everything(dir), await startsOf(project)];
    const [failed, answered]: [string[], number[]] = [[], []];
    const visitor = watch(async () => {
      const { status } = await fetch(`http://127.0.0.1:${http}/api/version`).catch(error => ({ status: String(error) }));
      if (status === 200) answered.push(status);
      else failed.push(String(status));
    });
    const adopted = await home.ok("adopt", dir, "--bundle", bundle(OLD), "--name", home.suffix, "--yes");
    await visitor.stop();
    expect(failed).toEqual([]);
    expect(answered.length).toBeGreaterThan(10);
    expect(adopted.stderr).toContain(".env: JWT_EXPIRATION_DELTA changed");
    expect([await everything(dir), await startsOf(project)]).toEqual([before, starts]);

    const listed = await home.json<Listed>("list");
    const name = `${OLD}-${home.suffix}`;
    expect(listed).toMatchObject({ current: name, instances: [{ name, project, state: "running", health: "healthy" }] });
    // Ports and names of volumes and networks are of that instance alone, whoever set them.
    const updated = await home.json<{ instance: string }>("update", bundle(NEW), "--yes");
    const next = `${NEW}-${home.suffix}`;
    expect(updated.instance).toBe(next);
    projects.push(next.replaceAll(/[^a-z0-9]/g, "_"));
    expect((await product.version()).version).toBe(NEW);
    expect(await product.logIn("ada", "engine-no-1")).toBe(200);
    expect(await product.dataset(id)).toEqual({ status: 200, body: [1, 2, 3] });
    expect(await readFile(join(home.path, "releases", next, ".env"), "utf8")).toMatch(/^JWT_EXPIRATION_DELTA=999$/m);
    await home.ok("rollback", "--yes", "--accept-loss");
    expect((await product.version()).version).toBe(OLD);
    expect(await product.dataset(id)).toEqual({ status: 200, body: [1, 2, 3] });
  });

  it("is updated without the old bundle once it was said whose each difference is, and can be given back", async () => {
    const { home, dir, project, product, id } = await byHand("alone");
    const bare = await home.ok("adopt", dir, "--name", home.suffix, "--yes");
    expect(bare.stderr).toContain("nobody can tell which of its files and settings you changed");
    const refused = await home.run("update", bundle(NEW), "--yes");
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining("--resolve .env:JWT_EXPIRATION_DELTA=mine|theirs"),
    ]);
    expect(refused.stderr).toContain("--resolve docker-compose.yml=theirs|FILE");
    const starts = await startsOf(project);
    await home.ok("adopt", "--forget", `${OLD}-${home.suffix}`, "--yes");
    expect(await startsOf(project)).toEqual(starts);
    expect(await product.dataset(id)).toEqual({ status: 200, body: [1, 2, 3] });
    await home.ok("adopt", dir, "--name", home.suffix, "--yes");
    const answers = [".env:JWT_EXPIRATION_DELTA=mine", "docker-compose.yml=theirs", "Caddyfile=theirs"];
    await home.ok("update", bundle(NEW), ...answers.flatMap(each => ["--resolve", each]), "--yes");
    projects.push(`v2_23_0_${home.suffix}`);
    expect((await product.version()).version).toBe(NEW);
    expect(await product.dataset(id)).toEqual({ status: 200, body: [1, 2, 3] });
  });

  it("F10 F16 is refused while something about it is dangerous, with the cure, and nothing is changed", async () => {
    const { home, dir, project, compose } = await byHand("danger");
    const other = `other${home.suffix}`;
    projects.push(other);
    await execa("docker", ["compose", "-p", other, "up", "-d", "--no-deps", "nginx"], { cwd: dir, stdin: "ignore" });
    const two = await home.run("adopt", dir, "--yes");
    expect([two.code, two.stderr]).toEqual([
      3,
      expect.stringContaining(`several projects were made from ${dir}: ${project}, ${other}`),
    ]);
    expect(two.stderr).toContain("is also that of the project");
    await execa("docker", ["compose", "-p", other, "down"], { cwd: dir, stdin: "ignore" });

    await symlink(dir, join(home.path, "by-link"));
    await compose("down");
    await execa("docker", ["compose", "-p", project, "up", "-d", "--wait"], {
      cwd: join(home.path, "by-link"),
      env: { PWD: join(home.path, "by-link") },
      stdin: "ignore",
    });
    const linked = await home.run("adopt", join(home.path, "by-link"), "--yes");
    expect([linked.code, linked.stderr]).toEqual([3, expect.stringContaining("--force-recreate")]);
    expect((await home.json<Listed>("list")).instances).toEqual([]);

    await execa("docker", ["compose", "-p", project, "up", "-d", "--wait", "--force-recreate"], { cwd: dir, stdin: "ignore" });
    await docker("kill", "--signal", "KILL", `${project}-postgres-1`);
    await compose("stop");
    const unclean = await home.run("adopt", dir, "--yes");
    expect([unclean.code, unclean.stderr]).toEqual([3, expect.stringContaining('it says "in production"')]);
  });
});
