import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { DIGEST_TREE } from "../../../src/host/tree-scripts.ts";
import { docker, type TestHome } from "./cli.ts";
import { SmallHome } from "./small-home.ts";
import type { SmallProduct } from "./small-product.ts";

export const RELEASE = "v1.0.0";

/** A release of the small product that has a folder of data and a volume of files as well. */
export async function backupBundle(small: SmallProduct, release = RELEASE, migration = ""): Promise<string> {
  const bundle = await small.bundle(release, { migration });
  const edit = async (name: string, change: (text: string) => string) =>
    writeFile(join(bundle, name), change(await readFile(join(bundle, name), "utf8")));
  await edit("docker-compose.yml", text =>
    text
      .replace('"./app.js:/app.js:ro"', '"./app.js:/app.js:ro", "./data:/data", "media:/media"')
      .replace("pgdata: { name: small_pgdata }", "pgdata: { name: small_pgdata }\n  media: { name: small_media }"),
  );
  await edit(
    "graph-mgr.yml",
    text => `${text.replace("texts: [Caddyfile]", "texts: [Caddyfile], data: [data]")}fileVolumes: [media]\n`,
  );
  await execa("mkdir", [join(bundle, "data")]);
  return bundle;
}

/** As root in the app's container. */
export const FILES = `cd /data && mkdir -p uploads/deep && echo first > uploads/first && chown 1000:999 uploads/first && chmod 640 uploads/first
chmod 2770 uploads/deep && ln -s ../uploads/first uploads/link && ln uploads/first uploads/again && ln -s /etc/passwd uploads/away
cd /media && echo film > film && chown 33:33 film && mkdir empty && chmod 700 empty`;

/** That release, with files of odd owners and modes in its folder and its volume. */
export async function backupHome(bundle: string, home?: TestHome): Promise<SmallHome> {
  const own = await SmallHome.make(bundle, home);
  await docker("exec", "--user=0", own.container(RELEASE, "app"), "sh", "-ec", FILES);
  return own;
}

/** What must be equal before and after: rows, roles, and files with owners, modes and links. */
export async function contentOf(own: SmallHome, slug = own.slug(RELEASE), dir = own.dir(RELEASE)) {
  const sql = (text: string) => docker("exec", `${slug}-postgres-1`, "psql", "-XqAt", "-U", "small", "-d", "small", "-c", text);
  return {
    rows: await sql("select json_agg(n order by id) from notes n"),
    roles: await sql("select rolname, rolconfig from pg_roles where rolname !~ '^pg_' order by 1"),
    data: (await execa("sh", ["-c", DIGEST_TREE, "digest", join(dir, "data")])).stdout,
    media: await docker("exec", "--user=0", `${slug}-app-1`, "sh", "-c", DIGEST_TREE, "digest", "/media"),
  };
}
