import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Digest } from "../../src/host/digest.ts";

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

describe("a digest that is counted in a thread", () => {
  it.each([0, 1, 2 ** 18 - 1, 2 ** 18, 2 ** 18 + 1, 5_000_000])(
    "is that of %i bytes, whatever pieces they come in",
    async size => {
      const bytes = randomBytes(size);
      for (const piece of [997, 65_536, 3_000_000]) {
        const digest = new Digest();
        const memory = Buffer.alloc(piece);
        for (let at = 0; at < size; at += piece) {
          const length = bytes.copy(memory, 0, at, at + piece);
          await digest.update(memory.subarray(0, length));
          // Whoever gave it uses its memory again.
          memory.fill(0xff);
        }
        expect(await digest.hex()).toBe(sha256(bytes));
      }
    },
  );

  it("tells what it is until now, and goes on", async () => {
    const bytes = randomBytes(900_000);
    const digest = new Digest();
    await digest.update(bytes.subarray(0, 400_000));
    expect(await digest.hex()).toBe(sha256(bytes.subarray(0, 400_000)));
    expect(await digest.hex()).toBe(sha256(bytes.subarray(0, 400_000)));
    await digest.update(bytes.subarray(400_000));
    expect(await digest.hex()).toBe(sha256(bytes));
  });

  it("is its own, beside many others", async () => {
    const contents = Array.from({ length: 20 }, () => randomBytes(700_000));
    const digests = await Promise.all(
      contents.map(async bytes => {
        const digest = new Digest();
        for (let at = 0; at < bytes.length; at += 100_000) await digest.update(bytes.subarray(at, at + 100_000));
        return await digest.hex();
      }),
    );
    expect(digests).toEqual(contents.map(sha256));
  });
});
