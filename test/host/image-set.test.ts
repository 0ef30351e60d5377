import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import type { Command } from "../../src/host/command.ts";
import type { Executor } from "../../src/host/exec.ts";
import { createImageSets } from "../../src/host/image-sets.ts";
import { seeded } from "../simulator/random.ts";
import { noise, sha256 } from "./image-archives.ts";
import { file, tar } from "./tar-writer.ts";

/** Files of images without an engine: what the engine would save, and what it would be given. */
const LAYER = tar(file("layer", noise(5000, 1)));
const CONFIG = JSON.stringify({ architecture: "amd64", rootfs: { type: "layers", diff_ids: [`sha256:${sha256(LAYER)}`] } });
const ID = `sha256:${sha256(CONFIG)}`;
const saved = (tags: readonly string[] | null = null): Buffer =>
  tar(
    file(`${sha256(CONFIG)}.json`, CONFIG),
    file("abc/layer.tar", LAYER),
    file("manifest.json", JSON.stringify([{ Config: `${sha256(CONFIG)}.json`, RepoTags: tags, Layers: ["abc/layer.tar"] }])),
  );
const JOB = {
  schema: 1,
  kind: "images",
  createdAt: "2026-11-20T10:15:00.000Z",
  architecture: "x86_64",
  imageStore: "classic",
  images: [{ id: ID, tags: ["small/app:1"], layers: [`sha256:${sha256(LAYER)}`] }],
} as const satisfies Parameters<ReturnType<typeof createImageSets>["write"]>[0];
const job = { ...JOB, images: JOB.images.map(image => ({ ...image, tags: [...image.tags], layers: [...image.layers] })) };

let folder: string;
let path: string;
let whole: Buffer;
let given: Buffer[] = [];
const commands: Command[] = [];
const setsOf = (archive: Buffer) =>
  createImageSets({
    pipe: async function* (command: Command) {
      commands.push(command);
      yield archive;
    },
    async feed(command: Command, source: Readable) {
      commands.push(command);
      given = [];
      for await (const piece of source) given.push(piece as Buffer);
      return "";
    },
  } as unknown as Executor);
const sets = setsOf(saved());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-images-"));
  path = join(folder, "images.tar");
  await sets.write(job, path, () => {});
  whole = await readFile(path);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("what was written is read back, and the engine gets what it gave", async () => {
  const { source, manifest } = await sets.check(path);
  expect(manifest).toMatchObject(job);
  await sets.load(source);
  expect(Buffer.concat(given).equals(saved())).toBe(true);
  expect(commands.map(({ program, args }) => [program, ...args])).toEqual([
    ["docker", "save", ID],
    ["docker", "load", "--quiet"],
  ]);
});

const refused = async (bytes: Buffer): Promise<string> => {
  const damaged = join(folder, "damaged.tar");
  await writeFile(damaged, bytes);
  const error = await sets.check(damaged).then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof OperatorError)) throw new Error(`accepted, or a bug: ${String(error)}`);
  expect(error.hint).toBeDefined();
  expect((await readdir(folder)).sort()).toEqual(["damaged.tar", "images.tar"]);
  return error.code;
};

it("a file with a flipped bit is refused, wherever that is", async () => {
  const random = seeded(77);
  const spots = [...Array.from({ length: 300 }, () => Math.floor(random() * whole.length)), 0, whole.length - 1];
  for (const at of spots) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    expect(["IMAGES_DAMAGED", "NO_IMAGE_FILE"], `at ${at}`).toContain(await refused(bytes));
  }
});

it("a file that was cut off, or goes on behind its end, is refused", async () => {
  const random = seeded(78);
  for (let count = 0; count < 60; count++)
    expect(["IMAGES_DAMAGED", "NO_IMAGE_FILE"]).toContain(await refused(whole.subarray(0, Math.floor(random() * whole.length))));
  expect(await refused(Buffer.concat([whole, Buffer.alloc(512)]))).toBe("IMAGES_DAMAGED");
  expect(await refused(Buffer.concat([whole, Buffer.from("x")]))).toBe("IMAGES_DAMAGED");
  expect(await refused(Buffer.alloc(0))).toBe("NO_IMAGE_FILE");
});

it.each([
  ["names images by itself, which a load would take from others", saved(["postgres:15"]), job],
  ["holds another image than it says", saved(), { ...job, images: [{ ...job.images[0]!, id: `sha256:${"0".repeat(64)}` }] }],
  ["says a name that Docker would take for an option", saved(), { ...job, images: [{ ...job.images[0]!, tags: ["--all:1"] }] }],
])("an archive that %s is refused", async (_, archive, said) => {
  const odd = join(folder, "odd.tar");
  await setsOf(archive).write(said, odd, () => {});
  await expect(sets.check(odd)).rejects.toMatchObject({ code: "IMAGES_DAMAGED" });
  await rm(odd);
});

it("the engine never gets the end of a file that was exchanged after it was checked", async () => {
  const other = join(folder, "other.tar");
  await writeFile(other, whole);
  const { source } = await sets.check(other);
  const swapped = Buffer.from(whole);
  // In the middle of the layer's part: only the digest of all tells.
  swapped[1] = (swapped[1] ?? 0) ^ 1;
  await writeFile(other, swapped);
  await expect(sets.load(source)).rejects.toMatchObject({ code: expect.stringMatching(/IMAGES_DAMAGED|NO_IMAGE_FILE/) });
  await rm(other);
  await setsOf(saved()).write({ ...job, createdAt: "2026-11-20T10:15:01.000Z" }, other, () => {});
  await expect(sets.load(source)).rejects.toMatchObject({ code: "IMAGES_DAMAGED" });
  expect(Buffer.concat(given).length).toBeLessThan(saved().length);
  await rm(other);
});
