import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ByteSink } from "../../src/host/backup-bytes.ts";
import { ChunkSink, unframed } from "../../src/host/chunk-frames.ts";
import { contentBlocks } from "../../src/host/content-blocks.ts";
import { inputStore } from "../../src/host/sent-ahead.ts";

const MIB = 2 ** 20;
/** The same on every run, and nothing that compresses. */
function bytes(seed: string, length: number): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 64) }, (_, index) =>
    createHash("sha512").update(`${seed} ${index}`).digest(),
  );
  return Buffer.concat(parts).subarray(0, length);
}
const DATA = bytes("data", 40 * MIB);
const digest = (text: Buffer): string => createHash("sha256").update(text).digest("hex");

async function* inPieces(whole: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

async function blocksOf(whole: Buffer, size = 65_536): Promise<readonly Buffer[]> {
  const blocks: Buffer[] = [];
  for await (const block of contentBlocks(inPieces(whole, size))) blocks.push(Buffer.from(block));
  return blocks;
}

describe("blocks that end where the content says so", () => {
  it("are the same bytes, within their bounds, however the bytes come in", async () => {
    const blocks = await blocksOf(DATA);
    expect(Buffer.concat(blocks).equals(DATA)).toBe(true);
    expect(Math.max(...blocks.map(({ length }) => length))).toBeLessThanOrEqual(4 * MIB);
    expect(Math.min(...blocks.slice(0, -1).map(({ length }) => length))).toBeGreaterThanOrEqual(MIB);
    const odd = await blocksOf(DATA, 999_983);
    expect(odd.map(digest)).toEqual(blocks.map(digest));
    expect(await blocksOf(Buffer.alloc(0))).toEqual([]);
  });

  it("are the same behind a place where something came in or went", async () => {
    const blocks = new Set((await blocksOf(DATA)).map(digest));
    for (const changed of [
      Buffer.concat([DATA.subarray(0, 5 * MIB), Buffer.from("new"), DATA.subarray(5 * MIB)]),
      Buffer.concat([DATA.subarray(0, 5 * MIB), DATA.subarray(5 * MIB + 1000)]),
    ]) {
      const others = (await blocksOf(changed)).map(digest).filter(each => !blocks.has(each));
      expect(others.length).toBeGreaterThan(0);
      expect(others.length).toBeLessThanOrEqual(4);
    }
  });

  it("are within their bounds where everything is alike", async () => {
    const blocks = await blocksOf(Buffer.alloc(9 * MIB));
    expect(Buffer.concat(blocks).equals(Buffer.alloc(9 * MIB))).toBe(true);
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    expect(blocks.length).toBeLessThanOrEqual(9);
  });
});

/** What goes over the connection when this is written, a write each. */
async function framesOf(writes: readonly Buffer[], known: ReadonlySet<string>) {
  const pieces: Buffer[] = [];
  const to: ByteSink = {
    write: async piece => void pieces.push(Buffer.from(piece)),
    finish: async () => ({ sizeBytes: 0, sha256: "" }),
    close: async () => {},
  };
  const sink = new ChunkSink(to, known);
  for (const piece of writes) await sink.write(piece);
  await sink.finish();
  return { frames: Buffer.concat(pieces), sent: sink.sent };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "graph-mgr-ahead-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const [ahead, whole] = [() => join(folder, "move.ahead"), () => join(folder, "move.tar")];
const stored = (frames: Buffer) => inputStore(Readable.from(inPieces(frames, 10_007)));
const sha = /^[0-9a-f]{64}$/;

describe("what is sent ahead of a move", () => {
  /** A header, a content, what stands behind it: as an archive is written. */
  const archive = async (data: Buffer, header: string) =>
    (await blocksOf(data)).flatMap(block => [Buffer.from(header.padEnd(512)), block, Buffer.alloc(100)]);

  it("is not sent again, and what arrives is the archive, byte for byte", async () => {
    const first = await archive(DATA, "before");
    const known = await framesOf(first, new Set());
    await stored(known.frames).storeAhead(ahead());
    const digests = await stored(Buffer.alloc(0)).digestsAhead(ahead());
    expect(digests.length).toBeGreaterThan(100);
    expect(digests.every(each => sha.test(each))).toBe(true);

    const changed = Buffer.concat([DATA.subarray(0, 9 * MIB), Buffer.from("a new line"), DATA.subarray(9 * MIB)]);
    const second = await archive(changed, "after");
    const { frames, sent } = await framesOf(second, new Set(digests));
    await stored(frames).storeWhole(whole(), ahead());
    expect(readFileSync(whole()).equals(Buffer.concat(second))).toBe(true);
    expect(sent.wholeBytes).toBe(Buffer.concat(second).length);
    expect(sent.sentBytes).toBe(frames.length);
    expect(sent.sentBytes).toBeLessThan(8 * MIB);
    expect(known.frames.length).toBeGreaterThan(39 * MIB);

    await stored(Buffer.alloc(0)).removeAhead(ahead());
    expect([existsSync(ahead()), existsSync(`${ahead()}.json`)]).toEqual([false, false]);
  });

  it("counts for nothing where it was cut off, and nothing is left of it", async () => {
    const { frames } = await framesOf([bytes("x", MIB)], new Set());
    for (const end of [0, 1, 3, 1000, frames.length - 1])
      await expect(stored(frames.subarray(0, end)).storeAhead(ahead())).rejects.toMatchObject({ code: "NOT_WHOLE" });
    expect(await stored(Buffer.alloc(0)).digestsAhead(ahead())).toEqual([]);
    expect([existsSync(ahead()), existsSync(`${ahead()}.part`)]).toEqual([false, false]);
    // The list is written last.
    writeFileSync(ahead(), frames);
    expect(await stored(Buffer.alloc(0)).digestsAhead(ahead())).toEqual([]);
  });

  it("is looked at before it is taken for what was sent", async () => {
    const data = bytes("y", MIB);
    await stored((await framesOf([data], new Set())).frames).storeAhead(ahead());
    const { frames } = await framesOf([data], new Set(await stored(Buffer.alloc(0)).digestsAhead(ahead())));
    expect(frames.length).toBeLessThan(200);
    const damaged = readFileSync(ahead());
    damaged.writeUInt8(damaged.readUInt8(300_000) ^ 1, 300_000);
    writeFileSync(ahead(), damaged);
    await expect(stored(frames).storeWhole(whole(), ahead())).rejects.toThrow(
      "a part that was sent before is not there any more",
    );
    rmSync(`${ahead()}.json`);
    await expect(stored(frames).storeWhole(whole(), ahead())).rejects.toMatchObject({ code: "NOT_WHOLE" });
    expect(existsSync(whole())).toBe(false);
  });

  it("F28 is refused where it is none, and never unfolds to more than a part may be", async () => {
    const read = async (frames: Buffer) => {
      for await (const _ of unframed(Readable.from([frames]), async () => null));
    };
    await expect(read(Buffer.from("Hello"))).rejects.toThrow("it is not what is sent");
    await expect(read(Buffer.from("L\xff\xff\xff\xffx", "latin1"))).rejects.toThrow("a part is larger than any");
    await expect(read(Buffer.from("L\0\0\0\x04abcdE", "latin1"))).rejects.toThrow("a part cannot be read");
    const bomb = await import("node:zlib").then(({ gzipSync }) => gzipSync(Buffer.alloc(64 * MIB)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bomb.length);
    await expect(read(Buffer.concat([Buffer.from("L"), length, bomb]))).rejects.toMatchObject({ code: "NOT_WHOLE" });
  });
});
