import { appendFile, chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, docker, TestHome } from "./support/cli.ts";
import { containersOf, imageId, inspect, leftovers, randomPort, until, volumesLike } from "./support/engine.ts";
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

const QUICK_HEALTH = (compose: string, timeoutSeconds: number) => ({
  compose,
  product: `schema: 1
product: sample
layouts: [ { layout: only, versions: "*" } ]
health: { timeoutSeconds: ${timeoutSeconds}, windowSeconds: 1 }
`,
});
const NEVER_HEALTHY = `{ test: ["CMD", "false"], interval: 1s, timeout: 1s, retries: 1 }`;

/** A `docker` in front of the real one that runs `lines` first; returns the PATH with it. */
async function shim(lines: string): Promise<string> {
  const folder = join(workshop.folder, `shim-${randomPort()}-${Date.now()}`);
  const { stdout: real } = await execa("which", ["docker"]);
  await mkdir(folder);
  await writeFile(join(folder, "docker"), `#!/bin/bash\n${lines}\nexec ${real} "$@"\n`);
  await chmod(join(folder, "docker"), 0o755);
  return `${folder}:${process.env["PATH"]}`;
}

describe("what is never called", () => {
  it("F12 a whole story calls no `down`, no prune, and removes volumes only where their name was typed or their launch undone", async () => {
    const { home, name, slug } = await newHome();
    const log = join(workshop.folder, "calls");
    const PATH = await shim(`printf '%q ' "$@" >> ${log}; echo >> ${log}`);
    const mark = (text: string) => appendFile(log, `# ${text}\n`);
    const ok = async (...args: readonly string[]) => {
      await mark(args.slice(0, 2).join(" "));
      const { code, stderr } = await home.runWith({ PATH }, ...args);
      expect([args.join(" "), code, stderr]).toEqual([args.join(" "), 0, stderr]);
    };
    const copy = `${name}b`;
    await ok("install", await workshop.bundle({ compose: webCompose(image) }), "--name", home.suffix, "--yes");
    await ok("copy", name, "--name", `${home.suffix}b`, "--stop-source", "--yes");
    await ok("restart", copy);
    await ok("stop", copy);
    await ok("launch", copy);
    await ok("stop", copy);
    await ok("status", name);
    await ok("volumes");
    await ok("remove", copy, "--yes");
    const [aside] = (await readdir(join(home.path, ".graph-mgr/removed"))).filter(each => !each.endsWith(".json"));
    await ok("install", "--attach", join(home.path, ".graph-mgr/removed", aside!), "--yes");
    await mark("confirmed");
    await ok("remove", copy, "--volumes", "--confirm", copy);
    await mark("failing");
    const failing = await workshop.bundle(QUICK_HEALTH(webCompose(image, { more: 'command: ["sh", "-c", "exit 3"]' }), 3));
    expect((await home.runWith({ PATH }, "install", failing, "--name", `${home.suffix}c`, "--yes")).code).toBe(5);

    const calls = (await readFile(log, "utf8")).split("\n");
    expect(calls.length).toBeGreaterThan(100);
    expect(calls.some(call => call.startsWith("compose --project-name"))).toBe(true);
    expect(calls.filter(call => /(?<!--no-)\bprune\b|\bdown\b|\bsystem\b|renew-anon|^compose .* rm\b/.test(call))).toEqual([]);
    const removals = calls.flatMap((call, at) =>
      /^volume rm/.test(call) ? [[calls.slice(0, at).findLast(each => each.startsWith("# ")), call.trim()]] : [],
    );
    expect(removals).toEqual([
      ["# remove v1.0.0-" + `${home.suffix}b`, `volume rm -- ${slug}b_state`],
      ["# failing", `volume rm -- ${slug}c_state`],
    ]);
    // With `--volumes` Docker removes only what it named itself; that is for containers whose launch is undone.
    const withVolumes = calls.flatMap((call, at) =>
      /^rm .*(-v|--volumes)/.test(call) ? [calls.slice(0, at).findLast(each => each.startsWith("# "))] : [],
    );
    expect(new Set(withVolumes)).toEqual(new Set(["# failing"]));
  });

  it("F12 the program's text has no prune, no `down` and no `volume rm` but in the one place that removes a volume by name", async () => {
    const src = join(import.meta.dirname, "../../src");
    const found: string[] = [];
    for (const path of await readdir(src, { recursive: true })) {
      if (!path.endsWith(".ts")) continue;
      const text = await readFile(join(src, path), "utf8");
      for (const line of text.split("\n")) {
        if (line.trim().startsWith("//") || line.trim().startsWith("*")) continue;
        if (/"(volume )?prune"|"down"|"volume", "rm"/.test(line)) found.push(`${path}: ${line.trim()}`);
      }
    }
    // Commands of our own are named so, and restic's is another program's; neither is the engine's.
    expect(found).toContain('host/restic-backups.ts: await openRestic(executor, environment, place).run("prune", "--quiet");');
    const ours = /^(cli\/(commands|surface)|operations)\/(backup|looking|prune)\.ts: /;
    for (const line of found.filter(each => ours.test(each))) expect(line).not.toMatch(/docker|engine|run\(|"down"|"rm"/);
    expect(
      found
        .filter(each => !ours.test(each))
        .map(line => line.split(":")[0])
        .sort(),
    ).toEqual(["cli/commands/compose-refusals.ts", "host/engine.ts", "host/restic-backups.ts"]);
  });

  it("F82 the program's text has no word that copies an archive into a container or out of one", async () => {
    const src = join(import.meta.dirname, "../../src");
    const found: string[] = [];
    for (const path of await readdir(src, { recursive: true }))
      if (path.endsWith(".ts") && /"cp"|"commit"|docker\("(export|import)"/.test(await readFile(join(src, path), "utf8")))
        found.push(path);
    expect(found).toEqual([]);
  });

  it("F12 compose passes on nothing that deletes data or aims elsewhere", async () => {
    const { home, name, slug } = await newHome();
    await home.ok("install", await workshop.bundle({ compose: webCompose(image) }), "--name", home.suffix, "--yes");
    const before = (await containersOf(slug)).map(({ Id }) => Id);
    for (const args of [
      ["down", "-v"],
      ["down", "--volumes"],
      ["--ansi", "never", "down", "--volumes=true"],
      ["rm", "-fsv"],
      ["up", "-dV"],
      ["-p", "other", "ps"],
      ["-pother", "ps"],
      ["--project-name=other", "ps"],
      ["-f", "/etc/passwd", "config"],
      ["--env-file", "/dev/null", "config"],
      ["--project-directory", "/", "config"],
    ]) {
      const { code, stderr } = await home.run("compose", name, "--", ...args);
      expect([args.join(" "), code]).toEqual([args.join(" "), 3]);
      expect(stderr).toContain("Try: ");
    }
    expect((await containersOf(slug)).map(({ Id }) => Id)).toEqual(before);
    expect(await volumesLike(slug)).toEqual([`${slug}_state`]);
    const { stdout } = await home.ok("compose", name, "--", "exec", "-T", "web", "sh", "-c", "echo $((6*7))");
    expect(stdout).toBe("42");
    expect((await home.run("compose", name, "--", "exec", "-T", "web", "sh", "-c", "exit 7")).code).toBe(7);
  });
});

describe("restart policies", () => {
  it("F16 stop takes them away, so that the engine wakes nothing; launch and restart put back each one", async () => {
    const { home, name, slug } = await newHome();
    const compose = `services:
  a: { image: "${image}", restart: always, ${HEALTH} }
  b: { image: "${image}", restart: unless-stopped }
  c: { image: "${image}", restart: "on-failure:3" }
  d: { image: "${image}" }
`;
    await home.ok("install", await workshop.bundle({ compose }), "--name", home.suffix, "--yes");
    const policies = async () =>
      Object.fromEntries(
        (await containersOf(slug)).map(({ Config, HostConfig }) => [
          Config.Labels["com.docker.compose.service"] ?? "",
          HostConfig.RestartPolicy,
        ]),
      );
    const before = await policies();
    expect(before).toMatchObject({
      a: { Name: "always" },
      b: { Name: "unless-stopped" },
      c: { Name: "on-failure", MaximumRetryCount: 3 },
    });
    await home.ok("stop", name);
    // A service without a policy has an empty one, which means the same.
    expect(Object.values(await policies()).map(each => each.Name || "no")).toEqual(["no", "no", "no", "no"]);
    await home.ok("stop", name);
    await home.ok("launch", name);
    expect(await policies()).toEqual(before);
    await home.ok("restart", name);
    expect(await policies()).toEqual(before);
  });

  it("F16 a stopped instance that somebody starts by hand and stops again still gets its policies back", async () => {
    const { home, name, slug } = await newHome();
    await home.ok(
      "install",
      await workshop.bundle({ compose: webCompose(image, { more: "restart: always" }) }),
      "--name",
      home.suffix,
      "--yes",
    );
    await home.ok("stop", name);
    await docker("start", `${slug}-web-1`);
    await home.ok("stop", name);
    await home.ok("launch", name);
    expect((await containersOf(slug)).map(each => each.HostConfig.RestartPolicy.Name)).toEqual(["always"]);
  });
});

describe("images", () => {
  it("F18 a later bundle that takes over a tag leaves the running release on its image, also after a restart, and in copies of it", async () => {
    const { home, name, slug } = await newHome();
    const tag = await workshop.image("vendor/app:9", "first cut");
    const first = await imageId(tag);
    await home.ok("install", await workshop.bundle({ compose: webCompose(tag) }), "--name", home.suffix, "--yes");
    await workshop.image("vendor/app:9", "second cut");
    const second = await imageId(tag);
    const bundle = await workshop.bundle({ compose: webCompose(tag), version: "v1.0.1", images: [tag] });
    await docker("tag", first, tag);
    await docker("image", "rm", "--no-prune", second);

    await home.ok("install", bundle, "--name", home.suffix, "--yes");
    expect(await imageId(tag)).toBe(second);
    await home.ok("restart", name);
    await home.ok("copy", name, "--name", `${home.suffix}b`, "--data", "none", "--yes");
    const running = async (project: string) => (await containersOf(project)).map(each => each.Image);
    expect(await running(slug)).toEqual([first]);
    expect(await running(`${slug}b`)).toEqual([first]);
    expect(await running(`v1_0_1_${home.suffix}`)).toEqual([second]);
  });

  it("F18 going back from an install gives the tag back, and takes away the image that came with it", async () => {
    const { home } = await newHome();
    const tag = await workshop.image("vendor/app:7", "the old one");
    const old = await imageId(tag);
    await workshop.image("vendor/app:7", "the stolen one");
    const stolen = await imageId(tag);
    const compose = webCompose(tag).replace(HEALTH, `healthcheck: ${NEVER_HEALTHY}`);
    const bundle = await workshop.bundle({ ...QUICK_HEALTH(compose, 3), images: [tag] });
    await docker("tag", old, tag);
    await docker("image", "rm", "--no-prune", stolen);
    const { code, stderr } = await home.run("install", bundle, "--name", home.suffix, "--yes");
    expect(code).toBe(5);
    expect(stderr).toContain(`loading moves the tag ${tag}`);
    expect(stderr).toMatch(/did not become healthy within 3 s; last seen: web: unhealthy/);
    expect(await imageId(tag)).toBe(old);
    await expect(imageId(stolen)).rejects.toThrow();
    expect(await leftovers(home.suffix)).toEqual([]);
  });

  it("F83 an image that other images are made from does not keep an instance from being removed", async () => {
    const { home, name } = await newHome();
    const base = await workshop.image("base", "a base");
    const child = `${workshop.prefix}/child:1`;
    await execa("docker", ["build", "--quiet", "--tag", child, "-"], {
      input: `FROM ${base}\nLABEL child=1\n`,
      env: { DOCKER_BUILDKIT: "0" },
    });
    workshop.owns(child);
    await home.ok("install", await workshop.bundle({ compose: webCompose(base) }), "--name", home.suffix, "--no-launch", "--yes");
    await home.ok("remove", name, "--current", "--volumes", "--confirm", name);
    expect(await imageId(child)).toMatch(/^sha256:/);
    expect(await leftovers(home.suffix)).toEqual([]);
  });
});

describe("two operators", () => {
  it("F26 of several installs and launches at once in one home exactly one proceeds; the others are told who is at work", async () => {
    const { home, name } = await newHome();
    const bundle = await workshop.bundle({ compose: webCompose(image) });
    const attempts = ["", "b", "c"].map(each => home.run("install", bundle, "--name", home.suffix + each, "--yes"));
    const results = await Promise.all(attempts);
    expect(results.map(({ code }) => code).sort()).toEqual([0, 6, 6]);
    for (const { stderr } of results.filter(({ code }) => code === 6))
      expect(stderr).toMatch(/^Error: `graph-mgr .*\(process \d+, since /m);
    const listed = await home.json<{ instances: { name: string }[] }>("list");
    expect(listed.instances).toHaveLength(1);
    const [own] = listed.instances;
    await home.ok("stop", own!.name);
    const launches = await Promise.all([
      home.run("launch", own!.name),
      home.run("launch", own!.name),
      home.run("stop", own!.name),
    ]);
    expect(launches.map(({ code }) => code).sort()).toEqual([0, 6, 6]);
    expect(name).toContain(home.suffix);
  });

  it("F27 a holder that is killed frees the lock at once; what it left is to be resumed or undone", async () => {
    const { home, name, slug } = await newHome();
    const compose = webCompose(image).replace(HEALTH, `healthcheck: ${NEVER_HEALTHY}`);
    const bundle = await workshop.bundle({ compose });
    const child = execa(process.execPath, [BIN, "install", bundle, "--name", home.suffix, "--yes", "--home", home.path], {
      reject: false,
      stdin: "ignore",
      env: { GRAPH_MGR_HOME: "" },
    });
    await until(
      () => containersOf(slug),
      all => all.some(each => each.State.Running),
      120_000,
    );
    const busy = await home.run("stop", name);
    expect(busy.code).toBe(6);
    child.kill("SIGKILL");
    await child;
    const begun = Date.now();
    const next = await home.run("stop", name);
    expect(next.code).toBe(3);
    expect(next.stderr).toContain("graph-mgr resume");
    expect(next.stderr).toContain("graph-mgr undo");
    expect(Date.now() - begun).toBeLessThan(15_000);
    await home.ok("undo");
    expect(await leftovers(home.suffix)).toEqual([]);
    expect((await home.json<{ instances: unknown[] }>("list")).instances).toEqual([]);
  });
});

describe("a port that is taken between plan and launch", () => {
  it("F35 fails the launch, and everything is put back", async () => {
    const { home, slug } = await newHome();
    const port = randomPort();
    const thief = `${home.suffix}-thief`;
    const PATH = await shim(
      `case " $* " in *" compose "*" up "*) docker() { "$(which -a docker | sed -n 2p)" "$@"; }; docker run -d --name ${thief} -p ${port}:80 ${image} >/dev/null 2>&1;; esac`,
    );
    try {
      const bundle = await workshop.bundle({ compose: webCompose(image, { port }) });
      const { code, stderr } = await home.runWith({ PATH }, "install", bundle, "--name", home.suffix, "--yes");
      expect((await inspect(thief)).map(each => each.State.Running)).toEqual([true]);
      expect(code).toBe(5);
      expect(stderr).toMatch(/port is already allocated|in use/);
      expect(stderr).toContain("Everything was put back as it was.");
      expect((await leftovers(home.suffix)).filter(each => each !== thief)).toEqual([]);
      expect(await containersOf(slug)).toEqual([]);
      expect(await home.json<{ instances: unknown[]; current: string | null }>("list")).toMatchObject({
        instances: [],
        current: null,
      });
    } finally {
      await docker("rm", "--force", thief);
    }
  });
});

describe("the engine", () => {
  it("F89 another engine than the one an instance lives on is refused, and so is none", async () => {
    const { home, name, slug } = await newHome();
    await home.ok("install", await workshop.bundle({ compose: webCompose(image) }), "--name", home.suffix, "--yes");
    const nowhere = await home.runWith({ DOCKER_HOST: "unix:///nowhere.sock" }, "stop", name);
    expect(nowhere.code).toBe(3);
    expect(nowhere.stderr).toMatch(/^Error: .*Docker/m);
    const record = join(home.path, ".graph-mgr/instances", `${name}.json`);
    const text = await readFile(record, "utf8");
    const value = JSON.parse(text) as Record<string, unknown>;
    await writeFile(record, JSON.stringify({ ...value, engine: "AAAA:BBBB" }));
    for (const args of [
      ["stop", name],
      ["launch", name],
      ["restart", name],
      ["remove", name, "--current"],
      ["copy", name, "--name", "x", "--yes"],
    ]) {
      const { code, stderr } = await home.run(...args);
      expect([args[0], code]).toEqual([args[0], 3]);
      expect(stderr).toContain("lives on another Docker Engine");
    }
    expect((await containersOf(slug)).map(each => each.State.Running)).toEqual([true]);
    await writeFile(record, text);
    await home.ok("stop", name);
  });

  it("F88 more output than a pipe's buffer comes through whole", async () => {
    const { home, name } = await newHome();
    const compose = `services: { web: { image: "${image}", command: ["sh", "-c", "head -c 3000000 /dev/zero | tr '\\\\0' x | sed 's/.\\\\{1000\\\\}/&\\\\n/g'; exec serve"] } }\n`;
    await home.ok("install", await workshop.bundle({ compose }), "--name", home.suffix, "--yes");
    const { stdout } = await home.ok("logs", name);
    expect(stdout.replaceAll(/[^x]/g, "").length).toBe(3_000_000);
    await home.ok("status", name);
  });

  it("F84 nothing of an image gets into the copy of an empty volume", async () => {
    const { home, name, slug } = await newHome();
    const compose = `services: { web: { image: "${image}", volumes: ["www:/www"] } }\nvolumes: { www: { name: vendor_www } }\n`;
    await home.ok("install", await workshop.bundle({ compose }), "--name", home.suffix, "--yes");
    await home.ok("stop", name);
    const inVolume = (volume: string, ...command: readonly string[]) =>
      docker("run", "--rm", "--network=none", "--volume", `${volume}:/v`, image, ...command);
    expect(await inVolume(`${slug}_www`, "ls", "-A", "/v")).toBe("note");
    await inVolume(`${slug}_www`, "rm", "/v/note");
    await home.ok("copy", name, "--name", `${home.suffix}b`, "--data", "copy", "--no-launch", "--yes");
    expect(await inVolume(`${slug}b_www`, "ls", "-A", "/v")).toBe("");
  });
});
