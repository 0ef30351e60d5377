import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { bundle } from "./bundles.ts";
import { docker, TestHome } from "./cli.ts";
import { must, mustBeEqual, next, outcomes, photograph, photographHome, tracesOf } from "./faults.ts";
import { Product } from "./product.ts";

interface Listed {
  readonly instances: readonly {
    readonly name: string;
    readonly state: string;
    readonly health: string;
    readonly ports: readonly { readonly container: number; readonly host: number }[];
  }[];
}

/** What the fault tests do again and again, and how they see that it went well, or that it never was. */
export interface Subject {
  /** For the report: `install (tiny)`. */
  readonly name: string;
  readonly home: TestHome;
  /** The command of the trial with this number. */
  command(trial: number): readonly string[];
  slug(trial: number): string;
  /** It serves, and the operation is finished. */
  serves(trial: number): Promise<void>;
  /** Nothing of it is left, and all that was there before is as it was. */
  isGone(trial: number): Promise<void>;
  /** Takes away an instance that was made. */
  remove(trial: number): Promise<void>;
  cleanUp(): Promise<void>;
}

/** Nobody else's: between a kill and the resume another test may take the next free port, and then the resume rightly fails. */
export const ownPort = () => 20_000 + Math.floor(Math.random() * 12_000);
export const ownPorts = () => ["--http-port", String(ownPort()), "--https-port", String(ownPort())];

export async function portOf(home: TestHome, name: string): Promise<number> {
  const look = async () => (await home.json<Listed>("list")).instances;
  const isWell = (each: Listed["instances"][number]) =>
    each.name === name && each.state === "running" && each.health === "healthy";
  let instances = await look();
  // An undo starts again what it had stopped and does not wait for it, nor does an engine that comes back.
  for (const deadline = Date.now() + 60_000; !instances.some(isWell) && Date.now() < deadline; instances = await look())
    await new Promise(resolve => setTimeout(resolve, 500));
  const found = instances.find(isWell);
  must(found !== undefined, `${name} is not running and healthy: ${JSON.stringify(instances)}`);
  const port = found?.ports.find(({ container }) => container === 80)?.host;
  must(port !== undefined, `${name} has no port`);
  return port!;
}

async function removed(home: TestHome, name: string, slug: string): Promise<void> {
  await home.ok("stop", name, "--yes");
  await home.ok("remove", name, "--current", "--volumes", "--confirm", name, "--yes");
  mustBeEqual(await tracesOf(home, slug), [], `left after removing ${name}`);
}

export async function allClosed(home: TestHome): Promise<void> {
  const open = (await outcomes(home)).filter(({ outcome }) => outcome === "unfinished");
  must(open.length === 0, `unfinished: ${JSON.stringify(open)}`);
}

/** A bundle whose image no other test has: what a load brings can be told from what was there. */
export async function installTiny(): Promise<Subject> {
  const home = await TestHome.make();
  const folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-bundle-"));
  const release = `v0.9.${Number.parseInt(home.suffix.slice(1), 16)}`;
  const image = `tiny/web:${release}`;
  await execa("bash", [resolve(import.meta.dirname, "../../../templates/sample-product/make-tiny.sh"), folder, release]);
  const path = join(folder, `tiny-${release}.tar.gz`);
  const noImage = async () => {
    const left = (
      await docker("image", "ls", "-a", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=tiny/web")
    ).split("\n");
    must(!left.includes(image), `the image ${image} is left`);
  };
  const before = await photographHome(home);
  const name = (trial: number) => `${release}-${home.suffix}x${trial}`;
  const slug = (trial: number) => name(trial).replaceAll(/[^a-z0-9]/g, "_");
  return {
    name: "install (tiny)",
    home,
    slug,
    command: trial => ["install", path, "--name", `${home.suffix}x${trial}`, "--port", `web:80=${ownPort()}`, "--yes"],
    async serves(trial) {
      await allClosed(home);
      const response = await fetch(`http://127.0.0.1:${await portOf(home, name(trial))}/id`, {
        signal: AbortSignal.timeout(15_000),
      });
      must(response.status === 200 && (await response.text()).trim() !== "", `${name(trial)} does not serve`);
    },
    async isGone(trial) {
      await allClosed(home);
      mustBeEqual(await tracesOf(home, slug(trial)), [], "left on the engine");
      mustBeEqual(await photographHome(home), before, "the home is not as it was");
      await noImage();
    },
    async remove(trial) {
      await removed(home, name(trial), slug(trial));
      await noImage();
      // The vendor's files of a release stay for its next instance.
      await rm(join(home.path, ".graph-mgr/pristine"), { recursive: true, force: true });
    },
    async cleanUp() {
      await home.remove();
      await docker("image", "rm", image).catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const RELEASE = "v2.22.2";

export async function installProduct(): Promise<Subject> {
  const home = await TestHome.make();
  const before = await photographHome(home);
  const name = (trial: number) => `${RELEASE}-${home.suffix}x${trial}`;
  const slug = (trial: number) => name(trial).replaceAll(/[^a-z0-9]/g, "_");
  return {
    name: `install (${RELEASE})`,
    home,
    slug,
    command: trial => ["install", bundle(RELEASE), "--name", `${home.suffix}x${trial}`, ...ownPorts(), "--yes"],
    async serves(trial) {
      await allClosed(home);
      const product = new Product(await portOf(home, name(trial)));
      must((await product.version()).version === RELEASE, "another version answers");
      must((await product.signUp("ada", "engine-no-1")) === 201, "nobody can sign up");
    },
    async isGone(trial) {
      await allClosed(home);
      mustBeEqual(await tracesOf(home, slug(trial)), [], "left on the engine");
      mustBeEqual(await photographHome(home), before, "the home is not as it was");
    },
    async remove(trial) {
      await removed(home, name(trial), slug(trial));
      await rm(join(home.path, ".graph-mgr/pristine"), { recursive: true, force: true });
    },
    cleanUp: () => home.remove(),
  };
}

/** Copies of one source, with an account and a dataset in it. After each trial the source must be as it was, and serve. */
export async function copyProduct(data: "dump" | "copy"): Promise<Subject> {
  const home = await TestHome.make();
  const source = `${RELEASE}-${home.suffix}`;
  const sourceSlug = source.replaceAll(/[^a-z0-9]/g, "_");
  await home.ok("install", bundle(RELEASE), "--name", home.suffix, ...ownPorts(), "--yes");
  const product = new Product(await portOf(home, source));
  await product.signUp("ada", "engine-no-1");
  const dataset = await product.makeDataset("before the copy", [1, 2, 3]);
  const graph = async (of: Product) => JSON.stringify((await of.dataset(dataset)).body);
  // A copy with its source stopped starts the very same containers again; one with a dump never touches them.
  const containers = async () =>
    (
      await docker(
        "inspect",
        "--format",
        `{{.Id}} {{.HostConfig.RestartPolicy.Name}} {{.State.Status}}${data === "dump" ? " {{.State.StartedAt}}" : ""}`,
        ...(await docker("ps", "-aq", "--filter", `label=com.docker.compose.project=${sourceSlug}`)).split("\n"),
      )
    )
      .split("\n")
      .sort(); // prettier-ignore
  const folder = () => photograph(join(home.path, "releases", source));
  const [beforeHome, beforeContainers, beforeFolder] = [await photographHome(home), await containers(), await folder()];
  const name = (trial: number) => `${RELEASE}-${home.suffix}x${trial}`;
  const slug = (trial: number) => name(trial).replaceAll(/[^a-z0-9]/g, "_");
  const sourceIsWell = async () => {
    await portOf(home, source);
    must((await product.logIn("ada", "engine-no-1")) === 200, "nobody can log in to the source");
    must((await graph(product)) === "[1,2,3]", "the source lost its dataset");
    mustBeEqual(await containers(), beforeContainers, "the source's containers are not as they were");
    mustBeEqual(await folder(), beforeFolder, "the source's folder is not as it was");
  };
  return {
    name: `copy --data ${data}${data === "copy" ? " --stop-source" : ""} (${RELEASE})`,
    home,
    slug,
    command: trial => [
      "copy",
      source,
      "--name",
      `${home.suffix}x${trial}`,
      "--data",
      data,
      ...(data === "copy" ? ["--stop-source"] : []),
      ...ownPorts(),
      "--yes",
    ],
    async serves(trial) {
      await allClosed(home);
      const copy = new Product(await portOf(home, name(trial)));
      must((await copy.logIn("ada", "engine-no-1")) === 200, "nobody can log in to the copy");
      must((await graph(copy)) === "[1,2,3]", "the copy lacks the dataset");
      await sourceIsWell();
    },
    async isGone(trial) {
      await allClosed(home);
      mustBeEqual(await tracesOf(home, slug(trial)), [], "left on the engine");
      mustBeEqual(await photographHome(home), beforeHome, "the home is not as it was");
      await sourceIsWell();
    },
    async remove(trial) {
      await home.ok("stop", name(trial), "--yes");
      await home.ok("remove", name(trial), "--volumes", "--confirm", name(trial), "--yes");
      mustBeEqual(await tracesOf(home, slug(trial)), [], `left after removing ${name(trial)}`);
      mustBeEqual(await photographHome(home), beforeHome, "the home is not as it was");
    },
    cleanUp: () => home.remove(),
  };
}

/** After a trial that failed: whatever it left must not stand in the way of the next. */
export async function mend({ home }: Subject, trial: number, remove: () => Promise<void>): Promise<void> {
  await next(home, "undo", "--yes");
  const { instances } = await home.json<Listed>("list").catch(() => ({ instances: [] }) as Listed);
  if (instances.some(({ name }) => name.endsWith(`x${trial}`))) await remove().catch(() => undefined);
}
