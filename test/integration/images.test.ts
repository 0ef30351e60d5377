import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { localExecutor } from "../../src/host/create-world.ts";
import { createImageSets } from "../../src/host/image-sets.ts";
import { docker, TestHome } from "./support/cli.ts";
import { SmallHome } from "./support/small-home.ts";
import { SmallProduct } from "./support/small-product.ts";

/** Images as files, on the real engine. */
let folder: string;
let home: TestHome;
const tags: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-images-"));
  home = await TestHome.make();
});
afterEach(async () => {
  for (const tag of tags.splice(0)) await execa("docker", ["image", "rm", tag], { reject: false });
});
afterAll(async () => {
  await home?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** An image that nobody else has, under a name that nobody else has. */
async function image(content: string): Promise<{ readonly id: string; readonly tag: string }> {
  const own = await mkdtemp(join(folder, "image-"));
  await writeFile(join(own, "content"), content);
  const tag = `graph-mgr-test/${home.suffix}:${content}`;
  const { stdout } = await execa("tar", ["c", "-C", own, "."], { encoding: "buffer" });
  const { stdout: id } = await execa("docker", ["import", "-", tag], { input: stdout });
  tags.push(tag);
  return { id, tag };
}

const idOf = async (reference: string): Promise<string | null> =>
  (await execa("docker", ["image", "inspect", "--format", "{{.Id}}", reference], { reject: false })).stdout || null;

/** Written as `export` writes them. */
async function exported(
  path: string,
  images: readonly { readonly id: string; readonly tags: readonly string[] }[],
): Promise<void> {
  const layersOf = async (id: string) =>
    JSON.parse(await docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", id)) as string[];
  const { architecture, imageStore } = await home
    .run("export", "--have")
    .then(({ stdout }) => JSON.parse(stdout) as { architecture: string; imageStore: "classic" | "containerd" });
  await createImageSets(localExecutor(process.env)).write(
    {
      schema: 1,
      kind: "images",
      createdAt: new Date().toISOString(),
      architecture,
      imageStore,
      images: await Promise.all(images.map(async ({ id, tags: own }) => ({ id, tags: [...own], layers: await layersOf(id) }))),
    },
    path,
    () => {},
  );
}

it("images come back with their ids and names, and take no name from another image", async () => {
  const [one, two] = [await image("one"), await image("two")];
  const path = join(folder, "two.tar");
  await exported(path, [
    { id: one.id, tags: [one.tag] },
    { id: two.id, tags: [two.tag] },
  ]);
  await docker("image", "rm", one.tag);
  await docker("image", "rm", two.tag);
  expect(await idOf(one.id)).toBeNull();
  // Meanwhile somebody else has the name of the second.
  const other = await image("other");
  await docker("tag", other.id, two.tag);

  const dry = await home.ok("import", path, "--dry-run");
  expect(dry.stdout).toContain(`${two.tag} goes on naming another image here`);
  expect(await idOf(one.id)).toBeNull();
  expect(await home.json("import", path)).toMatchObject({ kind: "import", outcome: "done", loaded: [one.id, two.id] });
  expect(await idOf(one.tag)).toBe(one.id);
  expect(await idOf(two.tag)).toBe(other.id);
  // It has a name nevertheless, so that no prune takes it.
  const kept = JSON.parse(await docker("image", "inspect", "--format", "{{json .RepoTags}}", two.id)) as string[];
  expect(kept).toEqual([expect.stringMatching(/^graph-mgr\/imported\//)]);
  tags.push(...kept);
  // A second time there is nothing to load.
  expect(await home.json("import", path)).toMatchObject({ outcome: "done", loaded: [] });
});

it("a damaged file is refused, and loads nothing", async () => {
  const one = await image("damaged");
  const path = join(folder, "damaged.tar");
  await exported(path, [{ id: one.id, tags: [one.tag] }]);
  await docker("image", "rm", one.tag);
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
  const result = await home.run("import", path, "--json");
  expect(result.code).toBe(3);
  expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: "IMAGES_DAMAGED" } });
  expect(await idOf(one.id)).toBeNull();
});

it("an instance's images are exported as far as the other machine lacks them, and the file is private", async () => {
  const small = await SmallProduct.make();
  const own = await SmallHome.make(await small.bundle("v1.0.0"));
  try {
    const list = join(folder, "list");
    const { stdout } = await own.home.ok("export", "--have");
    const have = JSON.parse(stdout) as { images: { id: string }[] };
    await writeFile(list, stdout);
    const path = join(folder, "small.tar");
    const none = await own.home.run("export", "--to", path, "--lacking", list, "--json");
    expect(none.code).toBe(3);
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: "NOTHING_LACKING" } });

    const id = await docker("inspect", "--format", "{{.Image}}", own.container("v1.0.0", "app"));
    const without = have.images.filter(each => each.id !== id);
    expect(without.length).toBe(have.images.length - 1);
    await writeFile(list, JSON.stringify({ ...have, images: without }));
    const made = await own.home.json<{ readonly images: readonly { readonly id: string }[] }>(
      "export",
      "--to",
      path,
      "--lacking",
      list,
    );
    expect(made).toMatchObject({ kind: "export", file: path });
    expect(made.images.map(each => each.id)).toEqual([id]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await execa("tar", ["tf", path])).stdout.split("\n")).toEqual(
      expect.arrayContaining(["README", "images.tar.gz.00000001", "manifest.json", "digest"]),
    );
    expect(await own.home.json("import", path)).toMatchObject({ outcome: "done", loaded: [] });
    expect((await own.home.run("export", "--to", path)).code).toBe(3);
    expect((await own.home.run("export")).code).toBe(2);
  } finally {
    await own.remove();
    await small.remove();
  }
});
