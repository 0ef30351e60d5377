import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { BLOCK_BYTES, gzipMembers } from "../../src/host/gzip-members.ts";
import { decompressed, gunzipped } from "../../src/host/tar-gunzip.ts";
import { LIMITS } from "../../src/host/tar-limits.ts";

const MIB = 2 ** 20;

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

async function all(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  // As those do who read files in parts that share their memory.
  for await (const piece of source) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const text = Buffer.from("a line that compresses well\n".repeat(120_000));
const contents: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  "a few bytes": Buffer.from("few"),
  "a block to the byte": Buffer.alloc(MIB, "ab"),
  "text, then what does not compress, then text": Buffer.concat([text, randomBytes(3 * MIB + 17), text]),
  zeros: Buffer.alloc(7 * MIB),
};

describe.each(Object.entries(contents))("%s", (_, bytes) => {
  it("comes back, by our own reader, by zlib and by the program gzip", async () => {
    const whole = await all(gzipMembers(inPieces(bytes, 300_001)));
    expect((await all(decompressed(inPieces(whole, 65_536)))).equals(bytes)).toBe(true);
    expect(gunzipSync(whole).equals(bytes)).toBe(true);
    expect(execFileSync("gzip", ["-dc"], { input: whole, maxBuffer: 64 * MIB }).equals(bytes)).toBe(true);
  });
});

it("comes back whatever pieces it is read in, also where one ends with a member", async () => {
  const bytes = Buffer.concat([randomBytes(2 * MIB), text.subarray(0, MIB)]);
  const pieces: Buffer[] = [];
  for await (const piece of gzipMembers(inPieces(bytes, MIB))) pieces.push(Buffer.from(piece));
  expect(pieces).toHaveLength((3 * MIB) / BLOCK_BYTES);
  const asWritten = async function* () {
    yield* pieces;
  };
  expect((await all(decompressed(asWritten()))).equals(bytes)).toBe(true);
  for (const size of [pieces[0]!.length - 1, pieces[0]!.length + 1, 4096]) {
    expect((await all(decompressed(inPieces(Buffer.concat(pieces), size)))).equals(bytes)).toBe(true);
  }
});

it("stores what does not compress with hardly a byte more, and makes the rest small", async () => {
  expect((await all(gzipMembers(inPieces(randomBytes(4 * MIB), MIB)))).length).toBeLessThan(4 * MIB * 1.001);
  expect((await all(gzipMembers(inPieces(text, MIB)))).length).toBeLessThan(text.length / 50);
});

it("stores a block that only begins with the end of something else", async () => {
  const members: Buffer[] = [];
  for await (const member of gzipMembers(inPieces(Buffer.concat([text.subarray(0, 3000), randomBytes(MIB)]), MIB)))
    members.push(Buffer.from(member));
  // Behind gzip's header of ten bytes two bits say how the first part is packed: 0 is not at all.
  expect(members.slice(0, -1).map(member => (member[10] ?? 0) & 0b110)).toEqual(Array(MIB / BLOCK_BYTES).fill(0));
});

it("fails with its source, and stops reading when nobody reads on", async () => {
  const broken = async function* () {
    yield randomBytes(2 * MIB);
    await pause(1);
    throw new Error("the source broke");
  };
  await expect(all(gzipMembers(broken()))).rejects.toThrow("the source broke");
  let [read, ended] = [0, false];
  const endless = async function* () {
    try {
      for (;;) {
        read += 1;
        yield randomBytes(MIB);
      }
    } finally {
      ended = true;
    }
  };
  for await (const piece of gzipMembers(endless())) {
    expect(piece.length).toBeGreaterThan(BLOCK_BYTES);
    break;
  }
  expect(ended).toBe(true);
  expect(read).toBeLessThan(8);
});

describe("what is read back", () => {
  /** Pieces that all lie in the same memory. */
  async function* sharing(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
    const memory = Buffer.alloc(size);
    for (let at = 0; at < bytes.length; at += size) yield memory.subarray(0, bytes.copy(memory, 0, at, at + size));
  }

  it.each([1, 3, 6, 4096, 300_001])("may come in pieces of %i bytes that share their memory", async size => {
    const bytes = Buffer.concat([text.subarray(0, 30_000), randomBytes(20_000)]);
    expect((await all(gunzipped(sharing(await all(gzipMembers(inPieces(bytes, 7001))), size), LIMITS))).equals(bytes)).toBe(true);
  });

  it("is refused where it is not compressed, and its source is let go of", async () => {
    let isOpen = true;
    const plain = async function* () {
      try {
        yield text;
        yield text;
      } finally {
        isOpen = false;
      }
    };
    await expect(all(gunzipped(plain(), LIMITS))).rejects.toThrow("not compressed as it should be");
    expect(isOpen).toBe(false);
  });
});
