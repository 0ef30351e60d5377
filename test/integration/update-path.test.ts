import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, TestHome } from "./support/cli.ts";
import { Product } from "./support/product.ts";

const FIRST = "v2.22.2";
const BETWEEN = "v2.24.9";
const LAST = "v2.45.11";
/** Where all samples lie. */
const SAMPLES = dirname(bundle(BETWEEN));

interface Listed {
  readonly current: string | null;
  readonly instances: readonly {
    readonly name: string;
    readonly state: string;
    readonly health: string;
    readonly ports: readonly { readonly container: number; readonly host: number }[];
  }[];
}

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** v2.22.2 with a user, some datasets and an edited setting. */
async function lived() {
  const home = await TestHome.make();
  cleanUps.push(() => home.remove());
  const name = `${FIRST}-${home.suffix}`;
  await home.ok("install", bundle(FIRST), "--name", home.suffix, "--yes");
  const env = join(home.path, "releases", name, ".env");
  await writeFile(env, (await readFile(env, "utf8")).replace(/^JWT_EXPIRATION_DELTA=.*$/m, "JWT_EXPIRATION_DELTA=999"));
  await home.ok("restart", name);
  const listed = await home.json<Listed>("list");
  const port = listed.instances[0]?.ports.find(({ container }) => container === 80)?.host;
  const product = new Product(port ?? 0);
  expect(await product.signUp("ada", "engine-no-1")).toBe(201);
  const ids: string[] = [];
  for (let row = 0; row < 5; row++) ids.push(await product.makeDataset(`dataset ${row}`, [row]));
  const servesAll = async (version: string) => {
    expect((await product.version()).version).toBe(version);
    expect(await product.logIn("ada", "engine-no-1")).toBe(200);
    expect((await product.datasets()).map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const [row, id] of ids.entries()) expect(await product.dataset(id)).toEqual({ status: 200, body: [row] });
  };
  return { home, name, product, servesAll };
}

/** Everything on the engine and in the home that has a release's name. */
async function tracesOf(home: TestHome, release: string): Promise<readonly string[]> {
  const slug = `${release}-${home.suffix}`.replaceAll(/[^a-z0-9]/g, "_");
  const lines = async (...args: readonly string[]) => (await docker(...args)).split("\n").filter(line => line.includes(slug));
  const own = join(home.path, ".graph-mgr");
  const files = await Promise.all(
    [join(home.path, "releases"), join(own, "instances"), join(own, "pristine"), own].map(dir => readdir(dir).catch(() => [])),
  );
  return [
    ...(await lines("ps", "-a", "--format", "{{.Names}}")),
    ...(await lines("volume", "ls", "--format", "{{.Name}}")),
    ...(await lines("network", "ls", "--format", "{{.Name}}")),
    ...(await lines("image", "ls", "--format", "{{.Repository}}")),
    ...files.flat().filter(file => file.includes(release)),
  ];
}

/** What a visitor sees, until told to stop: versions, and `closed`; each once in a row. */
function visits(product: Product): () => Promise<readonly string[]> {
  const seen: string[] = [];
  let isOver = false;
  const visiting = (async () => {
    while (!isOver) {
      const said = await product.version().then(
        answer => answer.version ?? "closed",
        () => "closed",
      );
      if (seen.at(-1) !== said) seen.push(said);
      await new Promise(done => setTimeout(done, 100));
    }
  })();
  return async () => {
    isOver = true;
    await visiting;
    return seen;
  };
}

it("a release that takes updates only from others is refused with the path, and --via-path walks it in one window", async () => {
  const { home, name, product, servesAll } = await lived();
  const refused = await home.run("update", bundle(LAST), "--bundles", SAMPLES, "--yes");
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining(`${FIRST} -> ${BETWEEN} -> ${LAST}`)]);
  expect(refused.stderr).toContain("Try: --via-path");
  const path = ["update", bundle(LAST), "--via-path", "--bundles", SAMPLES, "--yes"] as const;
  const unread = await home.run(...path);
  expect([unread.code, unread.stderr]).toEqual([3, expect.stringContaining(`--acknowledge ${BETWEEN}`)]);
  expect((await home.json<Listed>("list")).instances.map(each => each.name)).toEqual([name]);

  const visited = visits(product);
  const updated = await home.json<{ downtimeMs: number; through: string[] }>(...path, "--acknowledge", BETWEEN);
  expect(await visited()).toEqual([FIRST, "closed", LAST]);
  expect(updated).toMatchObject({ from: name, through: [BETWEEN], downtimeMs: expect.any(Number) });
  await servesAll(LAST);
  const last = `${LAST}-${home.suffix}`;
  const listed = await home.json<Listed>("list");
  expect(listed.current).toBe(last);
  expect(listed.instances.map(each => each.name).sort()).toEqual([name, last].sort());
  expect(await tracesOf(home, BETWEEN)).toEqual([]);
  const custom = await readFile(join(home.path, "releases", last, "data/config/custom.env"), "utf8");
  expect(custom).toMatch(/^JWT_EXPIRATION_DELTA=999$/m);

  // The way back leads to the first.
  await home.ok("rollback", "--accept-loss", "--yes");
  expect((await home.json<Listed>("list")).current).toBe(name);
  await servesAll(FIRST);
});

it("a release between that does not become healthy leads back to the first, and nothing of the path is left", async () => {
  const { home, name, servesAll } = await lived();
  const bundles = await mkdtemp(join(tmpdir(), "graph-mgr-bundles-"));
  cleanUps.push(() => rm(bundles, { recursive: true, force: true }));
  const folder = join(bundles, `graphistry-${BETWEEN}`);
  await execa("mkdir", [folder]);
  await execa("tar", ["-xzf", bundle(BETWEEN), "-C", folder]);
  const compose = join(folder, "docker-compose.yml");
  const text = await readFile(compose, "utf8");
  const sick = text.replace("wget -qO- http://localhost:8000/ht/ >/dev/null", "false");
  expect(sick).not.toBe(text);
  await writeFile(compose, sick);

  const failed = await home.run(
    ...["update", bundle(LAST), "--via-path", "--bundles", bundles, "--acknowledge", BETWEEN],
    ...["--health-timeout", "20", "--yes", "--json"],
  );
  expect(failed.code, failed.stderr).toBe(5);
  expect(failed.stderr + failed.stdout).toMatch(new RegExp(`${BETWEEN}-${home.suffix}[^\\n]*healthy`));
  await servesAll(FIRST);
  // It answers before its own checks have seen that it does.
  await expect
    .poll(() => home.json<Listed>("list"), { timeout: 60_000, interval: 1000 })
    .toMatchObject({ current: name, instances: [{ name, state: "running", health: "healthy" }] });
  for (const release of [BETWEEN, LAST]) expect(await tracesOf(home, release)).toEqual([]);
});
