import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { docker, TestHome } from "./support/cli.ts";
import { Product } from "./support/product.ts";

interface Listed {
  readonly current: string | null;
  readonly instances: readonly {
    readonly name: string;
    readonly version: string;
    readonly state: string;
    readonly health: string;
    readonly ports: readonly { readonly container: number; readonly host: number }[];
    readonly volumes: readonly { readonly key: string; readonly name: string }[];
  }[];
}

const homes: TestHome[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home.remove();
});

const found = (listed: Listed, name: string) => {
  const instance = listed.instances.find(each => each.name === name);
  if (!instance) throw new Error(`${name} is not listed: ${JSON.stringify(listed)}`);
  return instance;
};
const httpPort = (listed: Listed, name: string): number => {
  const port = found(listed, name).ports.find(({ container }) => container === 80)?.host;
  if (port === undefined) throw new Error(`${name} publishes no http`);
  return port;
};

const ROWS = 200;
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nnot a real one\n-----END CERTIFICATE-----\n";

/** v2.22.2 as an administrator has it after a year: a user, datasets, edited settings, an own line in the Caddyfile, a certificate. */
async function lived(release: "v2.22.2" | "v2.24.9", rows = ROWS) {
  const home = await TestHome.make();
  homes.push(home);
  const name = `${release}-${home.suffix}`;
  await home.ok("install", bundle(release), "--name", home.suffix, "--yes");
  const dir = join(home.path, "releases", name);
  const env = await readFile(join(dir, ".env"), "utf8");
  const edited = env
    .replace(/^(#\s*)?SPLUNK_HOST=.*\n/m, "")
    .replace(/^JWT_EXPIRATION_DELTA=.*$/m, "JWT_EXPIRATION_DELTA=999")
    .concat("# ours\nSPLUNK_HOST=splunk.example.com\n");
  expect(edited).toContain("JWT_EXPIRATION_DELTA=999");
  await writeFile(join(dir, ".env"), edited);
  const caddyfile = await readFile(join(dir, "Caddyfile"), "utf8");
  await writeFile(join(dir, "Caddyfile"), `# kept by the administrator\n${caddyfile}`);
  await mkdir(join(dir, "etc/ssl"), { recursive: true });
  await writeFile(join(dir, "etc/ssl/own.crt"), CERTIFICATE, { mode: 0o600 });
  await home.ok("restart", name);
  const product = new Product(httpPort(await home.json<Listed>("list"), name));
  expect(await product.signUp("ada", "engine-no-1")).toBe(201);
  const ids: string[] = [];
  for (let row = 0; row < rows; row++) ids.push(await product.makeDataset(`dataset ${row}`, [row]));
  return { home, name, dir, product, ids };
}

async function expectEverything(product: Product, ids: readonly string[]): Promise<void> {
  expect(await product.logIn("ada", "engine-no-1")).toBe(200);
  const datasets = await product.datasets();
  expect(datasets.map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(datasets.filter(each => !each.file_present)).toEqual([]);
  for (const [row, id] of ids.entries()) expect(await product.dataset(id)).toEqual({ status: 200, body: [row] });
}

const digestOf = async (dir: string): Promise<string> =>
  (
    await execa(
      "sh",
      [
        "-c",
        "find . -path ./data -prune -o -path ./.pivot-db -prune -o -type f -print0 | sort -z | xargs -0 stat -c '%n %a %u %g' && find . -path ./data -prune -o -path ./.pivot-db -prune -o -type f -print0 | sort -z | xargs -0 sha256sum",
      ],
      { cwd: dir },
    )
  ).stdout;

describe("an update of v2.22.2 to v2.23.0", () => {
  it("by dump brings everything, keeps every edit, and leaves the old one as it was", { tags: ["usual"] }, () => brings("dump"));
  it("by copy brings everything, keeps every edit, and leaves the old one as it was", () => brings("copy"));

  async function brings(method: "dump" | "copy"): Promise<void> {
    const { home, name, dir, product, ids } = await lived("v2.22.2");
    const before = await digestOf(dir);
    const updated = await home.json<{ instance: string; downtimeMs: number; method: string }>(
      "update",
      bundle("v2.23.0"),
      "--postgres",
      method,
      "--backup",
      "--yes",
    );
    const next = `v2.23.0-${home.suffix}`;
    expect(updated).toMatchObject({ instance: next, method });
    expect(updated.downtimeMs).toBeGreaterThan(0);
    const [operation, ...more] = await readdir(join(home.path, "backups"));
    expect([operation, more]).toEqual([expect.stringMatching(/-update-/), []]);
    expect(await readFile(join(home.path, "backups", operation!, "database/dump.json"), "utf8")).toContain('"graphistry"');
    const listed = await home.json<Listed>("list");
    expect(listed.current).toBe(next);
    expect(found(listed, next)).toMatchObject({ state: "running", health: "healthy", version: "v2.23.0" });
    expect(found(listed, name).state).toBe("stopped");
    expect(httpPort(listed, next)).toBe(httpPort(listed, name));
    expect((await product.version()).version).toBe("v2.23.0");
    await expectEverything(product, ids);

    const folder = join(home.path, "releases", next);
    const env = await readFile(join(folder, ".env"), "utf8");
    expect(env).toMatch(/^SPLUNK_HOST=splunk\.example\.com$/m);
    expect(env).toMatch(/^JWT_EXPIRATION_DELTA=999$/m);
    expect(env).toMatch(/^GRAPH_PLAY_TIMEOUTMS=/m);
    expect(env).toMatch(/^APP_BUILD_TAG=v2\.23\.0$/m);
    expect(await readFile(join(folder, "Caddyfile"), "utf8")).toContain("# kept by the administrator");
    expect(await readFile(join(folder, "etc/ssl/own.crt"), "utf8")).toBe(CERTIFICATE);

    // The old one: folder and volumes are untouched, and it starts by hand.
    expect(await digestOf(dir)).toBe(before);
    await home.ok("stop", next);
    await execa("docker", ["compose", "up", "--detach", "--wait"], { cwd: dir });
    expect((await product.version()).version).toBe("v2.22.2");
    await expectEverything(product, ids);
    await docker("compose", "--project-directory", dir, "stop");
  }

  it("F58 goes back with rollback, which says what it leaves behind", async () => {
    const { home, name, product, ids } = await lived("v2.22.2", 5);
    await home.ok("update", bundle("v2.23.0"), "--yes");
    await product.makeDataset("written after the update", [1]);
    const refused = await home.run("rollback", "--yes");
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/datasets: 1 more row/);
    expect((await product.version()).version).toBe("v2.23.0");
    await home.ok("rollback", "--accept-loss", "--yes");
    expect((await product.version()).version).toBe("v2.22.2");
    await expectEverything(product, ids);
    expect((await home.json<Listed>("list")).current).toBe(name);
    // Forward again: what was written there is still there.
    await home.ok("rollback", "--to", `v2.23.0-${home.suffix}`, "--accept-loss", "--yes");
    expect((await product.version()).version).toBe("v2.23.0");
    expect((await product.datasets()).map(each => each.name)).toContain("written after the update");
  });
});

describe("what an update refuses, and what it does instead", () => {
  it("F32 F54 between majors of Postgres a copy is refused before anything stops, unread instructions too, and auto dumps", async () => {
    const { home, name, product, ids } = await lived("v2.22.2", 5);
    const unread = await home.run("update", bundle("v2.24.9"), "--yes");
    expect([unread.code, unread.stderr]).toEqual([3, expect.stringContaining("--acknowledge v2.24.9")]);
    const copied = await home.run("update", bundle("v2.24.9"), "--acknowledge", "v2.24.9", "--postgres", "copy", "--yes");
    expect(copied.code, copied.stderr).toBe(3);
    expect(copied.stderr).toMatch(/Postgres changes from 15 to 17[\s\S]*Try: --postgres dump/);
    const skipped = await home.run("update", bundle("v2.45.11"), "--yes");
    expect([skipped.code, skipped.stderr]).toEqual([3, expect.stringContaining("v2.24.0")]);
    const older = await home.run("update", bundle("v2.2.22"), "--yes");
    expect([older.code, older.stderr]).toEqual([3, expect.stringContaining("is older than v2.22.2")]);
    expect((await home.json<Listed>("list")).instances).toMatchObject([{ name, state: "running", health: "healthy" }]);

    const updated = await home.json<{ method: string }>("update", bundle("v2.24.9"), "--acknowledge", "v2.24.9", "--yes");
    expect(updated.method).toBe("dump");
    expect((await product.version()).version).toBe("v2.24.9");
    await expectEverything(product, ids);
  });

  it("from the legacy layout to the modern one, settings, certificates and files go where the new release reads them", async () => {
    const { home, product, ids } = await lived("v2.24.9", 5);
    await home.ok("update", bundle("v2.45.11"), "--yes");
    expect((await product.version()).version).toBe("v2.45.11");
    await expectEverything(product, ids);
    const folder = join(home.path, "releases", `v2.45.11-${home.suffix}`);
    const custom = await readFile(join(folder, "data/config/custom.env"), "utf8");
    expect(custom).toMatch(/^SPLUNK_HOST=splunk\.example\.com$/m);
    expect(custom).toMatch(/^JWT_EXPIRATION_DELTA=999$/m);
    expect(await readFile(join(folder, "data/config/Caddyfile"), "utf8")).toContain("# kept by the administrator");
    expect(await readFile(join(folder, "data/caddy/data/ssl/own.crt"), "utf8")).toBe(CERTIFICATE);
    const { stdout } = await execa("docker", ["compose", "exec", "-T", "nexus", "printenv", "JWT_EXPIRATION_DELTA"], {
      cwd: folder,
    });
    expect(stdout).toBe("999");
  });
});

describe("an update that fails", () => {
  it("F56 a release that never becomes healthy: exit 5, and the old one serves with all data", { tags: ["usual"] }, async () => {
    const { home, name, product, ids } = await lived("v2.22.2", 5);
    const failed = await home.run("update", bundle("v2.23.1"), "--health-timeout", "20", "--yes", "--json");
    expect(failed.code, failed.stderr).toBe(5);
    expect(failed.stdout).toMatch(/"downtimeMs":\d+/);
    expect((await product.version()).version).toBe("v2.22.2");
    await expectEverything(product, ids);
    const listed = await home.json<Listed>("list");
    expect(listed.current).toBe(name);
    expect(listed.instances.map(each => each.name)).toEqual([name]);
    expect(await docker("ps", "-a", "--format", "{{.Names}}")).not.toContain(`v2_23_1_${home.suffix}`);
    expect(await docker("volume", "ls", "--format", "{{.Name}}")).not.toContain(`v2_23_1_${home.suffix}`);
  });
});
