import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DIGEST_TREE } from "../../../src/host/tree-scripts.ts";
import { bundle } from "./bundles.ts";
import { docker, TestHome } from "./cli.ts";
import { allClosed, ownPort, ownPorts, portOf, RELEASE, type Subject } from "./fault-subjects.ts";
import { must, mustBeEqual, photograph, photographHome, tracesOf } from "./faults.ts";
import { Product } from "./product.ts";
import { backupBundle, FILES } from "./small-backup.ts";
import { NEW, NOTES, OLD } from "./small-home.ts";
import { SmallProduct } from "./small-product.ts";

/** What the faults of an update need to know of it besides. */
export interface UpdateSubject extends Subject {
  readonly oldProject: string;
  readonly newProject: string;
  /** The public port, which the old one, the maintenance page and the new one have in turns. */
  readonly port: number;
  /** What `.env` says. */
  readonly password: string;
  /** Whose password it is, who has a database of the same name. */
  readonly user: string;
}

/** What is updated, and how it is seen that all of its data is there. */
interface Updated {
  /** For the report. */
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /** Of the release with that name. */
  bundle(release: string): string;
  /** The database's user, who has a database of the same name. */
  readonly user: string;
  /** Options for an installation. */
  ports(): readonly string[];
  /** Puts data into the old instance. */
  fill(port: number, project: string): Promise<void>;
  /** The release answers at the port with all of that. */
  isWhole(release: string, port: number, project: string): Promise<void>;
  remove(): Promise<void>;
}

/** Updates of one instance of the product that the manual is about, with an account and a dataset in it. */
export async function updateProduct(method: "dump" | "copy", home?: TestHome): Promise<UpdateSubject> {
  let dataset = "";
  return await updateIn(home ?? (await TestHome.make()), method, {
    title: `${RELEASE} to v2.23.0`,
    from: RELEASE,
    to: "v2.23.0",
    bundle,
    user: "graphistry",
    ports: ownPorts,
    async fill(port) {
      const product = new Product(port);
      await product.signUp("ada", "engine-no-1");
      dataset = await product.makeDataset("before the update", [1, 2, 3]);
    },
    async isWhole(release, port) {
      const product = new Product(port);
      must((await product.version()).version === release, `${release} does not answer`);
      must((await product.logIn("ada", "engine-no-1")) === 200, "nobody can log in");
      must(JSON.stringify((await product.dataset(dataset)).body) === "[1,2,3]", "the dataset is lost");
    },
    remove: async () => undefined,
  });
}

/** Updates of the small product, with rows, a folder of files and a volume of files: many of them fit into an hour. */
export async function updateSmall(method: "dump" | "copy", home?: TestHome): Promise<UpdateSubject> {
  const small = await SmallProduct.make();
  const bundles = new Map<string, string>([
    [OLD, await backupBundle(small, OLD)],
    [NEW, await backupBundle(small, NEW, "alter table notes add column if not exists at timestamptz default now();")],
  ]);
  const digests = (project: string) =>
    Promise.all(
      ["/data", "/media"].map(folder =>
        docker("exec", "--user=0", `${project}-app-1`, "sh", "-c", DIGEST_TREE, "digest", folder),
      ),
    );
  let files: readonly string[] = [];
  return await updateIn(home ?? (await TestHome.make()), method, {
    title: "small product",
    from: OLD,
    to: NEW,
    bundle: release => bundles.get(release) ?? "",
    user: "small",
    ports: () => ["--port", `front:80=${ownPort()}`],
    async fill(port, project) {
      for (const note of NOTES) await fetch(`http://127.0.0.1:${port}/notes`, { method: "POST", body: note });
      await docker("exec", "--user=0", `${project}-app-1`, "sh", "-ec", FILES);
      files = await digests(project);
    },
    async isWhole(release, port, project) {
      const get = async (path: string) =>
        await (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } })).text();
      must((await get("/")) === release, `${release} does not answer`);
      mustBeEqual(JSON.parse(await get("/notes")) as string[], NOTES, "notes are not as they were");
      mustBeEqual(await digests(project), files, "files are not as they were");
    },
    remove: () => small.remove(),
  });
}

async function updateIn(home: TestHome, method: "dump" | "copy", updated: Updated): Promise<UpdateSubject> {
  const old = `${updated.from}-${home.suffix}`;
  const name = `${updated.to}-${home.suffix}`;
  const [oldProject, newProject] = [old, name].map(text => text.replaceAll(/[^a-z0-9]/g, "_")) as [string, string];
  await home.ok("install", updated.bundle(updated.from), "--name", home.suffix, ...updated.ports(), "--yes");
  // Holds the images of the new release, so that a trial is the window and not the loading before it.
  const next = updated.bundle(updated.to);
  await home.ok("install", next, "--name", `hold${home.suffix}`, ...updated.ports(), "--no-launch", "--yes");
  const port = await portOf(home, old);
  await updated.fill(port, oldProject);
  const forget = () => rm(join(home.path, "backups"), { recursive: true, force: true });
  const password = /^POSTGRES_PASSWORD=(.*)$/m.exec(await readFile(join(home.path, "releases", old, ".env"), "utf8"))?.[1] ?? "";
  const contents = () => databaseContents(oldProject, updated.user);
  const [beforeHome, beforeFolder, beforeContents] = [
    await photographHome(home),
    await photograph(join(home.path, "releases", old)),
    await contents(),
  ];
  const isWhole = (release: string) => updated.isWhole(release, port, release === updated.from ? oldProject : newProject);
  const isOff = async (project: string) => {
    const running = await docker("ps", "--format", "{{.Names}}", "--filter", `label=com.docker.compose.project=${project}`);
    must(running === "", `both run: ${running}`);
  };
  return {
    name: `update --postgres ${method} (${updated.title})`,
    home,
    oldProject,
    newProject,
    port,
    password,
    user: updated.user,
    slug: () => newProject,
    command: () => ["update", next, "--from", old, "--postgres", method, "--health-timeout", "90", "--yes"],
    async serves() {
      await allClosed(home);
      await portOf(home, name);
      await isWhole(updated.to);
      await isOff(oldProject);
      await keepsNoSecret(home, password);
    },
    async isGone() {
      await allClosed(home);
      await portOf(home, old);
      await isWhole(updated.from);
      mustBeEqual(await contents(), beforeContents, "the old database is not as it was");
      mustBeEqual(await tracesOf(home, newProject), [], "left on the engine");
      mustBeEqual(await photograph(join(home.path, "releases", old)), beforeFolder, "the old folder is not as it was");
      mustBeEqual(await photographHome(home), beforeHome, "the home is not as it was");
      await keepsNoSecret(home, password);
    },
    async remove() {
      await home.ok("rollback", "--accept-loss", "--yes");
      await home.ok("remove", name, "--volumes", "--confirm", name, "--yes");
      await forget();
      mustBeEqual(await tracesOf(home, newProject), [], `left after removing ${name}`);
      await isWhole(updated.from);
    },
    async cleanUp() {
      await home.remove();
      await updated.remove();
    },
  };
}

/**
 * Every database and role of an instance that runs, as text; dumps are marked with a random word, which is left out. So are passwords: one that is set
 * again to what it was has another salt.
 */
async function databaseContents(project: string, user: string): Promise<readonly string[]> {
  const container = await docker(
    ...["ps", "-q", "--filter", `label=com.docker.compose.project=${project}`],
    ...["--filter", "label=com.docker.compose.service=postgres"],
  );
  const text = await docker("exec", container, "pg_dumpall", "--no-role-passwords", `--username=${user}`, `--database=${user}`);
  return text.split("\n").filter(line => !/^\\(un)?restrict /.test(line));
}

/** INV7: nothing that operations write about themselves has the password in it. */
async function keepsNoSecret(home: TestHome, secret: string): Promise<void> {
  const own = join(home.path, ".graph-mgr/operations");
  for (const path of await readdir(own, { recursive: true })) {
    const text = await readFile(join(own, path), "utf8").catch(() => "");
    must(secret === "" || !text.includes(secret), `a password stands in ${path}`);
  }
}
