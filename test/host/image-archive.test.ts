import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readImageArchive } from "../../src/host/image-archive.ts";
import { ArchiveFault } from "../../src/host/tar-fault.ts";
import { BUNDLED, classicParts, KINDS, noise, ociParts } from "./image-archives.ts";
import { file, link, tar } from "./tar-writer.ts";

/** In pieces of an odd length, so that nothing depends on where a chunk ends. */
async function* stream(bytes: Buffer, pieceBytes = 777): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** What was read, or what was wrong. Anything but an ArchiveFault is a bug and goes through. */
async function outcome(bytes: Buffer): Promise<unknown> {
  try {
    return await readImageArchive(stream(bytes));
  } catch (error) {
    if (error instanceof ArchiveFault) return error;
    throw error;
  }
}

const tampered = (parts: readonly Buffer[], from: string, to: string) =>
  parts.map(part => Buffer.from(part.toString("latin1").replaceAll(from, to), "latin1"));

describe.each(KINDS)("an image archive, %s", (_, parts) => {
  it("is read, with every layer checked", async () => {
    expect(await outcome(tar(...parts()))).toEqual(BUNDLED);
  });

  it("is read when it is compressed", async () => {
    expect(await outcome(gzipSync(tar(...parts())))).toEqual(BUNDLED);
  });

  it("is read in whatever order its parts come", async () => {
    expect(await outcome(tar(...[...parts()].reverse()))).toEqual(BUNDLED);
  });

  it.each([false, true])("F53 is refused when it is cut off anywhere (compressed: %s)", async compressed => {
    const whole = compressed ? gzipSync(tar(...parts())) : tar(...parts());
    for (let percent = 5; percent <= 99; percent++) {
      const cut = await outcome(whole.subarray(0, Math.floor((whole.length * percent) / 100)));
      expect(cut, `${percent} %`).toBeInstanceOf(ArchiveFault);
    }
  });

  it.each([false, true])("F53 a flipped bit is found or changes nothing (compressed: %s)", async compressed => {
    const whole = compressed ? gzipSync(tar(...parts())) : tar(...parts());
    const places = noise(400, 53);
    let refused = 0;
    for (let turn = 0; turn < 100; turn++) {
      const at = places.readUInt32LE(4 * turn) % whole.length;
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (turn % 8);
      const result = await outcome(flipped);
      if (result instanceof ArchiveFault) refused++;
      else expect(result, `bit ${turn % 8} at ${at}`).toEqual(BUNDLED);
    }
    // What may pass is padding and what no engine reads.
    expect(refused).toBeGreaterThan(compressed ? 90 : 40);
  });

  it("F53 is refused when any one part is missing that an engine needs", async () => {
    const all = parts();
    let refused = 0;
    for (const missing of all.keys()) {
      const result = await outcome(tar(...all.filter((_, index) => index !== missing)));
      if (result instanceof ArchiveFault) refused++;
      else expect(result).toEqual(BUNDLED);
    }
    // Three layers, two configurations and the manifest at least.
    expect(refused).toBeGreaterThanOrEqual(6);
  });
});

describe("F53 an image archive is refused, naming the part, when", () => {
  const message = async (bytes: Buffer) => {
    const result = await outcome(bytes);
    expect(result).toBeInstanceOf(ArchiveFault);
    return (result as ArchiveFault).message;
  };

  it("a layer has another content", async () => {
    const parts = classicParts().map(part => Buffer.from(part));
    const layer = parts.find(part => part.length > 9000)!;
    layer[4000]! ^= 1;
    expect(await message(tar(...parts))).toBe(
      'layer 2 of the image "graphistry/caddy:v1" is not what the image\'s configuration says',
    );
  });

  it("a blob has another content than its name says", async () => {
    const parts = ociParts(false).map(part => Buffer.from(part));
    const layer = parts.find(part => part.length > 9000)!;
    layer[4000]! ^= 1;
    expect(await message(tar(...parts))).toMatch(/^the content of "blobs\/sha256\/[0-9a-f]{64}" is not what its name says$/);
  });

  it("a layer is missing", async () => {
    expect(await message(tar(...classicParts().filter(part => part.length < 9000)))).toBe(
      'layer 2 of the image "graphistry/caddy:v1" is missing',
    );
  });

  it("a configuration has another content than its name says", async () => {
    const parts = tampered(classicParts(), '"architecture":"amd64"', '"architecture":"arm64"');
    expect(await message(tar(...parts))).toBe('the configuration of the image "graphistry/caddy:v1" is not what its name says');
  });

  it("a name in the manifest is another one than in the list of names", async () => {
    for (const parts of [classicParts(), ociParts(false)]) {
      const wrong = parts.map(part =>
        part.includes("RepoTags") ? tampered([part], "graphistry/caddy", "graphisury/caddy")[0]! : part,
      );
      expect(await message(tar(...wrong))).toBe('its lists of names do not agree on "graphisury/caddy:v1"');
    }
  });

  it("the manifest leaves out a layer of the configuration", async () => {
    const parts = classicParts().map(part => {
      const layers = /"Layers":\[("[^"]+",)/.exec(part.toString("latin1"))?.[1];
      return layers === undefined ? part : tampered([part], layers, " ".repeat(layers.length))[0]!;
    });
    expect(await message(tar(...parts))).toBe('the image "graphistry/caddy:v1" should have 2 layers and has 1');
  });

  it("a layer is a link that goes round in circles", async () => {
    const parts = classicParts().filter(part => part.length < 9000);
    const id = /"([0-9a-f]{64})\/layer.tar"\],?/.exec(parts.find(part => part.includes("RepoTags"))!.toString())![1]!;
    expect(
      await message(tar(...parts, link(`${id}/layer.tar`, "../other/layer.tar"), link("other/layer.tar", `../${id}/layer.tar`))),
    ).toMatch(/is missing$/);
  });

  it("there is no manifest", async () => {
    expect(await message(tar(file("something", "else")))).toBe('its "manifest.json" is missing');
    expect(await message(tar(file("manifest.json", "[]")))).toBe("its manifest.json lists no images");
    expect(await message(tar(file("manifest.json", "[{]")))).toBe('its "manifest.json" is not valid JSON');
    expect(await message(tar(file("manifest.json", '[{"Config":1}]')))).toBe("its manifest.json is not in order");
  });
});

it("an image without a name is known by its configuration", async () => {
  const parts = tampered(classicParts(), '"RepoTags":["graphistry/caddy:v1"]', '"RepoTags":null                   ');
  const found = await outcome(tar(...parts));
  expect(found).toEqual([{ ...BUNDLED[0], tags: [] }, BUNDLED[1]]);
});
