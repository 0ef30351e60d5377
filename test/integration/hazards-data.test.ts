import { chmod, chown, link, lstat, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { BIN, docker, TestHome } from "./support/cli.ts";
import { containersOf, type Inspected, imageId, inspect, leftovers, randomPort, until, watch } from "./support/engine.ts";
import { ownPorts } from "./support/fault-subjects.ts";
import { HEALTH, Workshop } from "./support/make-bundle.ts";
import { Product } from "./support/product.ts";

/** One installation of the product, with its Postgres, for everything that is about data. */
interface Listed {
  readonly instances: readonly {
    readonly name: string;
    readonly state: string;
    readonly ports: readonly { readonly container: number; readonly host: number }[];
  }[];
}

const CANARY = "canary-7f3a9c51e2";
let home: TestHome;
let workshop: Workshop;
let name: string;
let slug: string;
let dir: string;
let product: Product;
let said = "";
const commandLines = new Set<string>();
const helpers = new Map<string, Inspected>();

/** graph-mgr with a umask of zero; what it prints is kept, to look for secrets in it. */
async function run(...args: readonly string[]) {
  const result = await execa(
    "sh",
    ["-c", 'umask 0; exec "$0" "$@"', process.execPath, BIN, ...args, "--verbose", "--home", home.path],
    {
      reject: false,
      stdin: "ignore",
      env: { GRAPH_MGR_HOME: "" },
    },
  );
  said += `${result.stdout}\n${result.stderr}\n`;
  return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}
async function ok(...args: readonly string[]) {
  const result = await run(...args);
  if (result.code !== 0) throw new Error(`graph-mgr ${args.join(" ")} exited ${result.code}\n${result.stdout}\n${result.stderr}`);
  return result;
}
const productOf = async (instance: string): Promise<Product> => {
  const { instances } = await home.json<Listed>("list");
  return new Product(instances.find(each => each.name === instance)!.ports.find(({ container }) => container === 80)!.host);
};

/** Every command line of the machine, as often as this process gets to look. */
const readCommandLines = async () => {
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (text.includes("docker") || text.includes("graph-mgr") || text.includes("pg_") || text.includes("psql"))
      commandLines.add(text);
  }
};
const readHelpers = async () => {
  const ids = (
    await docker("ps", "-q", "--no-trunc", "--filter", "label=graph-mgr.helper", "--filter", `label=graph-mgr.home=${home.path}`)
  )
    .split("\n")
    .filter(id => id !== "" && !helpers.has(id));
  for (const seen of await inspect(...ids)) helpers.set(seen.Id, seen);
};

const volumeTree = (volume: string, image: string) =>
  docker(
    "run",
    "--rm",
    "--network=none",
    "--user=0:0",
    "--entrypoint=sh",
    "--volume",
    `${volume}:/v:ro`,
    image,
    "-c",
    'cd /v && find . | LC_ALL=C sort | while read -r path; do stat -c \'%n %f %u %g %h\' "$path"; if [ -L "$path" ]; then readlink "$path"; elif [ -f "$path" ]; then sha256sum < "$path"; fi; done',
  );
const folderTree = async (folder: string) =>
  (await execa("find", [".", "-printf", "%P %y %m %U %G %n %s %l\\n"], { cwd: folder })).stdout
    .split("\n")
    // The size of a folder is the file system's affair.
    .map(line => line.replace(/^(.* d .*) \d+ $/, "$1"))
    .sort();

beforeAll(async () => {
  home = await TestHome.make();
  workshop = await Workshop.make();
  [name, slug] = [`v2.22.2-${home.suffix}`, `v2_22_2_${home.suffix}`];
  dir = `${home.path}/releases/${name}`;
  const settings = join(workshop.folder, "settings");
  await writeFile(settings, `SPLUNK_KEY=${CANARY}\nEXTRA_TOKEN='${CANARY} two'\n`, { mode: 0o600 });
  const watching = watch(readCommandLines, 10);
  await ok("install", bundle("v2.22.2"), "--name", home.suffix, "--set-from", settings, ...ownPorts(), "--yes");
  await watching.stop();
  product = await productOf(name);
  expect(await product.signUp("ada", "engine-no-1")).toBe(201);
  await product.makeDataset("before", [1, 2, 3]);

  // What people leave in such folders.
  const data = join(dir, "data");
  await writeFile(join(data, "secret"), "s", { mode: 0o600 });
  await chown(join(data, "secret"), 1234, 1235);
  await symlink("../data/secret", join(data, "relative"));
  await symlink("/etc/hostname", join(data, "absolute"));
  await link(join(data, "secret"), join(data, "second-name"));
  await execa("mkfifo", [join(data, "pipe")]);
  await chmod(join(data, "pipe"), 0o640);
  await docker(
    "exec",
    "--user=0",
    `${slug}-postgres-1`,
    "sh",
    "-c",
    "cd /backups && echo x > a && ln a b && ln -s a c && chown 1234:5 a && chmod 600 a && mkdir d && chmod 2750 d && touch -- '-odd name'",
  );
});
afterAll(async () => {
  await home.remove();
  await workshop.remove();
});

describe("a copy of a running source", () => {
  it("F08 its volumes are not copied while it runs: refused, with the services named", { tags: ["usual"] }, async () => {
    const { code, stderr } = await run("copy", name, "--name", `${home.suffix}z`, "--data", "copy", "--yes");
    expect(code).toBe(3);
    for (const service of ["postgres", "nexus", "caddy"]) expect(stderr).toContain(service);
    expect(await leftovers(`${home.suffix}z`)).toEqual([]);
  });

  it("F68 a dump brings rows, files with owners, modes and links, and volumes; the source goes on serving", {
    tags: ["usual"],
  }, async () => {
    const watching = [watch(readCommandLines, 10), watch(readHelpers, 20)];
    await ok("copy", name, "--name", `${home.suffix}b`, "--data", "dump", "--yes");
    for (const each of watching) await each.stop();
    const copy = await productOf(`${name}b`);
    expect(await copy.logIn("ada", "engine-no-1")).toBe(200);
    expect(await copy.datasets()).toMatchObject([{ name: "before", file_present: true }]);
    expect(await product.logIn("ada", "engine-no-1")).toBe(200);
    const own = `${home.path}/releases/${name}b`;
    const secret = await lstat(join(own, "data/secret"));
    expect([secret.uid, secret.gid, secret.mode & 0o7777, secret.nlink]).toEqual([1234, 1235, 0o600, 2]);
    expect((await lstat(join(own, "data/second-name"))).ino).toBe(secret.ino);
    expect(await readlink(join(own, "data/relative"))).toBe("../data/secret");
    expect(await readlink(join(own, "data/absolute"))).toBe("/etc/hostname");
    expect((await lstat(join(own, "data/pipe"))).isFIFO()).toBe(true);
    const [{ Image }] = (await containersOf(slug)) as [Inspected];
    expect(await volumeTree(`${slug}b_postgres_backups`, Image)).toBe(await volumeTree(`${slug}_postgres_backups`, Image));
    expect(await volumeTree(`${slug}b_postgres_backups`, Image)).toContain("./d 45e8 0 0 2");
  });

  it("F81 F83 every helper container had no network, no rights, nothing to write but its work, and an image of the release", async () => {
    expect(helpers.size).toBeGreaterThan(2);
    const images = new Set(
      Object.values(
        (
          JSON.parse(await readFile(join(home.path, ".graph-mgr/instances", `${name}.json`), "utf8")) as {
            images: Record<string, { id: string }>;
          }
        ).images,
      ).map(({ id }) => id),
    );
    const postgres = new Set(
      [...(await containersOf(slug)), ...(await containersOf(`${slug}b`))].map(({ Id }) => `container:${Id}`),
    );
    for (const { Name, Image, HostConfig, Mounts, Config } of helpers.values()) {
      expect([Name, images.has(Image)]).toEqual([Name, true]);
      expect([Name, HostConfig.NetworkMode === "none" || postgres.has(HostConfig.NetworkMode)]).toEqual([Name, true]);
      expect([Name, HostConfig.ReadonlyRootfs, HostConfig.Privileged]).toEqual([Name, true, false]);
      expect(HostConfig.CapDrop).toEqual(["ALL"]);
      expect(HostConfig.SecurityOpt?.join()).toMatch(/no-new-privileges/);
      expect(HostConfig.PidsLimit).toBeGreaterThan(0);
      expect(HostConfig.Memory).toBeGreaterThan(0);
      expect(Mounts.filter(({ Source }) => Source.includes("docker.sock"))).toEqual([]);
      // What belongs to the source is never mounted writable.
      const writable = Mounts.filter(({ RW }) => RW).map(each => each.Name ?? each.Source);
      expect([Name, writable.filter(each => each.startsWith(`${slug}_`) || each === dir || each.startsWith(`${dir}/`))]).toEqual([
        Name,
        [],
      ]);
      expect(JSON.stringify(Config)).not.toContain(CANARY);
    }
  });

  it("a copy of a copy serves too, with everything", async () => {
    await ok("copy", `${name}b`, "--name", `${home.suffix}c`, "--data", "dump", "--yes");
    const copy = await productOf(`${name}c`);
    expect(await copy.logIn("ada", "engine-no-1")).toBe(200);
    expect(await copy.datasets()).toMatchObject([{ name: "before", file_present: true }]);
    for (const each of [`${name}b`, `${name}c`]) await ok("stop", each);
    await ok("remove", `${name}c`, "--volumes", "--confirm", `${name}c`);
    expect(await leftovers(`${home.suffix}c`)).toEqual([]);
  });

  it("--data none starts empty, with the same settings", async () => {
    await ok("copy", name, "--name", `${home.suffix}n`, "--data", "none", "--yes");
    const copy = await productOf(`${name}n`);
    expect(await copy.logIn("ada", "engine-no-1")).not.toBe(200);
    expect(await copy.datasets()).toEqual([]);
    expect(await readdir(`${home.path}/releases/${name}n/data`)).not.toContain("secret");
    await ok("stop", `${name}n`);
    await ok("remove", `${name}n`, "--volumes", "--confirm", `${name}n`);
  });
});

describe("secrets", () => {
  /** Every generated secret, and what was set by hand. */
  const secrets = async (): Promise<readonly string[]> => {
    const env = await readFile(join(dir, ".env"), "utf8");
    const generated = ["POSTGRES_PASSWORD", "DJANGO_SECRET_KEY", "STREAMGL_SECRET_KEY"].map(
      key => new RegExp(`^${key}=(.*)$`, "m").exec(env)?.[1] ?? "",
    );
    expect(generated.every(value => value.length >= 24)).toBe(true);
    expect(new Set(generated).size).toBe(3);
    return [...generated, CANARY];
  };

  it("F71 stood in no argument list while an instance was installed and copied", async () => {
    expect(commandLines.size).toBeGreaterThan(20);
    for (const secret of await secrets()) expect([...commandLines].filter(line => line.includes(secret))).toEqual([]);
  });

  it("F72 stand in no output, plan, journal or log", async () => {
    const own = join(home.path, ".graph-mgr");
    const found: string[] = [];
    for (const path of await readdir(join(own, "operations"), { recursive: true })) {
      if (!(await stat(join(own, "operations", path))).isFile()) continue;
      const text = await readFile(join(own, "operations", path), "utf8");
      for (const secret of await secrets()) if (text.includes(secret)) found.push(path);
    }
    expect(found).toEqual([]);
    for (const secret of await secrets()) expect(said).not.toContain(secret);
    for (const file of await readdir(join(own, "instances"))) {
      const text = await readFile(join(own, "instances", file), "utf8");
      for (const secret of await secrets()) expect(text).not.toContain(secret);
    }
  });

  it("F73 lie only in files for their owner alone, though the umask was 0", async () => {
    const { stdout } = await execa("find", [
      join(home.path, ".graph-mgr"),
      "!",
      "-type",
      "l",
      "-perm",
      "/077",
      "-printf",
      "%m %P\\n",
    ]);
    expect(stdout).toBe("");
    for (const secret of await secrets()) {
      const { stdout: files } = await execa("grep", ["-rlF", "--", secret, home.path], { reject: false });
      const open: string[] = [];
      for (const file of files.split("\n").filter(each => each !== "")) {
        const { mode } = await stat(file);
        if ((mode & 0o077) !== 0) open.push(file);
      }
      expect(open).toEqual([]);
    }
  });
});

describe("a copy of a stopped source", () => {
  it("F08 is refused while somebody started only the database by hand", async () => {
    await ok("stop", name);
    await docker("start", `${slug}-postgres-1`);
    const { code, stderr } = await run("copy", name, "--name", `${home.suffix}y`, "--data", "copy", "--yes");
    expect(code).toBe(3);
    expect(stderr).toContain("postgres");
    expect(await leftovers(`${home.suffix}y`)).toEqual([]);
  });

  it("F09 is refused after the database was killed, until it was started and stopped in order", async () => {
    await until(
      () => docker("exec", `${slug}-postgres-1`, "pg_isready", "-U", "graphistry").catch(() => "no"),
      seen => seen.includes("accepting"),
    );
    await docker("kill", "--signal", "KILL", `${slug}-postgres-1`);
    const { code, stderr } = await run("copy", name, "--name", `${home.suffix}y`, "--data", "copy", "--yes");
    expect(code).toBe(3);
    expect(stderr).toContain("was not shut down cleanly (in production)");
    expect(stderr).toContain(`graph-mgr launch --home ${home.path} ${name}`);
    expect(await leftovers(`${home.suffix}y`)).toEqual([]);
    await ok("launch", name);
    await ok("stop", name);
  });

  it("F68 brings every byte, owner, mode and link of the database and the files, and leaves the source as it was", async () => {
    const [{ Image }] = (await containersOf(slug)) as [Inspected];
    const before = await Promise.all(["postgres_data", "postgres_backups"].map(key => volumeTree(`${slug}_${key}`, Image)));
    const files = await folderTree(join(dir, "data"));
    await ok("copy", name, "--name", `${home.suffix}y`, "--data", "copy", "--no-launch", "--yes");
    const copied = await Promise.all(["postgres_data", "postgres_backups"].map(key => volumeTree(`${slug}y_${key}`, Image)));
    expect(copied).toEqual(before);
    expect(await folderTree(`${home.path}/releases/${name}y/data`)).toEqual(files);
    expect(await Promise.all(["postgres_data", "postgres_backups"].map(key => volumeTree(`${slug}_${key}`, Image)))).toEqual(
      before,
    );
    await ok("launch", `${name}y`);
    const copy = await productOf(`${name}y`);
    expect(await copy.logIn("ada", "engine-no-1")).toBe(200);
    expect(await copy.datasets()).toMatchObject([{ name: "before", file_present: true }]);
    await ok("stop", `${name}y`);
  });

  it("--stop-source stops it for the copy and starts it again", async () => {
    await ok("launch", name);
    product = await productOf(name);
    const started = new Map((await containersOf(slug)).map(({ Id, State }) => [Id, State.StartedAt]));
    await ok("copy", name, "--name", `${home.suffix}s`, "--data", "copy", "--stop-source", "--yes");
    for (const { Id, State, HostConfig } of await containersOf(slug)) {
      expect([State.Running, HostConfig.RestartPolicy.Name]).toEqual([true, "unless-stopped"]);
      expect(State.StartedAt).not.toBe(started.get(Id));
    }
    expect(await product.logIn("ada", "engine-no-1")).toBe(200);
    const copy = await productOf(`${name}s`);
    expect(await copy.logIn("ada", "engine-no-1")).toBe(200);
    expect((await copy.version()).version).toBe("v2.22.2");
    await ok("stop", `${name}s`);
    await ok("remove", `${name}s`, "--volumes", "--confirm", `${name}s`);
  });

  it("an instance that was removed without its volumes comes back with its data", async () => {
    const { stdout, stderr } = await ok("remove", `${name}b`, "--yes");
    const back = /graph-mgr install --home \S+ --attach (\S+)/.exec(`${stdout}\n${stderr}`)?.[1];
    expect((await home.json<Listed>("list")).instances.map(each => each.name)).not.toContain(`${name}b`);
    expect(await containersOf(`${slug}b`)).toEqual([]);
    await ok("install", "--attach", back!, "--yes");
    await ok("launch", `${name}b`);
    const copy = await productOf(`${name}b`);
    expect(await copy.logIn("ada", "engine-no-1")).toBe(200);
    expect(await copy.datasets()).toMatchObject([{ name: "before", file_present: true }]);
    await ok("stop", `${name}b`);
  });
});

describe("other products", () => {
  it("a Postgres of another name in an unknown product is found, dumped and proven", async () => {
    const postgres = `${workshop.prefix}/postgres:15`;
    const [database] = (await containersOf(slug)).filter(each => each.Name.includes("postgres"));
    await docker("tag", database!.Image, postgres);
    workshop.owns(postgres);
    const web = await workshop.image("web");
    const compose = `services:
  web: { image: "${web}", depends_on: [ db ], ports: [ "${randomPort()}:80" ], env_file: [ app.env ], ${HEALTH} }
  db:
    image: ${postgres}
    environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: "\${DB_PASSWORD}", POSTGRES_DB: goods }
    volumes: [ "pg:/var/lib/postgresql/data" ]
    healthcheck: { test: ["CMD-SHELL", "pg_isready -h 127.0.0.1 -U shop -d goods"], interval: 1s, timeout: 2s, retries: 30 }
volumes: { pg: }
`;
    const made = await workshop.bundle({
      compose,
      version: null,
      env: "DB_PASSWORD=changeme\n",
      files: { "app.env": "COLOUR=blue\n" },
    });
    const lacking = await run("install", made, "--name", home.suffix, "--yes");
    expect(lacking.code).toBe(3);
    expect(lacking.stderr).toContain("--release");
    await ok("install", made, "--release", "7.1", "--name", home.suffix, "--yes");
    const own = `v7_1_${home.suffix}`;
    const sql = async (project: string, text: string) =>
      docker("exec", `${project}-db-1`, "psql", "-XAtq", "-U", "shop", "-d", "goods", "-c", text);
    await sql(own, "create table sold (id int primary key); insert into sold select generate_series(1, 1000)");
    await ok("copy", `v7.1-${home.suffix}`, "--name", `${home.suffix}b`, "--yes");
    expect(await sql(`${own}b`, "select count(*), sum(id) from sold")).toBe("1000|500500");
    expect((await containersOf(`${own}b`)).flatMap(each => each.Config.Env ?? [])).toContain("COLOUR=blue");
    expect(await imageId(postgres)).toBe(database!.Image);
  });
});
