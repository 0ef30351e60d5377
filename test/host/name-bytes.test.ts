import { describe, expect, it } from "vitest";
import { bytesOf, nameOf, pathOf } from "../../src/host/name-bytes.ts";
import { shown } from "../../src/host/tar-fault.ts";

describe("names of files as bytes", () => {
  const cases: readonly (readonly number[])[] = [
    [],
    [0x61],
    [0x63, 0x61, 0x66, 0xe9],
    [0xe9, 0x2e, 0x63],
    [0xc3, 0xa4, 0xff, 0xc3],
    [0xf0, 0x9f, 0x98, 0x80, 0xf0, 0x9f, 0x98],
    // What would be a surrogate is no UTF-8.
    [0xed, 0xb2, 0x80],
    [0xc0, 0x80],
    [0xef, 0xbb, 0xbf, 0x61, 0x80],
  ];
  it.each(cases.map(bytes => [bytes]))("%j come back as they were", bytes => {
    expect([...bytesOf(nameOf(Buffer.from(bytes)))]).toEqual(bytes);
  });

  it("come back as they were, whatever they are", () => {
    for (let seed = 1, round = 0; round < 5_000; round++) {
      const bytes = Array.from({ length: 12 }, () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        return (seed >> 8) & 0xff;
      });
      expect([...bytesOf(nameOf(Buffer.from(bytes)))]).toEqual(bytes);
    }
  });

  it("are text where they are UTF-8, and no two are one name", () => {
    expect(nameOf(Buffer.from("größe 🚀"))).toBe("größe 🚀");
    expect(pathOf("/a/größe")).toBe("/a/größe");
    expect(pathOf(nameOf(Buffer.from([0x2f, 0xe9])))).toEqual(Buffer.from([0x2f, 0xe9]));
    expect(nameOf(Buffer.from([0xe9]))).not.toBe(nameOf(Buffer.from("é")));
  });

  it("are shown with the bytes that are no text", () => {
    expect(shown(nameOf(Buffer.from([0x63, 0x61, 0x66, 0xe9])))).toBe('"caf\\xe9"');
  });
});
