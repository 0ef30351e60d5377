import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { docker, TestHome } from "./support/cli.ts";
import { containersOf, leftovers, volumesLike, watch } from "./support/engine.ts";
import { type BundleParts, HEALTH, Workshop } from "./support/make-bundle.ts";

interface Model {
  readonly name: string;
  readonly volumes?: Readonly<Record<string, { readonly name: string; readonly external?: boolean }>>;
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly volumes?: readonly { readonly type: string; readonly source?: string; readonly target: string }[];
        readonly environment?: Readonly<Record<string, string>>;
      }
    >
  >;
}

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
/** A name for each test, so that they share one home. */
const fresh = () =>
  `${home.suffix}${String.fromCharCode(97 + Math.floor(counter / 26))}${String.fromCharCode(97 + (counter++ % 26))}`;
const slugOf = (name: string) => `v1_0_0_${name}`;

/** What plain Compose makes of a folder, without any variable of ours. */
async function config(cwd: string): Promise<Model> {
  const { stdout } = await execa("docker", ["compose", "--profile", "*", "config", "--format", "json"], { cwd });
  return JSON.parse(stdout) as Model;
}
const namesOf = (model: Model) => Object.fromEntries(Object.entries(model.volumes ?? {}).map(([key, { name }]) => [key, name]));
/** Every mount, with what it is but without names. */
const mountsOf = (model: Model, dir: string) =>
  Object.entries(model.services).map(([service, { volumes = [] }]) => [
    service,
    volumes.map(mount => ({ ...mount, source: mount.source?.replace(dir, "") })),
  ]);

/** Lays a bundle out and copies the result; both must have names of their own, in what plain Compose makes of their folders. */
async function layOutAndCopy(parts: Omit<BundleParts, "version">, ...flags: readonly string[]) {
  const bundle = await workshop.bundle(parts);
  const vendor = await config(bundle);
  const [name, copy] = [fresh(), fresh()];
  await home.ok("install", bundle, "--name", name, "--no-launch", "--yes", ...flags);
  await home.ok("copy", `v1.0.0-${name}`, "--name", copy, "--data", "none", "--no-launch", "--yes", ...flags);
  const found = [];
  for (const own of [name, copy]) {
    const dir = `${home.path}/releases/v1.0.0-${own}`;
    const model = await config(dir);
    expect(model.name).toBe(slugOf(own));
    expect(mountsOf(model, dir)).toEqual(mountsOf(vendor, bundle));
    found.push({ own, slug: slugOf(own), dir, model });
  }
  return found;
}

/** The keys of volumes that must have got names of their own, each `<slug>_<key>`. */
const ownNames = (slug: string, ...keys: readonly string[]) => Object.fromEntries(keys.map(key => [key, `${slug}_${key}`]));

describe("compose files are read as Compose reads them", () => {
  it("F42 anchors, aliases and merges: only names differ", async () => {
    const compose = `x-base: &base
  image: ${image}
  volumes: &mounts [ "data:/data", "logs:/logs" ]
x-volume: &volume { name: vendor_data }
services:
  web: { <<: *base, command: ["sleep", "9"] }   # a comment
  worker: { <<: *base, volumes: *mounts }
volumes:
  data: *volume
  logs: { <<: *volume, name: vendor_logs }
`;
    for (const { slug, model } of await layOutAndCopy({ compose }))
      expect(namesOf(model)).toEqual(ownNames(slug, "data", "logs"));
  });

  it("F43 an external volume keeps its name, is told of, and outlives the instance", async () => {
    const shared = `${workshop.prefix}-shared`;
    await docker("volume", "create", shared);
    try {
      const compose = `services: { web: { image: "${image}", volumes: ["theirs:/theirs", "own:/own"] } }
volumes: { theirs: { external: true, name: ${shared} }, own: }
`;
      const bundle = await workshop.bundle({ compose });
      const { stderr } = await home.ok("install", bundle, "--name", fresh(), "--no-launch", "--yes");
      expect(stderr).toContain(`the volume ${shared} is external`);
      const [first] = await layOutAndCopy({ compose });
      expect(namesOf(first!.model)).toEqual({ theirs: shared, own: `${first!.slug}_own` });
      const name = `v1.0.0-${first!.own}`;
      await home.ok("remove", name, "--volumes", "--confirm", name);
      expect(await volumesLike(shared)).toEqual([shared]);
      expect(await volumesLike(`${first!.slug}_own`)).toEqual([]);
    } finally {
      await docker("volume", "rm", shared).catch(() => undefined);
    }
  });

  it("F44 a volume that stands for a folder of the machine is refused: another name would be the same folder", async () => {
    const compose = (device: string) => `services: { web: { image: "${image}", volumes: ["data:/data"] } }
volumes: { data: { driver_opts: { type: none, o: bind, device: ${device} } } }
`;
    for (const device of ["/srv", "/srv/x"]) {
      const name = fresh();
      const { code, stderr } = await home.run(
        "install",
        await workshop.bundle({ compose: compose(device) }),
        "--name",
        name,
        "--yes",
      );
      expect(code).toBe(3);
      expect(stderr).toContain(device);
      expect(await leftovers(name)).toEqual([]);
    }
  });

  it("F45 volumes without a name get <project>_<key>, as the documentation of Compose says", async () => {
    const compose = `services: { web: { image: "${image}", volumes: ["data:/data", "b-c:/b"] } }
volumes:
  data:
  b-c: {}
`;
    for (const { slug, model } of await layOutAndCopy({ compose })) expect(namesOf(model)).toEqual(ownNames(slug, "data", "b-c"));
  });

  it.each([
    ["set", "PREFIX=acme\n", "${PREFIX:-std}_data"],
    ["unset", "", "${PREFIX:-std}_data"],
    ["empty", "PREFIX=\n", "x${PREFIX-std}_data"],
    ["required", "PREFIX=acme\n", "${PREFIX:?must be set}_data"],
  ])("F47 a name from a variable that is %s becomes the instance's own", async (_, env, name) => {
    const compose = `services: { web: { image: "${image}", volumes: ["data:/data"], environment: { NAME: "${name}" } } }
volumes: { data: { name: "${name}" } }
`;
    const [vendor, own] = [await config(await workshop.bundle({ compose, env })), await layOutAndCopy({ compose, env })];
    for (const { slug, model } of own) {
      expect(namesOf(model)).toEqual(ownNames(slug, "data"));
      // What only looks like the name stays.
      expect(model.services["web"]?.environment).toMatchObject(vendor.services["web"]!.environment!);
    }
  });

  it("F48 long syntax, tmpfs, subpaths and volumes_from keep every mount", async () => {
    const compose = `services:
  web:
    image: ${image}
    volumes:
      - { type: volume, source: data, target: /data, read_only: true, volume: { nocopy: true, subpath: below } }
      - type: volume
        source: logs
        target: /logs
      - { type: tmpfs, target: /scratch, tmpfs: { size: 1000000 } }
      - { type: bind, source: ./files, target: /files, bind: { create_host_path: true } }
      - ./files/one:/one:ro
  taker: { image: "${image}", volumes_from: ["web:ro"] }
volumes: { data: { name: vendor_data }, logs: }
`;
    for (const { slug, model } of await layOutAndCopy({ compose, files: { "files/one": "1" } })) {
      expect(namesOf(model)).toEqual(ownNames(slug, "data", "logs"));
      expect(model.services["web"]?.volumes).toHaveLength(5);
      expect(model.services["taker"]).toMatchObject({ volumes_from: ["web:ro"] });
    }
  });

  const web = `{ image: "${"IMAGE"}", volumes: ["data:/data"] }`;
  const cases: Readonly<Record<string, (image: string) => Omit<BundleParts, "version">>> = {
    "an included file": image => ({
      compose: `include: [ sub/more.yml ]\nservices: { web: ${web.replace("IMAGE", image)} }\nvolumes: { data: { name: vendor_data } }\n`,
      files: {
        "sub/more.yml": `services: { other: { image: "${image}", volumes: ["logs:/logs"] } }\nvolumes: { logs: { name: vendor_logs } }\n`,
      },
    }),
    "a file that a service extends": image => ({
      compose: `services: { web: { extends: { file: base.yml, service: base } } }\nvolumes: { data: { name: vendor_data }, logs: }\n`,
      files: { "base.yml": `services: { base: { image: "${image}", volumes: ["data:/data", "logs:/logs"] } }\n` },
    }),
    "an override file": image => ({
      compose: `services: { web: ${web.replace("IMAGE", image)} }\nvolumes: { data: { name: vendor_data } }\n`,
      files: {
        "docker-compose.override.yml": `services: { web: { volumes: ["logs:/logs"] } }\nvolumes: { logs: { name: vendor_logs }, data: { name: overridden } }\n`,
      },
    }),
    "files that COMPOSE_FILE names": image => ({
      compose: "services: {}\n",
      env: "COMPOSE_FILE=a.yml:sub/b.yml\n",
      files: {
        "a.yml": `services: { web: ${web.replace("IMAGE", image)} }\nvolumes: { data: { name: vendor_data } }\n`,
        "sub/b.yml": `services: { web: { volumes: ["logs:/logs"] } }\nvolumes: { logs: { name: vendor_logs } }\n`,
      },
    }),
  };
  it.each(Object.keys(cases))("F49 %s is edited where the name stands", async what => {
    for (const { slug, model } of await layOutAndCopy(cases[what]!(image)))
      expect(namesOf(model)).toEqual(ownNames(slug, "data", "logs"));
  });

  it.each([
    "oci://registry.invalid/x",
    "https://example.invalid/x.git",
    "git@example.invalid:x.git",
    "/etc/more.yml",
    "../more.yml",
  ])("F49 an include of %s is refused, at once", async from => {
    const name = fresh();
    const compose = `include: [ "${from}" ]\nservices: { web: { image: "${image}" } }\n`;
    const begun = Date.now();
    // Nothing else on the machine is waited for, so that the time is its own.
    const { code, stderr } = await home.run("install", await workshop.bundle({ compose }), "--name", name, "--dry-run");
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Error: .*include|^Error: .*docker-compose\.yml/m);
    expect(Date.now() - begun).toBeLessThan(20_000);
    expect(await leftovers(name)).toEqual([]);
  });
});

describe("compose files that are made to hurt", () => {
  const laughs = `x-a: &a ["ha","ha","ha","ha","ha","ha","ha","ha","ha"]
${"bcdefghijkl"
  .split("")
  .map((key, at, all) => `x-${key}: &${key} [${`*${at === 0 ? "a" : all[at - 1]},`.repeat(9).slice(0, -1)}]`)
  .join("\n")}
`;
  const evil: Readonly<Record<string, (image: string) => string>> = {
    "too big": image => `services: { web: { image: "${image}" } }\n${`# ${"x".repeat(1000)}\n`.repeat(3000)}`,
    "with a key twice": image => `services:\n  web: { image: "${image}" }\n  web: { image: other }\n`,
    "a billion laughs": image => `${laughs}services: { web: { image: "${image}", command: *l } }\n`,
    "indented with tabs": image => `services:\n\tweb:\n\t\timage: ${image}\n`,
    "no YAML": () => "{{{{",
    "a list": () => "- services\n",
    "deeply nested": image => `x-deep: ${"[".repeat(20_000)}${"]".repeat(20_000)}\nservices: { web: { image: "${image}" } }\n`,
    empty: () => "",
  };
  it.each(Object.keys(evil))("F51 %s: refused, quickly, with nothing left over", async what => {
    const name = fresh();
    const bundle = await workshop.bundle({ compose: evil[what]!(image) });
    const begun = Date.now();
    // Nothing else on the machine is waited for, so that the time is its own.
    const { code, stderr } = await home.run("install", bundle, "--name", name, "--dry-run");
    expect([what, code]).toEqual([what, 3]);
    expect(stderr).toMatch(/^Error: /m);
    expect(stderr.length).toBeLessThan(2000);
    expect(Date.now() - begun).toBeLessThan(20_000);
    expect(await leftovers(name)).toEqual([]);
  });
});

describe("what runs", () => {
  const names: string[] = [];
  afterEach(async () => {
    for (const name of names.splice(0)) for (const { Id } of await containersOf(slugOf(name))) await docker("rm", "-fv", Id);
  });

  it("F46 volumes without a name: named in the plan of a copy, deleted with the instance, and none is left when a launch is undone", async () => {
    const withVolume = await workshop.image("volume", "with a VOLUME", ["VOLUME /kept"]);
    const compose = (more: string) => `services: { web: { image: "${withVolume}", volumes: ["/also"], ${more} } }\n`;
    const [name, copy] = [fresh(), fresh()];
    names.push(name, copy);
    await home.ok("install", await workshop.bundle({ compose: compose(HEALTH) }), "--name", name, "--yes");
    const [web] = await containersOf(slugOf(name));
    const own = web!.Mounts.map(mount => mount.Name!);
    expect(own).toHaveLength(2);
    const { stderr } = await home.ok(
      "copy",
      `v1.0.0-${name}`,
      "--name",
      copy,
      "--data",
      "copy",
      "--stop-source",
      "--no-launch",
      "--yes",
    );
    expect(stderr).toContain("web keeps /kept in a volume without a name");
    expect(stderr).toContain("web keeps /also in a volume without a name");
    await home.ok("stop", `v1.0.0-${name}`);
    await home.ok("remove", `v1.0.0-${name}`, "--current", "--volumes", "--confirm", `v1.0.0-${name}`);
    const left = (await docker("volume", "ls", "-q")).split("\n");
    expect(left.filter(each => own.includes(each))).toEqual([]);

    const failing = fresh();
    names.push(failing);
    const seen = new Set<string>();
    const watching = watch(async () => {
      for (const { Mounts } of await containersOf(slugOf(failing))) for (const mount of Mounts) seen.add(mount.Name!);
    });
    const bundle = await workshop.bundle({ compose: compose('command: ["sh", "-c", "sleep 2; exit 3"]') });
    const { code } = await home.run("install", bundle, "--name", failing, "--yes");
    await watching.stop();
    expect(code).toBe(5);
    expect(seen.size).toBe(2);
    const after = (await docker("volume", "ls", "-q")).split("\n");
    expect(after.filter(each => seen.has(each))).toEqual([]);
  });

  it("F50 stop ends also what runs by a profile that is off, and a copy does not forget its volume", async () => {
    const name = fresh();
    names.push(name);
    const compose = `services:
  web: { image: "${image}", ${HEALTH} }
  extra: { image: "${image}", profiles: [ extra ], volumes: ["extra:/extra"], restart: always }
volumes: { extra: { name: vendor_extra } }
`;
    await home.ok("install", await workshop.bundle({ compose }), "--name", name, "--yes");
    expect((await containersOf(slugOf(name))).map(({ Name }) => Name)).toEqual([`/${slugOf(name)}-web-1`]);
    await home.ok("compose", `v1.0.0-${name}`, "--", "--profile", "extra", "up", "--detach", "--pull", "never");
    const { Mounts } = (await containersOf(slugOf(name))).find(each => each.Name.includes("extra"))!;
    expect(Mounts.map(mount => mount.Name)).toEqual([`${slugOf(name)}_extra`]);
    await home.ok("stop", `v1.0.0-${name}`);
    expect(
      (await containersOf(slugOf(name))).map(each => [each.State.Running, each.HostConfig.RestartPolicy.Name || "no"]),
    ).toEqual([
      [false, "no"],
      [false, "no"],
    ]);
    const copy = fresh();
    await home.ok("copy", `v1.0.0-${name}`, "--name", copy, "--data", "copy", "--no-launch", "--yes");
    expect(await volumesLike(`${slugOf(copy)}_extra`)).toEqual([`${slugOf(copy)}_extra`]);
  });

  it("F45 a folder outside is copied to one of the copy's own, or the copy is refused; both go on with their own", async () => {
    const [name, copy, other] = [fresh(), fresh(), fresh()];
    names.push(name, copy, other);
    const cache = `${workshop.folder}/cache-${name}`;
    await mkdir(`${cache}/sub`, { recursive: true });
    await writeFile(`${cache}/sub/row`, "precious");
    await chmod(cache, 0o750);
    await chown(cache, 1234, 4321);
    const compose = `services:
  web: { image: "${image}", volumes: [ "\${CACHE_DIR:-./data}:/data" ], ${HEALTH} }
  other: { image: "${image}", volumes: [ { type: bind, source: ${cache}/sub, target: /sub } ], ${HEALTH} }
`;
    const bundle = await workshop.bundle({ compose, env: "# where\nCACHE_DIR=./data # here\n" });
    const install = ["install", bundle, "--name", name, "--yes", "--set", `CACHE_DIR=${cache}`];
    expect((await home.run(...install)).stderr).toContain(`--share-bind ${cache}`);
    await home.ok(...install, "--share-bind", cache, "--share-bind", `${cache}/sub`);

    const make = ["copy", `v1.0.0-${name}`, "--data", "copy", "--stop-source", "--yes", "--name"];
    const refused = await home.run(...make, copy);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining(`--bind ${cache}=${cache}-${copy}`)]);
    for (const [flag, why] of [
      [`${cache}=${cache}/sub`, "already"],
      [`${cache}=${cache}/in`, "in each other"],
      [`/nobody/mounts=${cache}-x`, "mounts /nobody/mounts"],
      [`${cache}=${home.path}/x`, "home"],
    ] as const) {
      const { code, stderr } = await home.run(...make, copy, "--bind", flag);
      expect([code, stderr]).toEqual([3, expect.stringContaining(why)]);
    }
    expect((await home.run(...make, copy, "--bind", `relative=${cache}-x`)).code).toBe(2);
    await home.ok(...make, copy, "--bind", `${cache}=${cache}-${copy}`);

    expect(await readFile(`${cache}-${copy}/sub/row`, "utf8")).toBe("precious");
    const { mode, uid, gid } = await stat(`${cache}-${copy}`);
    expect([mode & 0o7777, uid, gid]).toEqual([0o750, 1234, 4321]);
    const sources = (await containersOf(slugOf(copy))).flatMap(({ Mounts }) => Mounts.map(({ Source }) => Source)).sort();
    expect(sources).toEqual([`${cache}-${copy}`, `${cache}-${copy}/sub`]);
    expect(await readFile(`${home.path}/releases/v1.0.0-${copy}/.env`, "utf8")).toContain(
      `# where\nCACHE_DIR=${cache}-${copy} # here\n`,
    );
    await docker("exec", `${slugOf(copy)}-other-1`, "sh", "-c", "echo changed > /sub/row");
    expect(await readFile(`${cache}/sub/row`, "utf8")).toBe("precious");

    await home.ok(
      ...["copy", `v1.0.0-${name}`, "--data", "none", "--no-launch", "--yes", "--name", other],
      ...["--bind", `${cache}/sub=${cache}-s-${other}`, "--bind", `${cache}=${cache}-${other}`],
    );
    expect(await readdir(`${cache}-${other}`)).toEqual([]);
    expect(await readdir(`${cache}-s-${other}`)).toEqual([]);
  });

  it("F13 changed driver options recreate no volume, neither on launch nor on restart", async () => {
    const name = fresh();
    names.push(name);
    const slug = slugOf(name);
    const compose = `services: { web: { image: "${image}", volumes: ["data:/data"], ${HEALTH} } }\nvolumes: { data: { name: vendor_data } }\n`;
    await home.ok("install", await workshop.bundle({ compose }), "--name", name, "--yes");
    await docker("exec", `${slug}-web-1`, "sh", "-c", "echo precious > /data/file");
    const created = await docker("volume", "inspect", "--format", "{{.CreatedAt}}", `${slug}_data`);
    await execa("sed", [
      "-i",
      "s/^volumes:.*/volumes: { data: { name: " + `${slug}_data` + ", driver_opts: { type: tmpfs, device: tmpfs } } }/",
      `${home.path}/releases/v1.0.0-${name}/docker-compose.yml`,
    ]);
    await home.run("restart", `v1.0.0-${name}`);
    await home.run("launch", `v1.0.0-${name}`);
    expect(await docker("volume", "inspect", "--format", "{{.CreatedAt}}", `${slug}_data`)).toBe(created);
    expect(await docker("run", "--rm", "--network=none", "--volume", `${slug}_data:/v`, image, "cat", "/v/file")).toBe(
      "precious",
    );
  });
});
