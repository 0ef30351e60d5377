import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestHome } from "./cli.ts";
import { allClosed, type Subject } from "./fault-subjects.ts";
import { must, mustBeEqual, photographHome, tracesOf } from "./faults.ts";
import { backupBundle, backupHome, contentOf, RELEASE } from "./small-backup.ts";
import type { SmallHome } from "./small-home.ts";
import { SmallProduct } from "./small-product.ts";

interface Listed {
  readonly backups: readonly { readonly path: string; readonly verified: unknown }[];
}
type Content = Awaited<ReturnType<typeof contentOf>>;
const linesIn = (content: Content): readonly string[] => Object.entries(content).map(([what, value]) => `${what} ${value}`);

/** An instance with rows and files of odd owners and modes, and how it is seen that nobody touched it. */
async function source(home: TestHome) {
  const small = await SmallProduct.make();
  const own = await backupHome(await backupBundle(small), home);
  const [content, startedAt] = [await contentOf(own), JSON.stringify(await own.startedAt())];
  return {
    own,
    content,
    async isUntouched() {
      await allClosed(home);
      must(JSON.stringify(await own.startedAt()) === startedAt, "the source was stopped or started");
      mustBeEqual(linesIn(await contentOf(own)), linesIn(content), "the source is not as it was");
    },
    async cleanUp() {
      await home.remove();
      await small.remove();
    },
  };
}

const filesIn = (own: SmallHome): Promise<readonly string[]> => readdir(join(own.home.path, "backups")).catch(() => []);
const listed = async (own: SmallHome) => (await own.home.json<Listed>("backup", "list")).backups;

/** `backup create` of an instance that serves on. */
export async function backupCreated(home: TestHome): Promise<Subject> {
  const { own, isUntouched, cleanUp } = await source(home);
  const mustHave = async (count: number) => {
    await isUntouched();
    const backups = await listed(own);
    must(backups.length === count, `${backups.length} backups are listed and not ${count}`);
    must(
      backups.every(({ verified }) => verified !== null),
      "one was never read",
    );
    mustBeEqual([`${(await filesIn(own)).length} files`], [`${count} files`], "in the folder of backups");
    for (const { path } of backups)
      must((await home.ok("backup", "verify", path)).stdout.includes("is whole"), `${path} is not whole`);
  };
  return {
    name: "backup create (small product)",
    home,
    slug: () => own.slug(RELEASE),
    command: () => ["backup", "create", "--yes"],
    serves: () => mustHave(1),
    isGone: () => mustHave(0),
    remove: () => rm(join(home.path, "backups"), { recursive: true, force: true }),
    cleanUp,
  };
}

/** `backup restore` beside the instance that was backed up. */
export async function backupRestored(home: TestHome): Promise<Subject> {
  const { own, content, isUntouched, cleanUp } = await source(home);
  await home.ok("backup", "create", "--yes");
  const [backup] = await listed(own);
  const before = await photographHome(home);
  const name = (trial: number) => `${RELEASE}-${home.suffix}x${trial}`;
  const slug = (trial: number) => name(trial).replaceAll(/[^a-z0-9]/g, "_");
  const remains = async (trial: number) => {
    mustBeEqual(await tracesOf(home, slug(trial)), [], "left on the engine");
    mustBeEqual(await photographHome(home), before, "the home is not as it was");
  };
  return {
    name: "backup restore (small product)",
    home,
    slug,
    command: trial => ["backup", "restore", backup?.path ?? "", "--name", `${home.suffix}x${trial}`, "--yes"],
    async serves(trial) {
      await isUntouched();
      const restored = await contentOf(own, slug(trial), join(home.path, "releases", name(trial)));
      mustBeEqual(linesIn(restored), linesIn(content), "what was restored is not what was backed up");
      must((await own.listed()).current === own.name(RELEASE), "current was moved");
    },
    async isGone(trial) {
      await isUntouched();
      await remains(trial);
    },
    async remove(trial) {
      await home.ok("stop", name(trial));
      await home.ok("remove", name(trial), "--volumes", "--confirm", name(trial), "--yes");
      await remains(trial);
    },
    cleanUp,
  };
}
