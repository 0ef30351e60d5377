import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { docker } from "./support/cli.ts";
import { watch } from "./support/engine.ts";
import { SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

/** Backups of a small product with a database, a folder of data and a volume of files, on the real engine. */
const RELEASE = "v1.0.0";

let small: SmallProduct;
let bundle: string;
const made: SmallHome[] = [];
let elsewhere: string;

beforeAll(async () => {
  small = await SmallProduct.make();
  bundle = await small.bundle(RELEASE);
  const compose = join(bundle, "docker-compose.yml");
  const text = (await readFile(compose, "utf8"))
    .replace('"./app.js:/app.js:ro"', '"./app.js:/app.js:ro", "./data:/data", "media:/media"')
    .replace("pgdata: { name: small_pgdata }", "pgdata: { name: small_pgdata }\n  media: { name: small_media }");
  await writeFile(compose, text);
  await execa("mkdir", [join(bundle, "data")]);
  const description = join(bundle, "graph-mgr.yml");
  await writeFile(
    description,
    (await readFile(description, "utf8")).replace("texts: [Caddyfile]", "texts: [Caddyfile], data: [data]") +
      "fileVolumes: [media]\n",
  );
  elsewhere = await mkdtemp(join(tmpdir(), "graph-mgr-test-backups-"));
});
afterAll(async () => {
  await small?.remove();
  await rm(elsewhere, { recursive: true, force: true });
});
afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
});

/** The release, with files of odd owners and modes in its folder and its volume. */
async function installed(): Promise<SmallHome> {
  const own = await SmallHome.make(bundle);
  made.push(own);
  const script = `cd /data && mkdir -p uploads/deep && echo first > uploads/first && chown 1000:999 uploads/first && chmod 640 uploads/first &&
    chmod 2770 uploads/deep && ln -s ../uploads/first uploads/link && ln uploads/first uploads/again && ln -s /etc/passwd uploads/away &&
    cd /media && echo film > film && chown 33:33 film && mkdir empty && chmod 700 empty`;
  await docker("exec", "--user=0", own.container(RELEASE, "app"), "sh", "-ec", script);
  return own;
}

interface Listed {
  readonly backups: readonly {
    readonly sequence: number;
    readonly path: string;
    readonly verified: { readonly how: string } | null;
  }[];
}
interface Made {
  readonly backup: string;
  readonly sequence: number;
}

it("a backup is made while the instance serves, is private, and is listed once it was read back", async () => {
  const own = await installed();
  const { home } = own;
  const before = await own.startedAt();
  let count = 0;
  const writing = watch(async () => {
    await own.write(`while ${count++}`);
  });
  const result = await home.json<Made>("backup", "create");
  await writing.stop();
  expect(count).toBeGreaterThan(3);
  expect(await own.startedAt()).toEqual(before);
  expect(result).toMatchObject({ sequence: 1, kind: "backup-create", outcome: "done" });
  expect((await stat(result.backup)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(home.path, "backups"))).toEqual([result.backup.split("/").at(-1)]);
  const { backups } = await home.json<Listed>("backup", "list");
  expect(backups).toMatchObject([{ sequence: 1, path: result.backup, verified: { how: "created" } }]);
  const { stdout } = await execa("tar", ["tf", result.backup]);
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining([
      "README",
      "instance.json",
      "folder.tar.gz.00000001",
      "volume-1.tar.gz.00000001",
      "database/proof.json",
      "manifest.json",
      "digest",
    ]),
  );
  expect((await home.ok("backup", "verify", "1")).stdout).toContain("is whole");
  // Neither dump nor helper is left.
  expect((await execa("find", [join(home.path, ".graph-mgr/operations"), "-name", "dump*"])).stdout).toBe("");
});
