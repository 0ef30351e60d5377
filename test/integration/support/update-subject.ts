import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "./bundles.ts";
import { docker, TestHome } from "./cli.ts";
import { allClosed, ownPorts, portOf, RELEASE, type Subject } from "./fault-subjects.ts";
import { must, mustBeEqual, photograph, photographHome, tracesOf } from "./faults.ts";
import { Product } from "./product.ts";

const NEXT = "v2.23.0";

/** What the faults of an update need to know of it besides. */
export interface UpdateSubject extends Subject {
  readonly oldProject: string;
  readonly newProject: string;
  /** The public port, which the old one, the maintenance page and the new one have in turns. */
  readonly port: number;
  /** What `.env` says. */
  readonly password: string;
}

/** Updates of one instance, with an account and a dataset in it. Whatever happens, one of the two releases serves them. */
export async function updateProduct(method: "dump" | "copy", home?: TestHome): Promise<UpdateSubject> {
  home ??= await TestHome.make();
  return await updateIn(home, method);
}

async function updateIn(home: TestHome, method: "dump" | "copy"): Promise<UpdateSubject> {
  const old = `${RELEASE}-${home.suffix}`;
  const name = `${NEXT}-${home.suffix}`;
  const [oldProject, newProject] = [old, name].map(text => text.replaceAll(/[^a-z0-9]/g, "_")) as [string, string];
  await home.ok("install", bundle(RELEASE), "--name", home.suffix, ...ownPorts(), "--yes");
  // Holds the images of the new release, so that a trial is the window and not the loading before it.
  await home.ok("install", bundle(NEXT), "--name", `hold${home.suffix}`, ...ownPorts(), "--no-launch", "--yes");
  const port = await portOf(home, old);
  const product = new Product(port);
  await product.signUp("ada", "engine-no-1");
  const dataset = await product.makeDataset("before the update", [1, 2, 3]);
  const forget = () => rm(join(home.path, "backups"), { recursive: true, force: true });
  const password = /^POSTGRES_PASSWORD=(.*)$/m.exec(await readFile(join(home.path, "releases", old, ".env"), "utf8"))?.[1] ?? "";
  const contents = () => databaseContents(oldProject);
  const [beforeHome, beforeFolder, beforeContents] = [
    await photographHome(home),
    await photograph(join(home.path, "releases", old)),
    await contents(),
  ];
  const isWhole = async (release: string) => {
    must((await product.version()).version === release, `${release} does not answer`);
    must((await product.logIn("ada", "engine-no-1")) === 200, "nobody can log in");
    must(JSON.stringify((await product.dataset(dataset)).body) === "[1,2,3]", "the dataset is lost");
  };
  const isOff = async (project: string) => {
    const running = await docker("ps", "--format", "{{.Names}}", "--filter", `label=com.docker.compose.project=${project}`);
    must(running === "", `both run: ${running}`);
  };
  return {
    name: `update --postgres ${method} (${RELEASE} to ${NEXT})`,
    home,
    oldProject,
    newProject,
    port,
    password,
    slug: () => newProject,
    command: () => ["update", bundle(NEXT), "--from", old, "--postgres", method, "--health-timeout", "90", "--yes"],
    async serves() {
      await allClosed(home);
      await portOf(home, name);
      await isWhole(NEXT);
      await isOff(oldProject);
      await keepsNoSecret(home, password);
    },
    async isGone() {
      await allClosed(home);
      await portOf(home, old);
      await isWhole(RELEASE);
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
      await isWhole(RELEASE);
    },
    cleanUp: () => home.remove(),
  };
}

/**
 * Every database and role of an instance that runs, as text; dumps are marked with a random word, which is left out. So are passwords: one that is set
 * again to what it was has another salt.
 */
async function databaseContents(project: string): Promise<readonly string[]> {
  const container = await docker(
    ...["ps", "-q", "--filter", `label=com.docker.compose.project=${project}`],
    ...["--filter", "label=com.docker.compose.service=postgres"],
  );
  const text = await docker(
    "exec",
    container,
    "pg_dumpall",
    "--no-role-passwords",
    "--username=graphistry",
    "--database=graphistry",
  );
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
