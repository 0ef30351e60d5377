import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, until } from "./support/engine.ts";
import { ENV_CASES, strayBytes, textOf, textWithout } from "./support/env-cases.ts";
import { KEYS, Terminal } from "./support/pty.ts";
import { OLD, SmallHome, said } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

/** The configuration of an instance, looked at and changed on the real engine. */
let small: SmallProduct;
let folder: string;

/** The small product, whose application gets everything that `.env` says, and which soon gives up. */
async function bundle(): Promise<string> {
  const path = await small.bundle(OLD);
  const edit = async (name: string, change: (text: string) => string) =>
    await writeFile(join(path, name), change(await readFile(join(path, name), "utf8")));
  await edit("docker-compose.yml", text =>
    text.replace('    command: [ "node", "/app.js" ]\n', '    command: [ "node", "/app.js" ]\n    env_file: [ .env ]\n'),
  );
  await edit("graph-mgr.yml", text => text.replace("timeoutSeconds: 120", "timeoutSeconds: 25"));
  return path;
}

beforeAll(async () => {
  small = await SmallProduct.make();
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-config-"));
}, 300_000);
afterAll(async () => {
  await small?.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("an instance that runs", () => {
  let own: SmallHome;
  beforeAll(async () => {
    own = await SmallHome.make(await bundle());
  }, 300_000);
  afterAll(async () => {
    await own?.remove();
  });

  const name = () => own.name(OLD);
  const ids = async () =>
    Object.fromEntries(
      (await containersOf(own.slug(OLD))).map(({ Id, Config }) => [Config.Labels["com.docker.compose.service"] ?? "", Id]),
    );
  const inContainer = async (key: string) =>
    (await execa("docker", ["exec", own.container(OLD, "app"), "printenv", key], { reject: false })).stdout;
  const env = () => readFile(join(own.dir(OLD), ".env"), "utf8");
  const answers = async () =>
    await until(
      async () => (await own.get("/")).status,
      status => status === 200,
      60_000,
    );

  it("a value is set, counts once its services have new containers, and is put back", { timeout: 300_000 }, async () => {
    const { home } = own;
    const [before, started] = [await env(), await ids()];
    const value = `it's $HOME "and" #more`;
    const written = await home.ok("config", "set", `GREETING=${value}`);
    expect(written.stderr).toContain(`Try: graph-mgr restart --home ${home.path} ${name()}   (app then gets it)`);
    expect(await ids()).toEqual(started);
    expect(await inContainer("GREETING")).toBe("");
    await home.ok("config", "set", name(), "LOG_LEVEL=DEBUG", "--apply");
    expect(await inContainer("GREETING")).toBe(value);
    expect(await inContainer("LOG_LEVEL")).toBe("DEBUG");
    const now = await ids();
    expect([now["front"], now["postgres"]]).toEqual([started["front"], started["postgres"]]);
    expect(now["app"]).not.toBe(started["app"]);
    await answers();
    const reverted = await home.json<{ recreated: string[] }>("config", "revert", "1", "--apply");
    expect(reverted.recreated).toEqual(["app"]);
    expect(await env()).toBe(before);
    expect(await inContainer("GREETING")).toBe("");
    const { changes } = await home.json<{ changes: { how: string }[] }>("config", "history");
    expect(changes.map(({ how }) => how)).toEqual(["set", "set", "revert"]);
  });

  it("what makes it unhealthy is put back, and no secret is told", { timeout: 300_000 }, async () => {
    const before = await env();
    const file = join(folder, "values");
    await writeFile(file, "POSTGRES_PASSWORD=a-wrong-one-of-my-own\n", { mode: 0o600 });
    const result = await own.home.run("config", "set", "--set-from", file, "--apply");
    expect(result.code, said(result)).toBe(5);
    expect(result.stderr).toContain("Everything was put back as it was");
    expect(said(result)).not.toContain("a-wrong-one");
    expect(await env()).toBe(before);
    await answers();
    expect(await own.notes(OLD)).toEqual(["first", "second"]);
  });

  it("a broken Caddyfile is refused by the instance's own Caddy, a good one is served", { timeout: 300_000 }, async () => {
    const path = join(own.dir(OLD), "Caddyfile");
    const before = await readFile(path, "utf8");
    const editor = join(folder, "editor");
    // First an unknown directive, then one that is known.
    await writeFile(
      editor,
      `#!/bin/sh\nif grep -q nonsense "$1"; then sed -i 's/nonsense/header X-Greeting hello/' "$1"; else sed -i 's/reverse_proxy/nonsense\\n  reverse_proxy/' "$1"; fi\n`,
    );
    await chmod(editor, 0o755);
    const args = ["config", "edit", "Caddyfile", "--home", own.home.path];
    const given = new Terminal(args, { env: { EDITOR: editor, VISUAL: "" } });
    await given.until("does not take this Caddyfile").then(each => each.until(/nonsense/));
    await given.until("What now?");
    given.press(KEYS.down, KEYS.enter);
    await given.until("Caddyfile is as it was.");
    expect(await given.exit).toBe(0);
    expect(await readFile(path, "utf8")).toBe(before);

    const mended = new Terminal(args, { env: { EDITOR: editor, VISUAL: "" } });
    await mended.until("What now?");
    mended.press(KEYS.enter);
    await mended.until("When shall it count for front?");
    mended.press(KEYS.up, KEYS.enter);
    await mended.until("config edit finished");
    expect(await mended.exit).toBe(0);
    await answers();
    const greeting = async () => (await fetch(`http://127.0.0.1:${own.port}/`)).headers.get("x-greeting");
    expect(await greeting()).toBe("hello");
    const last = (await own.home.json<{ changes: { number: number }[] }>("config", "history")).changes.at(-1);
    await own.home.ok("config", "revert", String(last?.number), "--apply");
    await answers();
    expect(await greeting()).toBe(null);
    expect(await readFile(path, "utf8")).toBe(before);
  });

  it("is shown and compared without secrets, and without what graph-mgr set", { timeout: 120_000 }, async () => {
    const { home } = own;
    const password = /^POSTGRES_PASSWORD=(.*)$/m.exec(await env())?.[1] ?? "";
    expect(password.length).toBeGreaterThan(10);
    const shown = await home.ok("config", "show");
    const service = await home.ok("config", "show", "--service", "app");
    const diff = await home.ok("config", "diff");
    for (const { stdout } of [shown, service, diff]) {
      expect(stdout).toContain("POSTGRES_PASSWORD");
      expect(stdout).not.toContain(password);
    }
    expect(service.stdout).toMatch(/RELEASE +v1\.0\.0 +docker-compose\.yml/);
    expect(service.stdout).toMatch(/PGPASSWORD +\*\*\*/);
    expect(diff.stdout).not.toContain("docker-compose.yml");
    expect(diff.stdout).not.toContain("COMPOSE_PROJECT_NAME");
  });
});

describe("30 env files full of edge cases", () => {
  let home: TestHome;
  let dir: string;
  beforeAll(async () => {
    home = await TestHome.make();
    await home.ok("install", await bundle(), "--name", home.suffix, "--no-launch", "--yes");
    dir = join(home.path, "releases", `${OLD}-${home.suffix}`);
  }, 300_000);
  afterAll(async () => {
    await home?.remove();
  });

  /** What Compose, asked by hand, gives the application. */
  const resolved = async (): Promise<Readonly<Record<string, string | null>>> => {
    const slug = `${OLD}_${home.suffix}`.replaceAll(".", "_");
    const text = await docker("compose", "-p", slug, "--project-directory", dir, "config", "--format", "json");
    const model = JSON.parse(text) as { services: { app: { environment: Record<string, string | null> } } };
    const plain = Object.entries(model.services.app.environment).map(([key, value]) => [
      key,
      value?.replaceAll("$$", "$") ?? null,
    ]);
    return Object.fromEntries(plain);
  };
  const file = () => join(dir, ".env");

  it("are thirty", () => {
    expect(ENV_CASES.length).toBe(30);
  });

  it.each(ENV_CASES)("$name: all other bytes equal, and Compose resolves what was meant", { timeout: 120_000 }, async each => {
    const text = textOf(each);
    await writeFile(file(), text);
    const before = await resolved();
    await home.ok("config", "set", ...Object.entries(each.set).map(([key, value]) => `${key}=${value}`));
    const changed = await readFile(file());
    expect(Buffer.from(changed.toString("utf8")).equals(changed)).toBe(true);
    expect(strayBytes(each, changed.toString("utf8"))).toBe(null);
    expect(await resolved()).toEqual({ ...before, ...each.set });

    await writeFile(file(), text);
    if (each.unset.length === 0) return;
    await home.ok("config", "unset", ...each.unset);
    expect(await readFile(file(), "utf8")).toBe(textWithout(each, each.unset));
    const kept = Object.entries(before).filter(([key]) => !each.unset.includes(key));
    expect(await resolved()).toEqual(Object.fromEntries(kept));
  });
});
