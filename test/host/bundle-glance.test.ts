import { mkdir, mkdtemp, open, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBundles } from "../../src/host/bundles.ts";
import { classicParts } from "./image-archives.ts";
import { file, folder, header, link as softLink, tar } from "./tar-writer.ts";

const quiet = () => {};
const bundles = createBundles({ load: async () => {} });
let place = "";
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "gm-glance-"));
});
afterEach(() => rm(place, { recursive: true, force: true }));

const TEXTS = {
  ".env": "SECRET=1\n",
  VERSION: "v2.22.2\n",
  "docker-compose.yml": "services: {}\n",
  "release.yml": "requires: v2.20.0\n",
};
/** What a vendor's tar has: the telling files on both sides of the images, in no order. */
const entries = (root: string) => [
  folder(root === "" ? "." : root.replace(/\/$/, "")),
  file(`${root}.env`, TEXTS[".env"]),
  file(`${root}etc/VERSION`, "not this one\n"),
  file(`${root}containers.tar`, tar(...classicParts())),
  file(`${root}README.md`, "# Sample\n"),
  file(`${root}VERSION`, TEXTS.VERSION),
  file(`${root}release.yml`, TEXTS["release.yml"]),
  file(`${root}docker-compose.yml`, TEXTS["docker-compose.yml"]),
];
async function archive(bytes: Buffer, name = "bundle.tar"): Promise<string> {
  await writeFile(join(place, name), bytes);
  return join(place, name);
}
const codeOf = async (path: string) =>
  await bundles.glance(path, quiet).then(
    () => "no error",
    (error: { code?: string }) => error.code ?? String(error),
  );

describe("a glance at an archive", () => {
  it.each([
    ["a tar", tar(...entries("./"))],
    ["a tar with everything in one folder", tar(...entries("sample-v2.22.2/"))],
    ["a tar.gz", gzipSync(tar(...entries("./")))],
  ])("tells what the files at the top of %s say, wherever they stand in it", async (_, bytes) => {
    expect((await bundles.glance(await archive(bytes), quiet)).texts).toEqual(TEXTS);
  });

  it("has the digest of one that it had to read to its end, and none of another", async () => {
    const compressed = await archive(gzipSync(tar(...entries("./"))), "bundle.tar.gz");
    const { digest } = (await bundles.read(compressed, quiet)).source;
    expect((await bundles.glance(compressed, quiet)).digest).toBe(digest);
    expect((await bundles.glance(await archive(tar(...entries("./"))), quiet)).digest).toBeNull();
  });

  it("leaves out unread what needs not be read: 50 GB take no time", async () => {
    const imagesBytes = 50 * 2 ** 30;
    const pax = Buffer.concat([file(".env", TEXTS[".env"]), header("containers.tar", 0, { raw: { 124: base256(imagesBytes) } })]);
    const path = await archive(pax);
    const rest = tar(file("VERSION", TEXTS.VERSION), file("docker-compose.yml", TEXTS["docker-compose.yml"]));
    const handle = await open(path, "r+");
    await handle.write(rest, 0, rest.length, pax.length + imagesBytes);
    await handle.close();
    expect((await stat(path)).size).toBeGreaterThan(imagesBytes);
    const startedMs = performance.now();
    const { VERSION } = (await bundles.glance(path, quiet)).texts;
    expect(VERSION).toBe(TEXTS.VERSION);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it.each([
    ["F85 is no tar", Buffer.from("hello".repeat(500)), "NO_BUNDLE"],
    ["is empty", tar(), "NO_BUNDLE"],
    ["has no compose file", tar(file("VERSION", "v1\n")), "BUNDLE_INCOMPLETE"],
    ["F53 ends within its images", tar(...entries("./")).subarray(0, 4096), "BUNDLE_DAMAGED"],
    ["F53 ends within its images, compressed", gzipSync(tar(...entries("./"))).subarray(0, 300), "BUNDLE_DAMAGED"],
    ["F28 has a name that leads out", tar(...entries("./"), file("../VERSION")), "BUNDLE_HOSTILE"],
    ["F28 has two files of one name", tar(...entries("./"), file("./VERSION")), "BUNDLE_HOSTILE"],
  ])("refuses one that %s", async (_, bytes, code) => {
    expect(await codeOf(await archive(bytes))).toBe(code);
  });

  it("refuses what is not there", async () => {
    expect(await codeOf(join(place, "none.tar"))).toBe("NO_BUNDLE");
    expect(await bundles.stamp(join(place, "none.tar"))).toBeNull();
  });

  it("does not read a text that is a link, or too long to be one", async () => {
    const path = await archive(
      tar(
        file("docker-compose.yml", TEXTS["docker-compose.yml"]),
        softLink("VERSION", "docker-compose.yml"),
        file("UPGRADING.md", "x".repeat(2 ** 20 + 1)),
        file("release.yml", Buffer.from([0xff, 0xfe])),
      ),
    );
    expect(Object.keys((await bundles.glance(path, quiet)).texts)).toEqual(["docker-compose.yml"]);
  });
});

describe("a glance at a folder", () => {
  it("tells the same, also with everything in one folder inside", async () => {
    const inner = join(place, "bundle/inner");
    await mkdir(join(inner, "etc"), { recursive: true });
    for (const [name, text] of Object.entries(TEXTS)) await writeFile(join(inner, name), text);
    await writeFile(join(inner, "containers.tar"), "");
    expect((await bundles.glance(inner, quiet)).texts).toEqual(TEXTS);
    expect((await bundles.glance(join(place, "bundle"), quiet)).texts).toEqual(TEXTS);
    await writeFile(join(place, "secret"), "SECRET=2\n");
    await rm(join(inner, ".env"));
    await symlink(join(place, "secret"), join(inner, ".env"));
    expect((await bundles.glance(inner, quiet)).texts[".env"]).toBeUndefined();
    await rm(join(inner, "docker-compose.yml"));
    expect(await codeOf(inner)).toBe("BUNDLE_INCOMPLETE");
  });
});

describe("a bundle's stamp", () => {
  it("differs when the file was written again, though size and time were set back", async () => {
    const path = await archive(Buffer.alloc(512));
    const then = new Date(1_700_000_000_000);
    await utimes(path, then, then);
    const before = await bundles.stamp(path);
    expect(await bundles.stamp(path)).toEqual(before);
    await writeFile(path, Buffer.alloc(512, 1));
    await utimes(path, then, then);
    const after = await bundles.stamp(path);
    expect(after).toMatchObject({ sizeBytes: before?.sizeBytes, modifiedMs: before?.modifiedMs });
    expect(after?.changedMs).not.toBe(before?.changedMs);
  });

  it("of a folder differs when a file at its top was written again", async () => {
    await mkdir(join(place, "bundle"));
    await writeFile(join(place, "bundle/VERSION"), "v1\n");
    const before = await bundles.stamp(join(place, "bundle"));
    expect(before?.sizeBytes).toBe(3);
    await writeFile(join(place, "bundle/VERSION"), "v2\n");
    expect(await bundles.stamp(join(place, "bundle"))).not.toEqual(before);
  });
});

/** GNU's way to write a size that has no room in twelve digits. */
function base256(value: number): Buffer {
  const field = Buffer.alloc(12);
  field.writeBigUInt64BE(BigInt(value), 4);
  field[0] = 0x80;
  return field;
}
