import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBundles } from "../../src/host/bundles.ts";
import { docker } from "../../src/host/command.ts";
import { file, tar } from "../host/tar-writer.ts";
import { executor, random, run } from "./support/postgres-servers.ts";

/** Small images of this test's own, and an archive of them as this engine writes it. */
const prefix = `gmtest-${random()}`;
const tags = [`${prefix}/one:v1`, `${prefix}/two:v1`];
const bundles = createBundles({
  load: async archive => {
    await executor.feed(docker("load", "--quiet"), archive);
  },
});
let place = "";
let ids: readonly string[] = [];

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "gm-load-"));
  for (const [index, tag] of tags.entries()) {
    await execa("docker", ["import", "-", tag], { input: tar(file("hello", `image ${index} of ${prefix}\n`)) });
  }
  ids = await idsOf();
  await run("save", "--output", join(place, "containers.tar"), ...tags);
});
afterAll(async () => {
  await run("image", "rm", "--force", ...tags).catch(() => "");
  await rm(place, { recursive: true, force: true });
});

const idsOf = async () => (await run("image", "inspect", "--format={{.Id}}", ...tags)).split("\n");
const bundle = async () => {
  await writeFile(join(place, "docker-compose.yml"), "services: {}\n");
  const path = join(place, "bundle.tar.gz");
  await execa("tar", ["-C", place, "-czf", path, "docker-compose.yml", "containers.tar"]);
  return bundles.read(path, () => {});
};

describe("images in a bundle, as this engine saves them", () => {
  it("are known by the ids and layers that the engine knows", async () => {
    const { images } = await bundle();
    expect(images.flatMap(image => image.tags).sort()).toEqual(tags);
    const layers = await run("image", "inspect", "--format={{json .RootFS.Layers}}", ...tags);
    const byTag = new Map(images.map(image => [image.tags[0], image]));
    expect(tags.map(tag => byTag.get(tag)?.config)).toEqual(ids);
    expect(tags.map(tag => JSON.stringify(byTag.get(tag)?.layers))).toEqual(layers.split("\n"));
  });

  it("are the same after they were loaded", async () => {
    const { source } = await bundle();
    await run("image", "rm", ...tags);
    await bundles.loadImages(source, () => {});
    expect(await idsOf()).toEqual(ids);
  });

  it("F53 F93 are not loaded when the bundle was changed meanwhile, although its size and time are the same", async () => {
    const { source } = await bundle();
    await writeFile(source.path, "");
    await execa("tar", ["-C", place, "-czf", source.path, "containers.tar", "docker-compose.yml"]);
    const { sizeBytes, modifiedMs } = (await bundles.read(source.path, () => {})).source;
    await run("image", "rm", ...tags);
    await expect(bundles.loadImages({ ...source, sizeBytes, modifiedMs }, () => {})).rejects.toMatchObject({
      code: "BUNDLE_CHANGED",
    });
    expect(await run("image", "ls", "--quiet", `${prefix}/*`)).toBe("");
    await bundles.loadImages((await bundle()).source, () => {});
  });
});
