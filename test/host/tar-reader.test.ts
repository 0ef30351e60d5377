import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompressed } from "../../src/host/tar-gunzip.ts";
import { readTar } from "../../src/host/tar-reader.ts";
import { END, entry, file, folder, longLink, longName, pax, paxRaw, paxRecord, tar } from "./tar-writer.ts";

async function* stream(bytes: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function read(bytes: Buffer, pieceBytes = 4096) {
  const entries = [];
  for await (const { content, ...rest } of readTar(decompressed(stream(bytes, pieceBytes)))) {
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(Buffer.from(piece));
    entries.push({ ...rest, text: Buffer.concat(pieces).toString() });
  }
  return entries;
}
const names = async (bytes: Buffer) => (await read(bytes)).map(each => each.path);

it("reads names, kinds, modes, owners, sizes, times and contents", async () => {
  const bytes = tar(
    folder("a", 0o750),
    entry("a/b", "hello", { mode: 0o640, uid: 7, gid: 8, mtime: 1234567890 }),
    entry("a/c", "", { type: "2", linkName: "b" }),
    entry("a/d", "", { type: "1", linkName: "a/b" }),
  );
  const common = { uid: 0, gid: 0, sizeBytes: 0, modifiedMs: 1_700_000_000_000, linkTarget: "", text: "" };
  expect(await read(bytes)).toEqual([
    { ...common, path: "a/", type: "folder", mode: 0o750 },
    { ...common, path: "a/b", type: "file", mode: 0o640, uid: 7, gid: 8, sizeBytes: 5, modifiedMs: 1234567890000, text: "hello" },
    { ...common, path: "a/c", type: "link", mode: 0o644, linkTarget: "b" },
    { ...common, path: "a/d", type: "hardlink", mode: 0o644, linkTarget: "a/b" },
  ]);
});

it("gives the same wherever the chunks of the stream end", async () => {
  const bytes = tar(
    file("a", "x".repeat(1500)),
    longName("n".repeat(150)),
    file("short", "y"),
    pax(["path", "é/z"]),
    file("z", "z"),
  );
  const whole = await read(bytes, bytes.length);
  expect(whole.map(each => each.path)).toEqual(["a", "n".repeat(150), "é/z"]);
  for (const pieceBytes of [1, 7, 100, 511, 512, 513, 1024, 3000]) expect(await read(bytes, pieceBytes)).toEqual(whole);
});

it("skips a content that nobody reads, or reads only half", async () => {
  const seen: string[] = [];
  for await (const each of readTar(stream(tar(file("a", "x".repeat(5000)), file("b", "y".repeat(5000)), file("c")), 600))) {
    seen.push(each.path);
    if (each.path === "b") for await (const _ of each.content) break;
  }
  expect(seen).toEqual(["a", "b", "c"]);
});

it("joins the ustar prefix with the name, but takes it for none in GNU's own format", async () => {
  const gnu = entry("b", "", { magic: "ustar  \0", prefix: "1234" });
  expect(await names(tar(entry("b", "", { prefix: "a/long/way" }), gnu))).toEqual(["a/long/way/b", "b"]);
});

it("takes long names from GNU's headers and from PAX", async () => {
  const bytes = tar(
    longName("d/".repeat(200)),
    longLink("t".repeat(300)),
    entry("d/", "", { type: "2", linkName: "t" }),
    pax(
      ["path", "ä".repeat(100)],
      ["linkpath", "ö"],
      ["mtime", "1600000000.25"],
      ["uid", "3000000"],
      ["SCHILY.xattr.user.x", "y"],
    ),
    entry("a", "", { type: "2", linkName: "o" }),
  );
  expect(await read(bytes)).toMatchObject([
    { path: "d/".repeat(200), linkTarget: "t".repeat(300) },
    { path: "ä".repeat(100), linkTarget: "ö", modifiedMs: 1_600_000_000_250, uid: 3_000_000 },
  ]);
});

it("uses what an extended header says for one entry only, and a global one for all", async () => {
  const bytes = tar(paxRaw(paxRecord("comment", "c0ffee") + paxRecord("gid", "9"), "g"), pax(["uid", "5"]), file("a"), file("b"));
  expect(await read(bytes)).toMatchObject([
    { path: "a", uid: 5, gid: 9 },
    { path: "b", uid: 0, gid: 9 },
  ]);
});

it("reads folders of archives that have no type for them, and owners in base 256", async () => {
  const bytes = tar(
    entry("old/", "", { type: "\0", magic: "\0\0\0\0\0\0\0\0" }),
    entry("a", "", { raw: { 108: Buffer.from("8000000000200000", "hex") } }),
  );
  expect(await read(bytes)).toMatchObject([
    { path: "old/", type: "folder" },
    { path: "a", uid: 0x200000 },
  ]);
});

it("announces a content of more than 8 GiB, in base 256 and in PAX", async () => {
  const size = Buffer.from("800000000000000300000000", "hex");
  const bytes = Buffer.concat([entry("huge", "", { raw: { 124: size } }), END]);
  for (const huge of [bytes, Buffer.concat([pax(["size", String(3 * 2 ** 32)]), entry("huge"), END])]) {
    const entries = readTar(stream(huge, 512));
    expect((await entries.next()).value).toMatchObject({ path: "huge", sizeBytes: 3 * 2 ** 32 });
    await entries.return(undefined);
  }
});

describe("gzip", () => {
  const bytes = tar(file("a", "x".repeat(100_000)), file("b"));

  it("is told by its content, in one member or in several", async () => {
    const parts = [bytes.subarray(0, 700), bytes.subarray(700, 90_000), bytes.subarray(90_000)];
    const members = Buffer.concat(parts.map(part => gzipSync(part)));
    for (const pieceBytes of [1, 10, 1000, 1_000_000]) {
      expect((await read(gzipSync(bytes), pieceBytes)).map(each => each.path)).toEqual(["a", "b"]);
      expect((await read(members, pieceBytes)).map(each => each.path)).toEqual(["a", "b"]);
    }
  });

  it("may be padded with zeros", async () => {
    for (const pieceBytes of [1, 100, 1_000_000]) {
      expect((await read(Buffer.concat([gzipSync(bytes), Buffer.alloc(5000)]), pieceBytes)).length).toBe(2);
    }
  });

  it("is refused with anything else behind it, wherever the chunks end", async () => {
    const more = Buffer.concat([gzipSync(bytes), Buffer.alloc(700), Buffer.from("x")]);
    for (const pieceBytes of [1, 100, 701, 1_000_000])
      await expect(read(more, pieceBytes)).rejects.toThrow("something else behind");
  });

  it("lets go of its source when the reader has enough", async () => {
    let closed = false;
    const endless = async function* () {
      try {
        yield gzipSync(bytes).subarray(0, 100);
        for (;;) yield Buffer.alloc(0);
      } finally {
        closed = true;
      }
    };
    for await (const _ of readTar(decompressed(endless()))) break;
    expect(closed).toBe(true);
  });
});

describe("what the system's tar writes", () => {
  let place = "";
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), "gm-tar-"));
    mkdirSync(join(place, "tree/sub"), { recursive: true });
    writeFileSync(join(place, "tree/plain"), "plain\n");
    writeFileSync(join(place, "tree/sub/big"), Buffer.alloc(300_000, "big "));
    symlinkSync("../plain", join(place, "tree/sub/link"));
    utimesSync(join(place, "tree/plain"), 1_600_000_000, 1_600_000_000);
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  it.each(["v7", "ustar", "gnu", "oldgnu", "pax"])("is read in the format %s", async format => {
    const more = ["v7", "ustar"].includes(format) ? [] : [`long-${"é".repeat(100)}`];
    for (const name of more) writeFileSync(join(place, "tree", name), "long");
    const bytes = execFileSync("tar", ["-C", place, "-cf", "-", `--format=${format}`, "--sort=name", "tree"], {
      maxBuffer: 2 ** 24,
    });
    for (const name of more) rmSync(join(place, "tree", name));
    const entries = await read(bytes, 5000);
    expect(entries.map(({ path, type, sizeBytes }) => [path, type, sizeBytes])).toEqual([
      ["tree/", "folder", 0],
      ...more.map(name => [`tree/${name}`, "file", 4]),
      ["tree/plain", "file", 6],
      ["tree/sub/", "folder", 0],
      ["tree/sub/big", "file", 300_000],
      ["tree/sub/link", "link", 0],
    ]);
    expect(entries.find(each => each.path === "tree/plain")).toMatchObject({ text: "plain\n", modifiedMs: 1_600_000_000_000 });
    expect(entries.at(-1)).toMatchObject({ linkTarget: "../plain" });
  });
});
