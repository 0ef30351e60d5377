import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, imageId, leftovers, randomPort } from "./support/engine.ts";
import { HEALTH, Workshop, webCompose } from "./support/make-bundle.ts";

let workshop: Workshop;
let image: string;
let home: TestHome;
beforeAll(async () => {
  workshop = await Workshop.make();
  image = await workshop.image("web");
  home = await TestHome.make();
});
afterAll(async () => {
  await home.remove();
  await workshop.remove();
});
let counter = 0;
const fresh = () => `${home.suffix}${String.fromCharCode(97 + counter++)}`;
const description = (timeoutSeconds: number) => `schema: 1
product: sample
layouts: [ { layout: only, versions: "*" } ]
health: { timeoutSeconds: ${timeoutSeconds}, windowSeconds: 2 }
`;

describe("an image archive that is damaged", () => {
  let bytes: Buffer;
  let tag: string;
  let id: string;
  beforeAll(async () => {
    tag = await workshop.image("shipped");
    id = await imageId(tag);
    bytes = await readFile(join(await workshop.bundle({ compose: "", images: [tag] }), "containers.tar"));
    await docker("image", "rm", tag);
    await expect(imageId(id)).rejects.toThrow();
  });
  const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    "cut after 5 %": all => all.subarray(0, Math.floor(all.length * 0.05)),
    "cut after 50 %": all => all.subarray(0, Math.floor(all.length * 0.5)),
    "cut after 99 %": all => all.subarray(0, Math.floor(all.length * 0.99)),
    "with a bit flipped in a layer": all => {
      const copy = Buffer.from(all);
      const at = all.indexOf(Buffer.from("BusyBox"));
      copy[at] = copy[at]! ^ 1;
      return copy;
    },
    empty: () => Buffer.from(""),
  };
  it.each(Object.keys(damages))("F53 %s launches nothing, loads nothing and leaves nothing", async what => {
    const name = fresh();
    const made = await workshop.bundle({ compose: webCompose(tag), files: { "containers.tar": damages[what]!(bytes) } });
    const { code, stderr } = await home.run("install", made, "--name", name, "--yes");
    expect([what, code]).toEqual([what, 3]);
    expect(stderr).toMatch(/^Error: /m);
    await expect(imageId(tag)).rejects.toThrow();
    await expect(imageId(id)).rejects.toThrow();
    expect(await leftovers(name)).toEqual([]);
  });

  it.each(["folder", "tar", "tar.gz"] as const)(
    "the whole one is loaded from a bundle that is a %s, and taken away with its instance",
    async as => {
      const name = fresh();
      const files = { "containers.tar": bytes };
      const made = await workshop.bundle({
        compose: webCompose(tag),
        files,
        as,
        ...(as === "tar.gz" ? { top: "sample-v1.0.0" } : {}),
      });
      await home.ok("install", made, "--name", name, "--yes");
      expect((await containersOf(`v1_0_0_${name}`)).map(each => each.Image)).toEqual([id]);
      expect((await execa("find", [`${home.path}/releases/v1.0.0-${name}`, "-name", "containers.tar*"])).stdout).toBe("");
      await home.ok("stop", `v1.0.0-${name}`);
      await home.ok("remove", `v1.0.0-${name}`, "--current", "--volumes", "--confirm", `v1.0.0-${name}`);
      await expect(imageId(id)).rejects.toThrow();
      expect(await leftovers(name)).toEqual([]);
    },
  );
});

describe("products that nobody described", () => {
  it("several services, an env_file, one-shots that end with 0, no port: healthy when their checks pass", async () => {
    const name = fresh();
    const compose = `services:
  init: { image: "${image}", command: ["sh", "-c", "echo made > /data/made"], volumes: ["data:/data"] }
  web: { image: "${image}", env_file: [ settings/app.env ], volumes: ["data:/data:ro"], depends_on: { init: { condition: service_completed_successfully } }, ${HEALTH} }
  worker: { image: "${image}", command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"], read_only: true, tmpfs: [ /tmp ] }
volumes: { data: }
`;
    const made = await workshop.bundle({ compose, files: { "settings/app.env": "COLOUR=blue\n" } });
    await home.ok("install", made, "--name", name, "--yes");
    const { instances } = await home.json<{ instances: { name: string }[] }>("list");
    expect(instances.find(each => each.name === `v1.0.0-${name}`)).toMatchObject({
      state: "running",
      health: "healthy",
      ports: [],
    });
    await home.ok("stop", `v1.0.0-${name}`);
    await home.ok("launch", `v1.0.0-${name}`);
    const copy = fresh();
    await home.ok("copy", `v1.0.0-${name}`, "--name", copy, "--data", "copy", "--stop-source", "--yes");
    expect(await docker("exec", `v1_0_0_${copy}-web-1`, "cat", "/data/made")).toBe("made");
    expect((await containersOf(`v1_0_0_${copy}`)).flatMap(each => each.Config.Env ?? [])).toContain("COLOUR=blue");
  });

  it("without VERSION and without --release a bundle is refused with what to type", async () => {
    const name = fresh();
    const made = await workshop.bundle({ compose: webCompose(image), version: null });
    const { code, stderr } = await home.run("install", made, "--name", name, "--yes");
    expect(code).toBe(3);
    expect(stderr).toContain("Try: give it with --release");
    await home.ok("install", made, "--release", "v1.0.0", "--name", name, "--no-launch", "--yes");
  });

  it("a folder without a compose file, and a file that is none of ours, are refused", async () => {
    const name = fresh();
    const empty = await workshop.bundle({ compose: "", files: {} });
    await execa("rm", [join(empty, "docker-compose.yml")]);
    const text = join(workshop.folder, "text.tar.gz");
    await writeFile(text, "this is no archive");
    for (const path of [empty, text, "/nowhere.tar.gz", "/dev/null"]) {
      const { code, stderr } = await home.run("install", path, "--name", name, "--yes");
      expect([path, code]).toEqual([path, 3]);
      expect(stderr).toMatch(/^Error: /m);
    }
    expect(await leftovers(name)).toEqual([]);
  });
});

describe("an instance that does not become healthy", () => {
  const failing: Readonly<Record<string, { readonly service: string; readonly reason: RegExp }>> = {
    "a service that ends with an error": {
      service: `command: ["sh", "-c", "exit 7"]`,
      reason: /web of v1.0.0-\S+ ended with code 7/,
    },
    "a service that crashes again and again": {
      service: `command: ["sh", "-c", "sleep 0.3; exit 9"], restart: always`,
      reason: /web.*ended with code 9.*restarted \d+ times|restarting services/,
    },
    "a service that dies after three seconds": {
      service: `command: ["sh", "-c", "sleep 2; exit 5"]`,
      reason: /ended with code 5/,
    },
    "a check that never passes": {
      service: `healthcheck: { test: ["CMD-SHELL", "echo no such page; exit 1"], interval: 1s, retries: 1 }`,
      reason: /web: unhealthy \(no such page\)/,
    },
    "a check that hangs": {
      service: `healthcheck: { test: ["CMD", "sleep", "60"], interval: 1s, timeout: 1s, retries: 1 }`,
      reason: /did not become healthy within 6 s/,
    },
    "a program that is not there": { service: `command: ["/no/such/program"]`, reason: /no such file|not found/i },
  };
  it.each(Object.keys(failing))("F55 F56 %s: exit 5 with the reason, all undone", async what => {
    const name = fresh();
    const { service, reason } = failing[what]!;
    const made = await workshop.bundle({
      compose: `services: { web: { image: "${image}", volumes: ["state:/state"], ${service} } }\nvolumes: { state: }\n`,
      product: description(6),
    });
    const { code, stderr } = await home.run("install", made, "--name", name, "--yes");
    expect([what, code]).toEqual([what, 5]);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^Try: /m);
    expect(await leftovers(name)).toEqual([]);
  });

  it("F55 launch says so too, when a service crashes that has no check of its own", async () => {
    const name = fresh();
    const compose = `services: { web: { image: "${image}", volumes: ["state:/state"], restart: always, command: ["sh", "-c", "[ ! -f /state/broken ] || exit 9; exec serve"] } }\nvolumes: { state: }\n`;
    await home.ok("install", await workshop.bundle({ compose, product: description(6) }), "--name", name, "--yes");
    await docker("exec", `v1_0_0_${name}-web-1`, "touch", "/state/broken");
    await home.ok("stop", `v1.0.0-${name}`);
    const { code, stderr } = await home.run("launch", `v1.0.0-${name}`);
    expect(code).toBe(5);
    expect(stderr).toContain("code 9");
    expect((await containersOf(`v1_0_0_${name}`)).map(each => [each.State.Running, each.HostConfig.RestartPolicy.Name])).toEqual([
      [false, "no"],
    ]);
  });
});

it("list --json tells names, versions, projects, state, health, ports, volumes, networks and bundles", async () => {
  const own = await TestHome.make();
  try {
    const port = randomPort();
    await own.ok("install", await workshop.bundle({ compose: webCompose(image, { port }) }), "--name", own.suffix, "--yes");
    const slug = `v1_0_0_${own.suffix}`;
    expect(await own.json("list")).toEqual({
      schema: 1,
      home: own.path,
      current: `v1.0.0-${own.suffix}`,
      instances: [
        {
          name: `v1.0.0-${own.suffix}`,
          version: "v1.0.0",
          project: slug,
          state: "running",
          health: "healthy",
          movedTo: null,
          ports: [{ service: "web", container: 80, protocol: "tcp", host: expect.any(Number) as number }],
          volumes: [{ key: "state", name: `${slug}_state` }],
          networks: [`${slug}_net`],
        },
      ],
      bundles: expect.any(Array) as unknown,
    });
    await own.ok("stop", `v1.0.0-${own.suffix}`);
    expect(await own.json("list")).toMatchObject({
      instances: [{ state: "stopped", health: "none", ports: [{ host: expect.any(Number) as number }] }],
    });
  } finally {
    await own.remove();
  }
});
