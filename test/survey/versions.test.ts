import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backupName } from "../../src/domain/backup-name.ts";
import type { InstanceRecord } from "../../src/domain/instance.ts";
import { OperatorError } from "../../src/errors.ts";
import { createBundles } from "../../src/host/bundles.ts";
import { createFileStore } from "../../src/host/file-store.ts";
import { nodeDisk } from "../../src/host/node-disk.ts";
import type { World } from "../../src/host/world.ts";
import { bundlePaths, surveyBundles } from "../../src/survey/bundles.ts";
import { surveyVersions } from "../../src/survey/versions.ts";
import { file, tar } from "../host/tar-writer.ts";
import { HOME, Stage } from "../simulator/scenario.ts";

const DESCRIPTION = (await readFile(join(import.meta.dirname, "../../templates/products/graphistry.yml"), "utf8")).concat(`
requires: [ { versions: ">=2.46.0-0", from: ">=2.45.0" } ]
instructions: [ { versions: ">=2.25.0-0", say: Settings move to data/config. } ]
`);
const real = createBundles({ load: async () => {} });
let place = "";
let glanced: string[] = [];
const world: Pick<World, "files" | "bundles"> = {
  files: createFileStore(nodeDisk),
  bundles: {
    ...real,
    glance: async (path, progress) => {
      glanced.push(path.slice(place.length + 1));
      return await real.glance(path, progress);
    },
  },
};
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "gm-versions-"));
  glanced = [];
});
afterEach(() => rm(place, { recursive: true, force: true }));

const files = (version: string, more: Readonly<Record<string, string>> = {}) => ({
  ".env": "POSTGRES_PASSWORD=canary\n",
  "docker-compose.yml": `services: { web: { image: "graphistry/caddy:\${APP_BUILD_TAG}" } }\n`,
  VERSION: `${version}\n`,
  ...more,
});
async function bundle(name: string, content: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(place, name, ".."), { recursive: true });
  const bytes = tar(...Object.entries(content).map(([path, text]) => file(path, text)));
  await writeFile(join(place, name), name.endsWith("gz") ? gzipSync(bytes) : bytes);
}
const installed = (release: string, over: Record<string, unknown> = {}) =>
  ({
    name: release,
    release,
    product: { product: "graphistry" },
    pristine: `/home/.graph-mgr/pristine/${release}-aaaaaaaaaaaa`,
    images: { web: { id: "sha256:1", reference: `graphistry/caddy:${release}` } },
    origin: { how: "install" },
    ...over,
  }) as unknown as InstanceRecord;
const survey = async (from: InstanceRecord | null = null, named: readonly string[] = []) =>
  await surveyVersions(world, { home: place, folders: [place], named, from }, { "graphistry.yml": DESCRIPTION }, () => {});
const seen = async (from: InstanceRecord | null = null) =>
  (await survey(from)).bundles.map(({ path, version, layout, way, instructions, unreadable }) => ({
    name: path.slice(place.length + 1),
    version,
    layout,
    way,
    read: instructions.map(({ release }) => release),
    fault: unreadable?.code ?? null,
  }));

/** The sample product's releases, with what they ask for. */
async function samples(): Promise<void> {
  await bundle("b-2.22.2.tar", files("v2.22.2"));
  await bundle("bundles/b-2.23.0.tar", files("2.23.0"));
  await bundle("b-2.24.9.tar", files("v2.24.9", { "UPGRADING.md": "# Updating\n\nPostgres changes.\n" }));
  await bundle("new.tgz", files("v2.45.11", { "release.yml": "requires: v2.24.0\n" }));
}

describe("bundles that lie here", () => {
  it("are known by their own word, in the order of releases, and not by their names", async () => {
    await samples();
    await bundle("looks-like-v9.9.9.tar", files("v2.9.0"));
    expect((await seen()).map(({ name, version, layout }) => `${name} ${version} ${layout}`)).toEqual([
      "looks-like-v9.9.9.tar v2.9.0 legacy",
      "b-2.22.2.tar v2.22.2 legacy",
      "bundles/b-2.23.0.tar v2.23.0 legacy",
      "b-2.24.9.tar v2.24.9 legacy",
      "new.tgz v2.45.11 modern",
    ]);
  });

  it("may be folders, which are known by their image archive; an instance is none", async () => {
    for (const folder of ["unpacked", "bundles/inner", "v2.22.2-instance", ".hidden"]) {
      await mkdir(join(place, folder), { recursive: true });
      for (const [name, text] of Object.entries(files("v2.22.2"))) await writeFile(join(place, folder, name), text);
      if (folder !== "v2.22.2-instance") await writeFile(join(place, folder, "containers.tar"), "");
    }
    expect((await seen()).map(({ name, version }) => [name, version])).toEqual([
      ["unpacked", "v2.22.2"],
      ["bundles/inner", "v2.22.2"],
    ]);
  });

  it("are not what was taken over, which has its image archive still and an administrator's edits, nor a link to it", async () => {
    const dir = join(place, "releases/v2.22.2");
    await mkdir(dir, { recursive: true });
    for (const [name, text] of Object.entries(files("v2.22.2"))) await writeFile(join(dir, name), text);
    await writeFile(join(dir, "containers.tar"), "");
    await symlink("releases/v2.22.2", join(place, "current"));
    const folders = [place, join(place, "releases")];
    expect(await bundlePaths(world, folders, place)).toEqual([join(place, "current"), dir]);
    const stage = new Stage();
    await stage.install("v1.0.0");
    const record: unknown = JSON.parse((await stage.world.files.read(`${HOME}/.graph-mgr/instances/v1.0.0.json`)) ?? "");
    await mkdir(join(place, ".graph-mgr/instances"), { recursive: true });
    await writeFile(join(place, ".graph-mgr/instances/v2.22.2.json"), JSON.stringify({ ...(record as object), dir }));
    expect(await bundlePaths(world, folders, place)).toEqual([]);
  });

  it("are no backups, by the names that those are given", async () => {
    await bundle(backupName(7, "v2.22.2-bk", "2026-11-23T06:01:12.699Z", false), files("v2.22.2"));
    await bundle("b.tar", files("v2.22.2"));
    expect(await bundlePaths(world, [place], place)).toEqual([join(place, "b.tar")]);
    expect((await surveyBundles(world, [place])).map(({ path }) => path)).toEqual([join(place, "b.tar")]);
  });

  it("are found once, also in a folder that is reached through a link", async () => {
    await bundle("far/stick/b.tar", files("v2.22.2"));
    await symlink(join(place, "far/stick"), join(place, "bundles"));
    const folders = [place, join(place, "bundles"), join(place, "nowhere")];
    expect(await bundlePaths(world, folders, place)).toEqual([join(place, "bundles/b.tar")]);
    await bundle("more/bundles/c-v1.0.0.tar", files("v1.0.0"));
    const twice = [join(place, "more"), join(place, "more/bundles")];
    expect((await surveyBundles(world, twice)).map(({ version }) => version)).toEqual(["v1.0.0"]);
  });

  it("F53 that are damaged are listed with the reason, and stop nothing", async () => {
    await samples();
    await writeFile(join(place, "cut-v2.30.0.tar.gz"), gzipSync(tar(file("VERSION", "v2.30.0\n"))).subarray(0, 60));
    await writeFile(join(place, "garbage.tar"), "no tar at all");
    await bundle("bad-number.tar", files("v2.31.0", { "release.yml": "requires: 2.20\n" }));
    await bundle("bad-version.tar", files("../../x"));
    await bundle("bad-description.tar", files("v2.32.0", { "graph-mgr.yml": "schema: 2\n" }));
    expect((await seen(installed("v2.24.9"))).filter(({ fault }) => fault !== null)).toEqual([
      expect.objectContaining({ name: "bad-version.tar", version: null, way: null, fault: "BAD_RELEASE" }),
      expect.objectContaining({ name: "garbage.tar", version: null, way: null, fault: "NO_BUNDLE" }),
      expect.objectContaining({ name: "cut-v2.30.0.tar.gz", version: "v2.30.0", way: null, fault: "BUNDLE_DAMAGED" }),
      expect.objectContaining({ name: "bad-number.tar", version: "v2.31.0", way: null, fault: "BAD_RELEASE_FILE" }),
      expect.objectContaining({ name: "bad-description.tar", version: "v2.32.0", way: null, fault: "BAD_PRODUCT" }),
    ]);
    expect((await seen(installed("v2.24.9"))).find(({ name }) => name === "new.tgz")?.way).toEqual({ hops: ["v2.45.11"] });
  });
});

describe("what an instance may be updated to", () => {
  it("is said of every bundle, with the path and what is to be read", async () => {
    await samples();
    expect((await seen(installed("v2.22.2"))).map(({ version, way, read }) => [version, way, read])).toEqual([
      ["v2.22.2", { order: "same" }, []],
      ["v2.23.0", { hops: ["v2.23.0"] }, []],
      ["v2.24.9", { hops: ["v2.24.9"] }, ["v2.24.9"]],
      ["v2.45.11", { hops: ["v2.24.9", "v2.45.11"] }, ["v2.24.9", "v2.45.11"]],
    ]);
    expect((await seen(installed("v2.24.9"))).map(({ version, way, read }) => [version, way, read])).toEqual([
      ["v2.22.2", { order: "older" }, []],
      ["v2.23.0", { order: "older" }, []],
      ["v2.24.9", { order: "same" }, ["v2.24.9"]],
      ["v2.45.11", { hops: ["v2.45.11"] }, ["v2.45.11"]],
    ]);
  });

  it("keeps the product description's requirements, and says what is missing", async () => {
    await bundle("b.tar", files("v2.46.0", { "release.yml": "requires: v2.24.0\n" }));
    expect((await seen(installed("v2.24.9")))[0]?.way).toEqual({
      hops: ["v2.45.0", "v2.46.0"],
      missing: [{ release: "v2.45.0", before: "v2.46.0" }],
    });
  });

  it("is another cut of the same release where its digest is known, and the instance's cut is", async () => {
    await bundle("b.tar.gz", files("v2.22.2"));
    const { digest } = (await real.read(join(place, "b.tar.gz"), () => {})).source;
    const cut = (end: string) => ({ pristine: `/pristine/v2.22.2-${end}` });
    const way = async (over: Record<string, unknown>) => (await seen(installed("v2.22.2", over)))[0]?.way;
    expect(await way(cut(digest.slice(0, 12)))).toEqual({ order: "same" });
    expect(await way(cut("bbbbbbbbbbbb"))).toEqual({ hops: ["v2.22.2"] });
    expect(await way({ ...cut("bbbbbbbbbbbb"), origin: { how: "adopt" } })).toEqual({ order: "same" });
    await rm(join(place, "b.tar.gz"));
    await bundle("b.tar", files("v2.22.2"));
    expect(await way(cut("bbbbbbbbbbbb"))).toEqual({ order: "same" });
  });

  it("is of the same product: by the description, or by an image where nobody described it", async () => {
    const own = `schema: 1\nproduct: other\nlayouts: [ { layout: plain, versions: "*" } ]\n`;
    await bundle("a.tar", files("v3.0.0", { "graph-mgr.yml": own }));
    const compose = (image: string) => ({
      "docker-compose.yml": `services:\n  web:\n    # image: graphistry/x\n    image: ${image}\n`,
    });
    await bundle("b.tar", files("v3.1.0", compose(`tiny/web:\${TAG:-v1/x}`)));
    await bundle("c.tar", files("v3.2.0", compose(`"\${REGISTRY:-r.example}/tiny/web:v1"`)));
    await bundle("d.tar", files("v3.3.0", compose("stranger/web:v1")));
    await bundle("e.tar", files("v3.4.0", compose(`\${ANYTHING}`)));
    const ways = async (over: Record<string, unknown>) =>
      (await seen(installed("v2.22.2", over))).flatMap(({ name, way }) => (way === null ? [] : [name]));
    expect(await ways({})).toEqual([]);
    expect(await ways({ product: { product: "other" } })).toEqual(["a.tar"]);
    const images = { web: { id: "sha256:1", reference: "hub.example:5000/tiny/web:v1" } };
    expect(await ways({ product: { product: "compose" }, images })).toEqual(["c.tar"]);
    expect(await ways({ product: { product: "compose" }, images: { web: { id: "1", reference: "tiny/web:v1" } } })).toEqual([
      "b.tar",
    ]);
  });
});

describe("what is remembered of bundles", () => {
  const remember = async (cache: string | null) => {
    if (cache !== null) await world.files.write(join(place, ".graph-mgr/cache/bundles.json"), cache);
  };

  it("spares a second look, holds no settings, and says the same", async () => {
    await samples();
    await writeFile(join(place, "garbage.tar"), "no tar at all");
    const first = await survey(installed("v2.22.2"));
    expect(first.cache).not.toContain("canary");
    await remember(first.cache);
    expect(glanced).toHaveLength(5);
    const second = await survey(installed("v2.22.2"));
    expect(glanced).toHaveLength(5);
    expect(second).toEqual({ bundles: first.bundles, cache: null });
  });

  it("does not hide that a bundle was written again or is gone, and is made anew when it is broken", async () => {
    await samples();
    const then = new Date(1_700_000_000_000);
    await utimes(join(place, "b-2.22.2.tar"), then, then);
    await remember((await survey()).cache);
    glanced = [];
    await bundle("b-2.22.2.tar", files("v2.22.3"));
    await utimes(join(place, "b-2.22.2.tar"), then, then);
    await rm(join(place, "new.tgz"));
    const { bundles, cache } = await survey();
    expect(bundles.map(({ version }) => version)).toEqual(["v2.22.3", "v2.23.0", "v2.24.9"]);
    expect(glanced).toEqual(["b-2.22.2.tar"]);
    expect(cache).not.toContain("new.tgz");
    for (const broken of [
      "{",
      "[]",
      (cache ?? "").replace(`"schema":1`, `"schema":2`),
      `{"schema":1,"bundles":{"${place}/b-2.24.9.tar":{}}}`,
    ]) {
      glanced = [];
      await remember(broken);
      expect((await survey()).bundles).toHaveLength(3);
      expect(glanced).toHaveLength(3);
    }
  });

  it("is kept of bundles that nobody asked about this time", async () => {
    await bundle("elsewhere/x.tar", files("v2.23.0"));
    await bundle("b.tar", files("v2.22.2"));
    await remember((await survey(null, [join(place, "elsewhere/x.tar")])).cache);
    glanced = [];
    expect(await survey()).toMatchObject({ bundles: [{ version: "v2.22.2" }], cache: null });
    await survey(null, [join(place, "elsewhere/x.tar")]);
    expect(glanced).toEqual([]);
  });

  it("does not have what may be otherwise next time", async () => {
    await bundle("b.tar", files("v2.22.2"));
    const changing = { ...real, glance: () => Promise.reject(new OperatorError("BUNDLE_CHANGED", "somebody writes it")) };
    const request = { home: place, folders: [place], from: null };
    const { bundles, cache } = await surveyVersions({ ...world, bundles: changing }, request, {}, () => {});
    expect(bundles.map(({ unreadable }) => unreadable?.code)).toEqual(["BUNDLE_CHANGED"]);
    expect(cache).not.toContain("b.tar");
    const bug = { ...real, glance: () => Promise.reject(new TypeError("a bug")) };
    await expect(surveyVersions({ ...world, bundles: bug }, request, {}, () => {})).rejects.toThrow("a bug");
  });

  it("is asked of a bundle that was named, too", async () => {
    await bundle("elsewhere/x.tar", files("v2.23.0"));
    const { bundles } = await survey(installed("v2.22.2"), [join(place, "elsewhere/x.tar"), join(place, "elsewhere/gone.tar")]);
    expect(bundles.map(({ version, way }) => [version, way])).toEqual([["v2.23.0", { hops: ["v2.23.0"] }]]);
  });
});
