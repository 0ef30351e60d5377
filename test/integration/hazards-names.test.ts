import { createServer, type Server } from "node:net";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, inspect, leftovers, randomNumber, randomPort, until, volumesLike, watch } from "./support/engine.ts";
import { HEALTH, Workshop, webCompose } from "./support/make-bundle.ts";

interface Listed {
  readonly instances: readonly {
    readonly name: string;
    readonly state: string;
    readonly ports: readonly { readonly host: number }[];
  }[];
}
interface DryRun {
  readonly plan: { readonly result: { readonly ports: readonly { readonly host: number }[] } };
}

let workshop: Workshop;
let image: string;
const homes: TestHome[] = [];
const newHome = async () => {
  const home = await TestHome.make();
  homes.push(home);
  return home;
};
/** What `docker` needs to be told by hand: a project of its own, in a folder of its own. */
const byHand = (cwd: string, ...args: readonly string[]) => execa("docker", ["compose", ...args], { cwd, stdin: "ignore" });

beforeAll(async () => {
  workshop = await Workshop.make();
  image = await workshop.image("web");
});
afterAll(async () => {
  for (const home of homes) await home.remove();
  await workshop.remove();
});

describe("an instance's volumes", () => {
  let home: TestHome;
  let name: string;
  let slug: string;
  let dir: string;

  beforeAll(async () => {
    home = await newHome();
    name = `v1.0.0-${home.suffix}`;
    slug = `v1_0_0_${home.suffix}`;
    dir = `${home.path}/releases/${name}`;
    await home.ok("install", await workshop.bundle({ compose: webCompose(image) }), "--name", home.suffix, "--yes");
  });

  it.each(["created", "exited", "running"] as const)(
    "F10 are not mounted by two: launch is refused while a %s container of another project has one",
    async state => {
      await home.ok("stop", name);
      const thief = `${home.suffix}-thief`;
      const verb = state === "created" ? ["create"] : ["run", "--detach"];
      const command = state === "exited" ? ["true"] : ["sleep", "600"];
      await docker(...verb, "--name", thief, "--init", "--volume", `${slug}_state:/stolen`, image, ...command);
      await until(
        () => inspect(thief),
        ([seen]) => seen?.State.Status === state,
      );
      let most = 0;
      const watching = watch(async () => {
        const all = await inspect(...(await docker("ps", "-q", "--filter", `volume=${slug}_state`)).split("\n").filter(Boolean));
        most = Math.max(most, all.length);
      });
      try {
        const { code, stderr } = await home.run("launch", name);
        expect(code).toBe(3);
        expect(stderr).toContain(thief);
        expect(stderr).toContain(`${slug}_state`);
      } finally {
        await watching.stop();
        await docker("rm", "--force", thief);
      }
      expect(most).toBeLessThanOrEqual(1);
      expect((await containersOf(slug)).filter(each => each.State.Running)).toEqual([]);
      await home.ok("launch", name);
    },
  );

  it("F37 stop does not claim success while a project that was started by hand with another -p runs in its folder", async () => {
    await home.ok("stop", name);
    const other = `${home.suffix}other`;
    // Of a service that the volumes' owner does not run now; the vendor's wrapper would do the same.
    await byHand(dir, "-p", other, "up", "--detach", "--pull", "never");
    try {
      const { code, stderr } = await home.run("stop", name);
      expect(code).toBe(3);
      expect(stderr).toContain(other);
      const launched = await home.run("launch", name);
      expect(launched.code).toBe(3);
      expect(launched.stderr).toContain(other);
      const copied = await home.run("copy", name, "--name", `${home.suffix}c`, "--data", "copy", "--yes");
      expect(copied.code).toBe(3);
      expect(await leftovers(`${home.suffix}c`)).toEqual([]);
    } finally {
      await byHand(dir, "-p", other, "down", "--timeout", "1");
    }
    await home.ok("launch", name);
    expect(await home.json<Listed>("list")).toMatchObject({ instances: [{ name, state: "running" }] });
  });

  it("F15 that are gone are not replaced by empty ones in silence, neither by launch nor by a copy", async () => {
    await home.ok("stop", name);
    for (const { Id } of await containersOf(slug)) await docker("rm", Id);
    await docker("volume", "rm", `${slug}_state`);
    const launched = await home.run("launch", name);
    expect(launched.code).toBe(3);
    expect(launched.stderr).toContain(`${slug}_state`);
    const copied = await home.run("copy", name, "--name", `${home.suffix}d`, "--data", "copy", "--yes");
    expect(copied.code).toBe(3);
    expect(copied.stderr).toContain(`${slug}_state`);
    expect(await volumesLike(home.suffix)).toEqual([]);
  });
});

describe("a name that is taken", () => {
  it("F11 by the same release and name in another home is refused, launched or not", async () => {
    const [first, second] = [await newHome(), await newHome()];
    const bundle = await workshop.bundle({ compose: webCompose(image) });
    await first.ok("install", bundle, "--name", first.suffix, "--no-launch", "--yes");
    const { code, stderr } = await second.run("install", bundle, "--name", first.suffix, "--yes");
    expect(code).toBe(3);
    expect(stderr).toContain(first.path);
    expect(stderr).toContain("This home is empty");
    expect(stderr).toMatch(/Try: .*--name/);
    expect((await second.json<Listed>("list")).instances).toEqual([]);
    expect(await containersOf(`v1_0_0_${first.suffix}`)).toEqual([]);
  });

  it("F11 v1.22.N and v1.2.2N, which Compose would give one project, both run and neither changes the other", async () => {
    const home = await newHome();
    const number = randomNumber();
    const names = [`v1.22.${number}`, `v1.2.2${number}`];
    const ids: string[][] = [];
    for (const version of names) {
      await home.ok("install", await workshop.bundle({ compose: webCompose(image), version }), "--yes");
      ids.push((await containersOf(version.replaceAll(".", "_"))).map(({ Id }) => Id));
    }
    expect((await home.json<Listed>("list")).instances).toMatchObject(
      [...names].sort().map(name => ({ name, state: "running" })),
    );
    expect((await containersOf(names[0]!.replaceAll(".", "_"))).map(({ Id }) => Id)).toEqual(ids[0]);
    await home.ok("stop", names[1]!);
    expect((await containersOf(names[0]!.replaceAll(".", "_"))).every(each => each.State.Running)).toBe(true);
  });

  it("F11 releases whose names differ and whose projects do not are refused", async () => {
    const home = await newHome();
    const number = randomNumber();
    const install = async (version: string, ...more: readonly string[]) =>
      home.run("install", await workshop.bundle({ compose: webCompose(image), version }), "--no-launch", "--yes", ...more);
    expect((await install(`v3.0.${number}`, "--name", "a")).code).toBe(0);
    for (const version of [`v3.0.${number}-a`, `v3.0.${number}.a`, `v3.0.${number}+A`]) {
      const { code, stderr } = await install(version);
      expect([version, code]).toEqual([version, 3]);
      expect(stderr).toContain(`v3.0.${number}-a`);
    }
    expect((await home.json<Listed>("list")).instances).toHaveLength(1);
  });

  it("F11 by a project that was started by hand is refused; one in a folder V1.0.N is left alone", async () => {
    const home = await newHome();
    const number = randomNumber();
    const version = `v1.0.${number}`;
    const slug = version.replaceAll(".", "_");
    const hand = await workshop.bundle({ compose: `services: { web: { image: "${image}", stop_grace_period: 1s } }`, files: {} });
    const bundle = await workshop.bundle({ compose: webCompose(image), version });
    const folder = `${workshop.folder}/V1.0.${number}`;
    await execa("cp", ["-r", hand, folder]);
    try {
      await byHand(hand, "-p", slug, "up", "--detach");
      const refused = await home.run("install", bundle, "--yes");
      expect(refused.code).toBe(3);
      expect(refused.stderr).toContain(slug);
      const again = await home.run("launch", version);
      expect(again.code).toBe(3);
      await byHand(hand, "-p", slug, "down", "--timeout", "1");

      await byHand(folder, "up", "--detach");
      const project = `v10${number}`;
      const [before] = await containersOf(project);
      await home.ok("install", bundle, "--yes");
      expect(await containersOf(project)).toMatchObject([{ Id: before!.Id, State: { StartedAt: before!.State.StartedAt } }]);
    } finally {
      await byHand(hand, "-p", slug, "down", "--timeout", "1");
      await byHand(folder, "down", "--timeout", "1");
    }
  });

  it("F11 a launch is refused when somebody took the project between laying out and launching", async () => {
    const home = await newHome();
    const slug = `v1_0_0_${home.suffix}`;
    await home.ok(
      "install",
      await workshop.bundle({ compose: webCompose(image) }),
      "--name",
      home.suffix,
      "--no-launch",
      "--yes",
    );
    const hand = await workshop.bundle({ compose: `services: { web: { image: "${image}", stop_grace_period: 1s } }` });
    await byHand(hand, "-p", slug, "up", "--detach");
    const [before] = await containersOf(slug);
    const { code, stderr } = await home.run("launch", `v1.0.0-${home.suffix}`);
    expect(code).toBe(3);
    expect(stderr).toContain(hand);
    expect(await containersOf(slug)).toMatchObject([{ Id: before!.Id, State: { Running: true } }]);
  });

  it("F14 by a volume that is there already is refused, and what is in it stays", async () => {
    const home = await newHome();
    const volume = `v1_0_0_${home.suffix}_state`;
    await docker("volume", "create", volume);
    const inVolume = (...command: readonly string[]) =>
      docker("run", "--rm", "--network=none", "--volume", `${volume}:/v`, image, ...command);
    await inVolume("sh", "-c", "echo precious > /v/file");
    try {
      const { code, stderr } = await home.run(
        "install",
        await workshop.bundle({ compose: webCompose(image) }),
        "--name",
        home.suffix,
        "--yes",
      );
      expect(code).toBe(3);
      expect(stderr).toContain(volume);
      expect(await inVolume("cat", "/v/file")).toBe("precious");
      expect(await inVolume("ls", "-A", "/v")).toBe("file");
      expect(await leftovers(home.suffix)).toEqual([volume]);
    } finally {
      await docker("volume", "rm", volume);
    }
  });

  it("F36 a fixed container_name does not keep two instances from running, and stays the name that services call each other by", async () => {
    const home = await newHome();
    const fixed = `${workshop.prefix}-fixed`;
    const compose = `services:
  web: { image: "${image}", container_name: ${fixed}, stop_grace_period: 1s, ${HEALTH} }
  asker:
    image: ${image}
    stop_grace_period: 1s
    healthcheck: { test: ["CMD-SHELL", "wget -qO- http://${fixed}/note"], interval: 1s, timeout: 2s, retries: 20 }
`;
    const bundle = await workshop.bundle({ compose });
    await home.ok("install", bundle, "--name", home.suffix, "--yes");
    await home.ok("install", bundle, "--name", `${home.suffix}b`, "--yes");
    await home.ok("copy", `v1.0.0-${home.suffix}`, "--name", `${home.suffix}c`, "--data", "none", "--yes");
    expect((await home.json<Listed>("list")).instances).toMatchObject([
      { state: "running", health: "healthy" },
      { state: "running", health: "healthy" },
      { state: "running", health: "healthy" },
    ]);
    expect((await containersOf(`v1_0_0_${home.suffix}c`)).map(({ Name }) => Name)).toContain(`/v1_0_0_${home.suffix}c_${fixed}`);
  });
});

describe("a port that is taken", () => {
  const listen = (port: number, host: string) =>
    new Promise<Server>((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen(port, host, () => resolve(server));
    });

  it.each(["0.0.0.0", "127.0.0.1", "::1"])("F35 on %s is not proposed, and refused when it is asked for", async address => {
    const home = await newHome();
    const port = randomPort();
    const server = await listen(port, address);
    try {
      const bundle = await workshop.bundle({ compose: webCompose(image, { port }) });
      const { plan } = await home.json<DryRun>("install", bundle, "--name", home.suffix, "--dry-run");
      expect(plan.result.ports[0]?.host).toBeGreaterThan(port);
      const asked = await home.run("install", bundle, "--name", home.suffix, "--http-port", String(port), "--yes");
      expect(asked.code).toBe(3);
      expect(asked.stderr).toContain(`Port ${port}`);
      expect(await leftovers(home.suffix)).toEqual([]);
    } finally {
      server.close();
    }
  });

  it("F35 by another instance is not proposed even while that one is stopped, and launching both is refused", async () => {
    const home = await newHome();
    const port = randomPort();
    const bundle = await workshop.bundle({ compose: webCompose(image, { port }) });
    const [a, b] = [`v1.0.0-${home.suffix}`, `v1.0.0-${home.suffix}b`];
    await home.ok("install", bundle, "--name", home.suffix, "--yes");
    await home.ok("stop", a);
    await home.ok("install", bundle, "--name", `${home.suffix}b`, "--no-launch", "--yes");
    await home.ok("install", bundle, "--name", `${home.suffix}c`, "--http-port", String(port), "--yes");
    const listed = (await home.json<Listed>("list")).instances;
    expect(listed.find(each => each.name === b)?.ports[0]?.host).not.toBe(port);
    const { code, stderr } = await home.run("launch", a);
    expect(code).toBe(3);
    expect(stderr).toContain(`v1_0_0_${home.suffix}c`);
  });
});

describe("hostile names", () => {
  const EVIL = [
    "-x",
    "a;touch canary",
    "$(touch canary)",
    "a\nb",
    "..",
    "../up",
    "A",
    "a b",
    "\u202eabc",
    "é",
    "x".repeat(256),
    "",
    "a/b",
    "a_b",
  ];

  it("F52 are refused for --name before anything is done", async () => {
    const home = await newHome();
    const bundle = await workshop.bundle({ compose: webCompose(image) });
    for (const name of EVIL) {
      const { code, stderr } = await home.run("install", bundle, `--name=${name}`, "--yes");
      expect([name, code === 2 || code === 3]).toEqual([name, true]);
      expect(stderr).toMatch(/^Error: /m);
      expect(stderr).not.toContain("\u202e");
    }
    expect((await home.json<Listed>("list")).instances).toEqual([]);
  });

  it("F52 are refused for releases, by flag and in VERSION", async () => {
    const home = await newHome();
    const bundle = await workshop.bundle({ compose: webCompose(image), version: null });
    for (const release of [
      "-x",
      "v1;touch canary",
      "v1..2",
      "v1/../../x",
      "v$(touch canary)",
      "latest",
      "v1\u202e2",
      `v${"1".repeat(300)}`,
    ]) {
      const flag = await home.run("install", bundle, `--release=${release}`, "--name", home.suffix, "--yes");
      expect([release, flag.code]).toEqual([release, 3]);
      const written = await home.run(
        "install",
        await workshop.bundle({ compose: webCompose(image), version: release }),
        "--name",
        home.suffix,
        "--yes",
      );
      expect([release, written.code]).toEqual([release, 3]);
      expect(written.stderr).not.toContain("\u202e");
    }
    expect(await leftovers(home.suffix)).toEqual([]);
  });

  it.each(["-x", "a;b", ".."])("F52 a service called %j is refused with nothing left over", async service => {
    const home = await newHome();
    const bundle = await workshop.bundle({ compose: `services: { ${JSON.stringify(service)}: { image: "${image}" } }` });
    const { code, stderr } = await home.run("install", bundle, "--name", home.suffix, "--yes");
    expect([service, code]).toEqual([service, 3]);
    expect(stderr).toMatch(/^Error: /m);
    expect(await leftovers(home.suffix)).toEqual([]);
  });

  it("F52 an instance that is named with an option or a path is not found, and no file of that name appears", async () => {
    const home = await newHome();
    for (const name of ["../../etc", "--", "v1;touch canary", "$(touch canary)"]) {
      const { code } = await home.run("stop", name);
      expect([name, code === 2 || code === 3]).toEqual([name, true]);
    }
  });
});
