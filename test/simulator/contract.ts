import { describe, expect, it } from "vitest";
import type { World } from "../../src/host/world.ts";

/** A host to try the contract on. Everything it makes has `prefix` in its name, so that it can be found and taken away. */
export interface ContractHost {
  readonly world: World;
  /** Small letters and digits. */
  readonly prefix: string;
  /** An absolute path of an empty folder. */
  readonly folder: string;
  /** A free host port. */
  readonly port: number;
  /** Makes an image that no other has, under `tag`, and gives its id. Its program goes on for minutes, ends at once with 0, or is a Postgres 15. */
  readonly makeImage: (tag: string, program: "serve" | "one-shot" | "postgres") => Promise<string>;
  /** Puts files into a volume; paths without slashes. */
  readonly fill: (volume: string, files: Readonly<Record<string, string>>) => Promise<void>;
  readonly cleanUp: () => Promise<void>;
}

const silent = () => {};

/** What every host must do, a simulated one and a real one: the simulator proves nothing where it does not hold. */
export function contract(name: string, makeHost: () => Promise<ContractHost>): void {
  const on = (sentence: string, body: (host: ContractHost) => Promise<void>) =>
    it(sentence, async () => {
      const host = await makeHost();
      try {
        await body(host);
      } finally {
        await host.cleanUp();
      }
    });

  describe(`${name}: volumes`, () => {
    on(
      "are created with their labels, refused when the name is taken, and removed once",
      async ({ world: { engine }, prefix }) => {
        const volume = {
          name: `${prefix}_data`,
          driver: "local",
          options: {},
          labels: { "graph-mgr.operation": "x", other: "a b=c" },
        };
        expect(await engine.volume(volume.name)).toBeNull();
        await engine.createVolume(volume);
        expect(await engine.volume(volume.name)).toEqual(volume);
        expect(await engine.volumes()).toContainEqual(volume);
        await expect(engine.createVolume({ ...volume, labels: {} })).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
        expect(await engine.volume(volume.name)).toEqual(volume);
        await engine.removeVolume(volume.name);
        await engine.removeVolume(volume.name);
        expect(await engine.volume(volume.name)).toBeNull();
      },
    );

    on("are copied whole, over whatever a cut-off copy left, and have a digest of their content", async host => {
      const { engine } = host.world;
      const [from, to, other] = ["from", "to", "other"].map(each => `${host.prefix}_${each}`) as [string, string, string];
      const image = await host.makeImage(`${host.prefix}/serve:1`, "serve");
      for (const each of [from, to, other]) await engine.createVolume({ name: each, driver: "local", options: {}, labels: {} });
      await host.fill(from, { a: "alpha", b: "beta" });
      await host.fill(to, { b: "old", c: "debris" });
      await host.fill(other, { a: "alpha", b: "bet" });
      const digest = await engine.volumeDigest(from, image);
      expect(await engine.volumeDigest(to, image)).not.toBe(digest);
      expect(await engine.volumeDigest(other, image)).not.toBe(digest);
      await engine.copyVolume(from, to, image, silent);
      expect(await engine.volumeDigest(to, image)).toBe(digest);
      expect(await engine.volumeDigest(from, image)).toBe(digest);
      await expect(engine.copyVolume(`${host.prefix}_typo`, to, image, silent)).rejects.toThrow();
      expect(await engine.volume(`${host.prefix}_typo`)).toBeNull();
      await expect(engine.volumeDigest(`${host.prefix}_typo`, image)).rejects.toThrow();
      expect(await engine.volume(`${host.prefix}_typo`)).toBeNull();
      expect(await host.world.postgres.clusterState(from, image)).toBeNull();
      expect(await engine.sweep(host.folder)).toEqual([]);
    });

    on("have a fingerprint each, which is another one as soon as a file was written", async host => {
      const { engine } = host.world;
      const [one, two] = ["one", "two"].map(each => `${host.prefix}_${each}`) as [string, string];
      const image = await host.makeImage(`${host.prefix}/serve:1`, "serve");
      for (const each of [one, two]) await engine.createVolume({ name: each, driver: "local", options: {}, labels: {} });
      await host.fill(one, { a: "alpha" });
      const before = await engine.volumeFingerprints([one, two], image);
      expect(Object.keys(before)).toEqual([one, two]);
      expect(before[one]).not.toBe(before[two]);
      expect(await engine.volumeFingerprints([two, one], image)).toEqual(before);
      await host.fill(two, { b: "beta" });
      const after = await engine.volumeFingerprints([one, two], image);
      expect([after[one] === before[one], after[two] === before[two]]).toEqual([true, false]);
      expect(await engine.volumeCountSince(two, "2099-01-01T00:00:00Z", image)).toBe(0);
      expect(await engine.volumeFingerprints([], image)).toEqual({});
      await expect(engine.volumeFingerprints([`${host.prefix}_typo`], image)).rejects.toThrow();
      await expect(engine.volumeCountSince(`${host.prefix}_typo`, "2099-01-01T00:00:00Z", image)).rejects.toThrow();
      expect(await engine.volume(`${host.prefix}_typo`)).toBeNull();
    });
  });

  describe(`${name}: images`, () => {
    on("have any number of names, and go with the last one", async host => {
      const { engine } = host.world;
      const [first, second] = [`${host.prefix}/serve:1`, `${host.prefix}/kept/serve:pinned`];
      const id = await host.makeImage(first, "serve");
      expect((await engine.images([first, `${host.prefix}/none:1`, id])).map(info => info?.id ?? null)).toEqual([id, null, id]);
      await engine.tag(id, second);
      const [info] = await engine.images([second]);
      expect([...(info?.tags ?? [])].sort()).toEqual([second, first].sort());
      expect(info?.layers.length).toBeGreaterThan(0);
      expect(await engine.tagsUnder(`${host.prefix}/kept`)).toEqual([second]);
      expect(await engine.tagsUnder(`${host.prefix}/nothing`)).toEqual([]);
      await expect(engine.removeImage(id)).rejects.toThrow();
      await engine.untag(first);
      expect((await engine.images([first, id])).map(each => each?.id ?? null)).toEqual([null, id]);
      await engine.untag(first);
      await engine.untag(second);
      expect(await engine.images([second, id])).toEqual([null, null]);
      await engine.removeImage(id);
    });

    on("are given a tag that another image had, which then has one name less", async host => {
      const { engine } = host.world;
      const tag = `${host.prefix}/moved:1`;
      const old = await host.makeImage(tag, "serve");
      await engine.tag(old, `${host.prefix}/kept:1`);
      const fresh = await host.makeImage(`${host.prefix}/fresh:1`, "serve");
      await engine.tag(fresh, tag);
      expect((await engine.images([tag, old])).map(info => info?.id)).toEqual([fresh, old]);
      await engine.tag(old, tag);
      expect((await engine.images([tag]))[0]?.id).toBe(old);
      await expect(engine.tag(`sha256:${"0".repeat(64)}`, `${host.prefix}/none:1`)).rejects.toThrow();
    });
  });

  describe(`${name}: Compose`, () => {
    on("resolves anchors, variables, env files, short forms and default names", async host => {
      const project = await write(host, "one", RICH);
      const model = await host.world.compose.resolve(project);
      expect(model).toMatchObject({
        name: project.name,
        services: {
          web: {
            image: "example/web:v7",
            restart: "unless-stopped",
            environment: { TAG: "v7", GREETING: "a b", DOLLAR: "$$5", OWN: "default", EMPTY: "" },
            ports: [
              { mode: "ingress", target: 80, published: "8080", protocol: "tcp" },
              { mode: "ingress", target: 53, published: "5353", protocol: "udp", host_ip: "127.0.0.1" },
            ],
            volumes: [
              { type: "bind", source: `${project.dir}/conf`, target: "/etc/conf", read_only: true },
              { type: "volume", source: "data", target: "/data" },
              { type: "volume", source: "plain", target: "/plain" },
            ],
            networks: { inner: null },
            depends_on: { base: { condition: "service_started", required: true } },
          },
          base: { networks: { default: null }, container_name: "the-base" },
          extra: { profiles: ["more"] },
        },
        volumes: { data: { name: "named_data" }, plain: { name: `${project.name}_plain` } },
        networks: { inner: { name: "inner_net" }, default: { name: `${project.name}_default` } },
      });
      expect(Object.keys(model.services)).toEqual(["base", "extra", "web"]);
      expect([...(await host.world.compose.activeServices(project))].sort()).toEqual(["base", "web"]);
      const texts = { "docker-compose.yml": RICH.compose, ".env": RICH.env, "more.env": RICH.more };
      const fromTexts = await host.world.compose.resolveTexts(project.name, [], texts);
      expect(fromTexts.model.services.base).toEqual(model.services.base);
      expect([...fromTexts.active].sort()).toEqual(["base", "web"]);
      const other = await host.world.compose.resolve({ ...project, envFiles: [".env", "more.env", "not-there.env"] });
      expect(other.services.web?.image).toBe("example/web:v8");
    });

    on("creates and starts a project, again without changing it, and shows it as Docker does", async host => {
      const { engine, compose } = host.world;
      const { project, serve, job } = await small(host);
      await compose.up(project, []);
      const own = (await engine.containers()).filter(each => each.project === project.name);
      expect(own.map(({ service }) => service).sort()).toEqual(["job", "web"]);
      const web = own.find(({ service }) => service === "web")!;
      expect(web).toMatchObject({ name: `${project.name}-web-1`, workingDir: project.dir, state: "running", exitCode: null });
      expect(web.ports).toContainEqual({ container: 80, protocol: "tcp", host: host.port, address: "0.0.0.0" });
      await host.world.pause(300, new AbortController().signal);
      const [inspected, ended] = await inspect(host, ["web", "job"], project.name);
      expect(inspected).toMatchObject({
        id: web.id,
        image: serve,
        imageName: serve,
        restartPolicy: "unless-stopped",
        restartCount: 0,
        outOfMemory: false,
        networks: [`${project.name}_net`],
      });
      expect(inspected!.labels).toMatchObject({ "com.docker.compose.oneoff": "False" });
      expect(inspected!.boundPorts.filter(({ address }) => !address.includes(":"))).toMatchObject([
        { container: 80, host: host.port },
      ]);
      expect(inspected!.mounts).toContainEqual(
        expect.objectContaining({ type: "volume", name: `${project.name}_data`, target: "/data", writable: true }),
      );
      expect(ended).toMatchObject({ state: "exited", exitCode: 0, image: job, restartPolicy: "no" });
      expect(await engine.volume(`${project.name}_data`)).toMatchObject({ labels: { "com.docker.compose.volume": "data" } });
      const net = (await engine.networks()).find(each => each.name === `${project.name}_net`);
      expect(net?.labels).toEqual({ "com.docker.compose.project": project.name, "com.docker.compose.network": "net" });

      await compose.up(project, []);
      const [again] = await inspect(host, ["web"], project.name);
      expect(again).toMatchObject({ id: inspected!.id, startedAt: inspected!.startedAt });
      await expect(engine.removeVolume(`${project.name}_data`)).rejects.toThrow();
      await expect(engine.removeNetwork(net!.id)).rejects.toThrow();
      await expect(engine.removeImage(serve)).rejects.toThrow();
      await expect(engine.untag(`${host.prefix}/serve:1`)).rejects.toThrow();
    });

    on("starts only the named services, with what they depend on", async host => {
      const { project } = await small(host);
      await host.world.compose.up(project, ["job"]);
      const own = (await host.world.engine.containers()).filter(each => each.project === project.name);
      expect(own.map(({ service }) => service)).toEqual(["job"]);
    });

    on("recreates a service whose settings changed, and only that, and keeps no policy that was taken away", async host => {
      const { engine, compose, files } = host.world;
      const { project } = await small(host);
      await compose.up(project, []);
      const [web] = await inspect(host, ["web"], project.name);
      await engine.setRestartPolicy(web!.id, "no");
      await compose.up(project, ["web"]);
      expect((await inspect(host, ["web"], project.name))[0]).toMatchObject({ id: web!.id, restartPolicy: "no" });
      const text = (await files.read(`${project.dir}/docker-compose.yml`)) ?? "";
      await files.write(`${project.dir}/docker-compose.yml`, text.replace("COLOUR: red", "COLOUR: blue"));
      await compose.up(project, []);
      const [fresh] = await inspect(host, ["web"], project.name);
      expect(fresh!.id).not.toBe(web!.id);
      expect(fresh).toMatchObject({ name: web!.name, restartPolicy: "unless-stopped", state: "running" });
    });

    on("stops, starts and removes containers, whatever state they are in", async host => {
      const { engine, compose } = host.world;
      const { project } = await small(host);
      await compose.up(project, []);
      const [web] = await inspect(host, ["web"], project.name);
      await engine.start([web!.id]);
      await engine.stop([web!.id], 5);
      await engine.stop([web!.id], 5);
      const stopped = (await engine.containers()).find(({ id }) => id === web!.id);
      expect(stopped).toMatchObject({ state: "exited", ports: [] });
      expect((await inspect(host, ["web"], project.name))[0]!.boundPorts).not.toEqual([]);
      await engine.start([web!.id]);
      const [started] = await inspect(host, ["web"], project.name);
      expect(started).toMatchObject({ state: "running", id: web!.id });
      expect(started!.startedAt > web!.startedAt).toBe(true);
      await engine.stop([], 5);
      await engine.start([]);
      for (const { id } of await inspect(host, ["web", "job"], project.name)) {
        await engine.removeContainer(id);
        await engine.removeContainer(id);
      }
      expect((await engine.containers()).filter(each => each.project === project.name)).toEqual([]);
      expect(await engine.inspect([web!.id])).toEqual([]);
      await expect(engine.start([web!.id])).rejects.toThrow();
      for (const { id, name: network } of await engine.networks()) {
        if (network !== `${project.name}_net`) continue;
        await engine.removeNetwork(id);
        await engine.removeNetwork(id);
      }
      await engine.removeVolume(`${project.name}_data`);
      expect(await engine.volume(`${project.name}_data`)).toBeNull();
    });

    on("refuses a published port that is taken, and leaves the container created", async host => {
      const { engine, compose } = host.world;
      const { project } = await small(host);
      await compose.up(project, ["web"]);
      expect(await host.world.ports.taken([host.port])).toEqual(new Set([host.port]));
      const { project: second } = await small(host, "second");
      await expect(compose.up(second, ["web"])).rejects.toThrow(/port is already allocated/);
      expect((await inspect(host, ["web"], second.name))[0]).toMatchObject({ state: "created" });
      const [web] = await inspect(host, ["web"], project.name);
      await engine.stop([web!.id], 5);
      expect(await host.world.ports.taken([host.port])).toEqual(new Set());
      await compose.up(second, ["web"]);
      await expect(engine.start([web!.id])).rejects.toThrow(/port is already allocated/);
    });

    on("pulls no image that is missing", async host => {
      const { project } = await small(host);
      const text = (await host.world.files.read(`${project.dir}/docker-compose.yml`)) ?? "";
      await host.world.files.write(
        `${project.dir}/docker-compose.yml`,
        text.replaceAll(/image: .*/g, `image: ${host.prefix}/none:1`),
      );
      await expect(host.world.compose.up(project, [])).rejects.toThrow();
      expect((await host.world.engine.containers()).filter(each => each.project === project.name)).toEqual([]);
    });
  });

  describe(`${name}: a container of our own`, () => {
    const page = async ({ world, folder, prefix, port, makeImage }: ContractHost) => {
      await world.files.write(`${folder}/page/Caddyfile`, PAGE, 0o600);
      return {
        name: `${prefix}-page`,
        image: await makeImage(`${prefix}/serve:1`, "serve"),
        command: ["caddy", "run", "--config", "/page/Caddyfile", "--adapter", "caddyfile"] as const,
        labels: { "graph-mgr.home": folder, "graph-mgr.operation": "a b=c" },
        ports: [{ host: port, container: 8080, address: "0.0.0.0" }],
        mounts: [{ type: "bind" as const, source: `${folder}/page`, target: "/page" }],
        restartPolicy: "unless-stopped",
      };
    };
    const named = async ({ world: { engine }, prefix }: ContractHost, last: string) =>
      (await engine.containers()).filter(each => each.name === `${prefix}-${last}`);
    const answers = async ({ world: { ports, pause }, port }: ContractHost) => {
      for (let tries = 0; ; tries += 1) {
        const answer = await ports.ask({ port, tls: false, path: "/any/path" });
        if (answer !== null || tries === 100) return answer;
        await pause(100, new AbortController().signal);
      }
    };

    on("serves on its ports what it reads in its mounts, and belongs to no project", async host => {
      const { engine, ports } = host.world;
      expect(await ports.ask({ port: host.port, tls: false, path: "/" })).toBeNull();
      const spec = await page(host);
      await engine.runContainer(spec);
      expect(await answers(host)).toEqual({ status: 503, retryAfter: "7", server: "Caddy" });
      expect(await ports.ask({ port: host.port, tls: true, path: "/" })).toBeNull();
      const [found] = await engine.inspect((await named(host, "page")).map(({ id }) => id));
      expect(found).toMatchObject({
        name: spec.name,
        project: null,
        service: null,
        state: "running",
        image: spec.image,
        labels: spec.labels,
        restartPolicy: "unless-stopped",
      });
      expect(found!.mounts.filter(({ type }) => type !== "tmpfs")).toEqual([
        expect.objectContaining({ type: "bind", source: `${host.folder}/page`, target: "/page", writable: false }),
      ]);
      expect(found!.ports).toContainEqual({ container: 8080, protocol: "tcp", host: host.port, address: "0.0.0.0" });
      expect(await engine.sweep(host.folder)).toEqual([]);
      await engine.removeContainer(found!.id, true);
      expect(await engine.lastWords(found!.id)).toBe("");
      expect(await named(host, "page")).toEqual([]);
      expect(await ports.ask({ port: host.port, tls: false, path: "/" })).toBeNull();
    });

    on("is refused a name or a port that is taken, and leaves nothing behind", async host => {
      const { engine } = host.world;
      const spec = await page(host);
      await engine.runContainer(spec);
      const [first] = await named(host, "page");
      await expect(engine.runContainer({ ...spec, ports: [] })).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
      await expect(engine.runContainer({ ...spec, name: `${host.prefix}-other` })).rejects.toThrow(
        expect.objectContaining({ code: "PORT_TAKEN" }),
      );
      expect(await named(host, "other")).toEqual([]);
      expect(await named(host, "page")).toMatchObject([{ id: first!.id, state: "running" }]);
      await engine.stop([first!.id], 1);
      await expect(engine.runContainer(spec)).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
      await engine.runContainer({ ...spec, name: `${host.prefix}-other` });
      await expect(engine.start([first!.id])).rejects.toThrow(/port is already allocated/);
    });

    on("is not made of an image that is missing, nor on a volume that is missing, which nobody makes", async host => {
      const { engine } = host.world;
      const spec = await page(host);
      const image = { ...spec, image: `${host.prefix}/none:1` };
      await expect(engine.runContainer(image)).rejects.toThrow(expect.objectContaining({ code: "NO_IMAGE" }));
      const source = `${host.prefix}_typo`;
      const volume = { ...spec, mounts: [...spec.mounts, { type: "volume" as const, source, target: "/certs" }] };
      await expect(engine.runContainer(volume)).rejects.toThrow(expect.objectContaining({ code: "NO_VOLUME" }));
      expect([await engine.volume(source), await named(host, "page")]).toEqual([null, []]);
    });
  });

  describe(`${name}: Postgres`, () => {
    on("says what a server and an image are, and nothing secret", async host => {
      const { postgres } = host.world;
      const { image, access } = await databaseOf(host);
      const own = await postgres.describeImage(image);
      expect(own).toMatchObject({
        major: 15,
        architecture: expect.stringMatching(/^(x86_64|aarch64)$/),
        libc: { name: "glibc" },
      });
      expect(Object.keys(own!.extensions)).toContain("plpgsql");
      const server = await postgres.describe(access);
      expect(server).toMatchObject({ ...own!, version: server.version });
      expect(server.databases.find(each => each.name === "app")).toMatchObject({
        encoding: "UTF8",
        tables: 0,
        changedCollations: [],
      });
      expect([server.sessions, server.preparedTransactions, server.replicationSlots, server.tablespaces]).toEqual([
        [],
        [],
        [],
        [],
      ]);
      expect(Date.parse(server.startedAt)).not.toBeNaN();
      const again = await postgres.describe(access);
      expect([again.startedAt, again.nextTransactionId]).toEqual([server.startedAt, server.nextTransactionId]);
      expect(JSON.stringify(server)).not.toContain(access.password);
      await expect(postgres.describe({ ...access, password: "wrong" })).rejects.toThrow(
        expect.objectContaining({ code: "DATABASE_LOGIN" }),
      );
      await expect(postgres.describeImage(`sha256:${"0".repeat(64)}`)).rejects.toThrow(
        expect.objectContaining({ code: "NO_IMAGE" }),
      );
    });

    on("reads a dump back, restores it, and takes the restore away again", async host => {
      const { postgres } = host.world;
      const source = await databaseOf(host);
      const target = await databaseOf(host, "second");
      const dir = `${host.folder}/dump`;
      await postgres.dump(source.access, dir, silent);
      await postgres.verify(dir, source.image, silent);
      await postgres.restore(target.access, dir, silent);
      await postgres.empty(target.access, dir);
      const { databases } = await postgres.describe(target.access);
      expect(databases.map(({ name: own, tables }) => [own, tables])).toContainEqual(["app", 0]);
      await expect(postgres.verify(`${host.folder}/nothing`, source.image, silent)).rejects.toThrow();
    });
  });

  describe(`${name}: folders`, () => {
    on(
      "are copied whole under a name that must be free, without what stays behind",
      async ({ world: { files, trees }, folder }) => {
        await files.write(`${folder}/from/a.txt`, "alpha", 0o640);
        await files.write(`${folder}/from/deep/b.txt`, "beta", 0o600);
        await files.write(`${folder}/from/left/c.txt`, "out", 0o600);
        await files.replaceLink(`${folder}/from/link`, "../nowhere");
        await files.write(`${folder}/to.part/debris`, "debris", 0o600);
        await trees.copy(`${folder}/from`, `${folder}/to`, ["left"], null);
        expect(await files.list(`${folder}/to`)).toEqual(["a.txt", "deep", "link"]);
        expect(await files.read(`${folder}/to/a.txt`)).toBe("alpha");
        expect(await files.mode(`${folder}/to/a.txt`)).toBe(0o640);
        expect(await files.mode(`${folder}/to/deep`)).toBe(0o700);
        expect(await files.readLink(`${folder}/to/link`)).toBe("../nowhere");
        expect(await files.exists(`${folder}/to.part`)).toBe(false);
        await expect(trees.copy(`${folder}/from`, `${folder}/to`, [], null)).rejects.toThrow();
        await expect(files.rename(`${folder}/from`, `${folder}/to`)).rejects.toThrow(expect.objectContaining({ code: "EXISTS" }));
        await trees.remove(`${folder}/to`, null);
        await trees.remove(`${folder}/to`, null);
        expect(await files.list(folder)).toEqual(["from"]);
        expect(await files.read(`${folder}/from`)).toBeNull();
        expect(await files.read(`${folder}/nothing`)).toBeNull();
        expect(await files.list(`${folder}/nothing`)).toEqual([]);
      },
    );
  });
}

const PAGE = `{
	admin off
	auto_https off
}

http://:8080 {
	header Retry-After 7
	respond \`later\` 503
}
`;

const RICH = {
  compose: `x-opts: &opts
  restart: unless-stopped
  env_file: [ .env, { path: gone.env, required: false } ]
services:
  web:
    <<: *opts
    image: example/web:\${TAG}
    environment: { OWN: "\${OWN:-default}", EMPTY: "\${NOT_SET-}" }
    ports: [ "\${PORT:-8080}:80", "127.0.0.1:5353:53/udp" ]
    volumes: [ "./conf:/etc/conf:ro", "data:/data", "plain:/plain" ]
    networks: [ inner ]
    depends_on: [ base ]
  base: { image: "example/base:1", container_name: the-base }
  extra: { image: "example/extra:1", profiles: [ more ] }
volumes:
  data: { name: named_data }
  plain: {}
networks:
  inner: { name: inner_net }
`,
  env: `TAG=v7\nGREETING="a b"\nDOLLAR='$5'\n`,
  more: "TAG=v8\n",
};

async function write({ world, folder, prefix }: ContractHost, name: string, given: typeof RICH) {
  const dir = `${folder}/${name}`;
  await world.files.write(`${dir}/docker-compose.yml`, given.compose, 0o600);
  await world.files.write(`${dir}/.env`, given.env, 0o600);
  await world.files.write(`${dir}/more.env`, given.more, 0o600);
  return { name: `${prefix}${name}`, dir, envFiles: [] as readonly string[] };
}

/** A service that serves on the host's port and keeps a volume, and a job. */
async function small(host: ContractHost, name = "small") {
  const serve = await host.makeImage(`${host.prefix}/serve:1`, "serve");
  const job = await host.makeImage(`${host.prefix}/job:1`, "one-shot");
  const compose = `services:
  web:
    image: ${serve}
    restart: unless-stopped
    environment: { COLOUR: red }
    ports: [ "\${PORT}:80" ]
    volumes: [ "data:/data" ]
    networks: [ net ]
  job:
    image: ${job}
    networks: [ net ]
volumes: { data: {} }
networks: { net: {} }
`;
  const project = await write(host, name, { compose, env: `PORT=${host.port}\n`, more: "" });
  return { project, serve, job };
}

/** A project with nothing but a database, which answers. */
async function databaseOf(host: ContractHost, name = "first") {
  const image = await host.makeImage(`${host.prefix}/postgres:15`, "postgres");
  const compose = `services:
  db:
    image: ${image}
    environment: { POSTGRES_USER: admin, POSTGRES_PASSWORD: canary-4471, POSTGRES_DB: app }
    volumes: [ "data:/var/lib/postgresql/data" ]
volumes: { data: {} }
`;
  const project = await write(host, name, { compose, env: "", more: "" });
  await host.world.compose.up(project, []);
  const [db] = await inspect(host, ["db"], project.name);
  const access = { containerId: db!.id, helperImage: image, user: "admin", database: "app", password: "canary-4471" };
  const signal = new AbortController().signal;
  for (let look = 0; ; look++) {
    try {
      await host.world.postgres.check(access);
      return { image, access };
    } catch (error) {
      if (look > 100) throw error;
      await host.world.pause(300, signal);
    }
  }
}

/** Of a project's containers those of the services, in their order. */
async function inspect({ world: { engine } }: ContractHost, services: readonly string[], project: string) {
  const own = (await engine.containers()).filter(each => each.project === project);
  return await engine.inspect(services.flatMap(service => own.filter(each => each.service === service).map(({ id }) => id)));
}
