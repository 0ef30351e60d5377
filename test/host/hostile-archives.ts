import { Readable } from "node:stream";
import { createGzip, gzipSync } from "node:zlib";
import {
  END,
  entry,
  file,
  folder,
  hardLink,
  header,
  link,
  longLink,
  longName,
  pax,
  paxRaw,
  paxRecord,
  tar,
} from "./tar-writer.ts";

type Code = "NO_BUNDLE" | "BUNDLE_DAMAGED" | "BUNDLE_HOSTILE" | "BUNDLE_TOO_LARGE";

/** An archive that must be refused. */
export interface HostileArchive {
  readonly name: string;
  readonly code: Code;
  readonly bytes: () => Buffer | Readable;
  /** Takes long to unpack until it is refused. */
  readonly heavy: boolean;
}

const COMPOSE = file("docker-compose.yml", "services: {}\n");

/** Two GNU tar archives that would be read as one with `-i`. */
const behind = (...entries: readonly Buffer[]) => Buffer.concat([tar(COMPOSE), tar(...entries)]);

function base256(value: bigint, width: number, first = 0x80): Buffer {
  const bytes = Buffer.alloc(width);
  let left = BigInt.asUintN(8 * (width - 1), value);
  for (let at = width - 1; at > 0; at--) {
    bytes[at] = Number(left & 0xffn);
    left >>= 8n;
  }
  bytes[0] = first;
  return bytes;
}

/** As many empty files as it takes, without ever being in memory. */
function many(count: number): Readable {
  const template = header("files/0000000", 0);
  const sum = Number.parseInt(template.toString("latin1", 148, 154), 8);
  const numbered = (index: number) => {
    const block = Buffer.from(template);
    const digits = String(index).padStart(7, "0");
    block.write(digits, 6, "latin1");
    const more = [...digits].reduce((total, digit) => total + Number(digit), 0);
    block.write((sum + more).toString(8).padStart(6, "0"), 148, "latin1");
    return block;
  };
  const pieces = function* () {
    yield COMPOSE;
    for (let index = 0; index < count; index += 1000) {
      yield Buffer.concat(Array.from({ length: 1000 }, (_, offset) => numbered(index + offset)));
    }
    yield END;
  };
  return Readable.from(pieces(), { objectMode: false });
}

function zeros(bytes: number): Readable {
  const piece = Buffer.alloc(2 ** 20);
  const pieces = function* () {
    yield COMPOSE;
    yield header("zeros.bin", bytes);
    for (let left = bytes; left > 0; left -= piece.length) yield piece;
    yield END;
  };
  return Readable.from(pieces(), { objectMode: false });
}

const HOSTILE = "BUNDLE_HOSTILE";
const DAMAGED = "BUNDLE_DAMAGED";
const TOO_LARGE = "BUNDLE_TOO_LARGE";

/** @param outside an absolute path of something that must not be touched, below `/` */
export function hostileArchives(outside: string): readonly HostileArchive[] {
  const archives: HostileArchive[] = [];
  const add = (code: Code, name: string, bytes: () => Buffer | Readable, heavy = false) =>
    archives.push({ code, name, bytes, heavy });
  /** A good bundle with something in it. */
  const within = (code: Code, name: string, ...entries: readonly Buffer[]) => add(code, name, () => tar(COMPOSE, ...entries));
  const long = "d/".repeat(600);

  // Names that lead elsewhere.
  within(HOSTILE, "an absolute name", file(`${outside}/evil`));
  within(HOSTILE, "an absolute name with two slashes", file(`//${outside}/evil`));
  within(HOSTILE, "a name that goes up", file("../evil"));
  within(HOSTILE, "a name that goes up in the middle", file("a/../../evil"));
  within(HOSTILE, "a name that goes up and comes back", file("a/../b"));
  within(HOSTILE, "a name that ends in two dots", folder("a/.."));
  within(HOSTILE, "a name that goes up behind ./", file("./../evil"));
  within(HOSTILE, "two dots alone", folder(".."));
  within(HOSTILE, "a name that goes up in the ustar prefix", entry("evil", "x", { prefix: "../.." }));
  within(HOSTILE, "an absolute ustar prefix", entry("evil", "x", { prefix: outside }));
  within(HOSTILE, "a PAX path that goes up behind a harmless name", pax(["path", "../evil"]), file("harmless"));
  within(HOSTILE, "an absolute PAX path behind a harmless name", pax(["path", `${outside}/evil`]), file("harmless"));
  within(HOSTILE, "a GNU long name that goes up", longName(`${"../".repeat(60)}${outside.slice(1)}/evil`), file("harmless"));
  within(HOSTILE, "an absolute GNU long name", longName(`${outside}/evil`), file("harmless"));
  within(HOSTILE, "a Windows path", file("a\\..\\..\\evil"));
  within(HOSTILE, "a Windows drive", file("C:/evil"));
  within(HOSTILE, "an empty name", entry("", "x"));
  within(HOSTILE, "an empty PAX path", pax(["path", ""]), file("harmless"));
  within(HOSTILE, "a name of dots and slashes", file("././evil"));
  within(HOSTILE, "a name with an empty part", file("a//evil"));
  within(HOSTILE, "a file that is called like the root", entry("./", "x"));

  // Names that show as something else.
  within(HOSTILE, "a newline in a name", file("a\nb"));
  within(HOSTILE, "a carriage return in a name", file("a\rb"));
  within(HOSTILE, "a terminal escape in a name", file("\u001b[2Ja"));
  within(HOSTILE, "a C1 escape in a name", file("a\u009b2Jb"));
  within(HOSTILE, "a direction mark in a name", file("txt.\u202eslx.sh"));
  within(HOSTILE, "an unseen joiner in a name", file("docker\u200b-compose.yml"));
  within(HOSTILE, "a NUL in a PAX path", pax(["path", "a\0../evil"]), file("harmless"));
  within(HOSTILE, "a NUL in a GNU long name", longName("a\0/../evil"), file("harmless"));
  within(HOSTILE, "a name that is not UTF-8", entry(Buffer.from([0x61, 0xff, 0xfe]), "x"));
  within(HOSTILE, "a name with an overlong slash", entry(Buffer.from([0x2e, 0x2e, 0xc0, 0xaf, 0x65]), "x"));
  within(HOSTILE, "a PAX path that is not UTF-8", paxRaw(Buffer.from("11 path=a\xff\n", "latin1")), file("harmless"));

  // Names too long or too many.
  within(HOSTILE, "a name of 256 bytes", longName("n".repeat(256)), file("harmless"));
  within(HOSTILE, "a path of 1200 bytes", longName(`${long}x`), file("harmless"));
  within(HOSTILE, "a name of 4 KB in PAX", pax(["path", "n".repeat(4096)]), file("harmless"));
  within(TOO_LARGE, "a long name of 2 MiB", longName("n".repeat(2 ** 21)), file("harmless"));
  within(TOO_LARGE, "an extended header of 2 MiB", pax(["comment", "n".repeat(2 ** 21)]), file("harmless"));
  within(TOO_LARGE, "a long name that claims 1 TB", header("././@LongLink", 2 ** 33 - 1, { type: "L" }));
  add(TOO_LARGE, "a quarter of a million entries", () => many(250_000), true);
  add(TOO_LARGE, "a quarter of a million entries, compressed", () => many(250_000).pipe(createGzip({ level: 1 })), true);
  add(
    TOO_LARGE,
    "names that fill the memory",
    () => {
      const pieces = function* () {
        yield COMPOSE;
        for (let index = 0; index < 40_000; index++)
          yield Buffer.concat([longName(`${`${"d".repeat(250)}/`.repeat(3)}${"e".repeat(200)}${index}`), file("x", "")]);
        yield END;
      };
      return Readable.from(pieces(), { objectMode: false });
    },
    true,
  );
  add(TOO_LARGE, "extended headers without end", () => {
    const piece = Buffer.concat(Array.from({ length: 1000 }, () => paxRaw(paxRecord("comment", "x"), "g")));
    const pieces = function* () {
      for (let index = 0; index < 100; index++) yield piece;
    };
    return Readable.from(pieces(), { objectMode: false });
  });

  // One name for two things.
  within(HOSTILE, "a name twice", file("a", "1"), file("a", "2"));
  within(HOSTILE, "the compose file twice, once with ./", file("./docker-compose.yml", "services: {evil: {}}\n"));
  within(HOSTILE, "names that differ in case", file("Caddyfile"), file("caddyfile"));
  within(HOSTILE, "names that differ in Unicode's forms", file("caf\u00e9"), file("cafe\u0301"));
  within(HOSTILE, "folders that differ in case, by what is in them", file("Data/a"), file("data/b"));
  within(HOSTILE, "folders that differ in Unicode's forms", folder("\u00e9"), file("e\u0301/b"));
  within(HOSTILE, "a file where a folder is", folder("a"), file("a"));
  within(HOSTILE, "a file where a folder must be", file("a/b"), file("a"));
  within(HOSTILE, "a file as a folder", file("a"), file("a/b"));

  // Links.
  within(HOSTILE, "an absolute link", link("a", outside));
  within(HOSTILE, "a link that goes out", link("a", "../canary"));
  within(HOSTILE, "a link that goes out further down", folder("a"), link("a/b", "../../canary"));
  within(HOSTILE, "a link to the parent", link("a", ".."));
  within(HOSTILE, "a link to nowhere", link("a", ""));
  within(HOSTILE, "a link that goes down and up", folder("b"), link("a", "b/../../canary"));
  within(
    HOSTILE,
    "a link that goes out over another link",
    file("p/q/x"),
    link("p/q/up", "../.."),
    link("a", "p/q/up/../canary"),
  );
  within(HOSTILE, "a PAX link that goes out", pax(["linkpath", "../../canary"]), link("a", "b"));
  within(HOSTILE, "a GNU long link that goes out", longLink(`${"../".repeat(50)}${outside.slice(1)}`), link("a", "b"));
  within(HOSTILE, "a link with an escape in its target", link("a", "\u001b]0;x\u0007"));
  within(HOSTILE, "a file through a link", link("a", "b"), file("a/evil"));
  within(HOSTILE, "a file through an absolute link", link("a", outside), file("a/evil"));
  within(HOSTILE, "a file through a link that comes later", file("a/evil"), link("a", outside));
  within(HOSTILE, "a file over a link", link("a", "b"), file("a"));
  within(HOSTILE, "a folder over a link", link("a", "b"), folder("a"));
  within(HOSTILE, "a link with content", entry("a", "x", { type: "2", linkName: "b" }));
  within(HOSTILE, "a second name for a file outside", hardLink("a", `${outside}/keep`));
  within(HOSTILE, "a second name for a file above", hardLink("a", "../canary/keep"));
  within(HOSTILE, "a second name for a file that comes later", hardLink("a", "b"), file("b"));
  within(HOSTILE, "a second name for a link", link("b", "docker-compose.yml"), hardLink("a", "b"));
  within(HOSTILE, "a second name through a link", folder("d"), file("d/f"), link("l", "d"), hardLink("a", "l/f"));
  within(HOSTILE, "a second name for a folder", folder("d"), hardLink("a", "d"));
  within(HOSTILE, "a second name with content", file("b"), entry("a", "x", { type: "1", linkName: "b" }));
  add(HOSTILE, "a link out of the only top folder", () => tar(file("top/docker-compose.yml"), link("top/a", "..")));

  // Things that are no files.
  within(HOSTILE, "a character device", entry("null", "", { type: "3" }));
  within(HOSTILE, "a block device", entry("sda", "", { type: "4" }));
  within(HOSTILE, "a named pipe", entry("pipe", "", { type: "6" }));
  within(HOSTILE, "a socket", entry("socket", "", { type: "s" }));
  within(HOSTILE, "a contiguous file", entry("a", "x", { type: "7" }));
  within(HOSTILE, "a GNU sparse file", entry("a", "x", { type: "S", magic: "ustar  \0" }));
  within(
    HOSTILE,
    "a PAX sparse file",
    pax(["GNU.sparse.major", "1"], ["GNU.sparse.minor", "0"], ["GNU.sparse.realsize", "1099511627776"]),
    file("a"),
  );
  within(HOSTILE, "a part of a GNU incremental archive", entry("a/", "Yx\0\0", { type: "D" }));
  within(HOSTILE, "a volume label", entry("label", "", { type: "V" }));
  within(HOSTILE, "a folder with content", entry("a/", "content", { type: "5" }));

  // What tars read differently.
  within(HOSTILE, "two extended headers for one entry", pax(["path", "a"]), pax(["path", "b"]), file("c"));
  within(HOSTILE, "a path twice in an extended header", paxRaw(paxRecord("path", "a") + paxRecord("path", "b")), file("c"));
  within(HOSTILE, "a GNU long name and then an extended header", longName("a"), pax(["path", "b"]), file("c"));
  within(HOSTILE, "an extended header and then a GNU long name", pax(["path", "b"]), longName("a"), file("c"));
  within(HOSTILE, "two GNU long names", longName("a"), longName("b"), file("c"));
  within(HOSTILE, "a global path", paxRaw(paxRecord("path", "evil"), "g"), file("c"));
  within(HOSTILE, "a global size", paxRaw(paxRecord("size", "0"), "g"), file("c"));
  within(
    HOSTILE,
    "a global header between an entry and its own",
    pax(["path", "b"]),
    paxRaw(paxRecord("comment", "x"), "g"),
    file("c"),
  );
  within(HOSTILE, "a smaller size in PAX, with entries in the content", pax(["size", "0"]), file("a", tar(file("../evil"))));
  within(HOSTILE, "a larger size in PAX", pax(["size", "2048"]), file("a"), file("b"));
  within(HOSTILE, "a negative size in PAX", pax(["size", "-1"]), file("a"));
  within(HOSTILE, "a size in PAX with an exponent", pax(["size", "1e3"]), file("a"));
  within(HOSTILE, "an unknown key in PAX", pax(["VENDOR.something", "1"]), file("a"));
  within(HOSTILE, "another character set in PAX", pax(["hdrcharset", "BINARY"]), file("a"));
  within(HOSTILE, "a negative size", entry("a", "x", { raw: { 124: base256(-512n, 12, 0xff) } }));
  within(HOSTILE, "a size beyond all bounds", entry("a", "x", { raw: { 124: base256(2n ** 80n, 12) } }));
  within(TOO_LARGE, "a size of 1 PB", entry("a", "x", { raw: { 124: base256(2n ** 50n, 12) } }));
  within(HOSTILE, "an owner that means nobody", entry("a", "x", { raw: { 108: base256(0xffffffffn, 8) } }));
  within(DAMAGED, "a size that is no number", entry("a", "x", { raw: { 124: "-0000000001\0" } }));
  within(DAMAGED, "a size in hexadecimal digits", entry("a", "x", { raw: { 124: "0x000000010\0" } }));
  within(DAMAGED, "a size with a second number behind it", entry("a", "x", { raw: { 124: "0001 0000000" } }));
  within(DAMAGED, "an extended header without lengths", paxRaw("path=a\n"), file("b"));
  within(DAMAGED, "an extended header with a length that lies", paxRaw("99 path=a\n"), file("b"));
  within(DAMAGED, "an extended header with a record of no length", paxRaw("0 path=a\n"), file("b"));
  within(DAMAGED, "an extended header and nothing after it", pax(["path", "a"]));
  within(HOSTILE, "a name reserved for graph-mgr", file(".graph-mgr/instances/x.json"));
  within(HOSTILE, "a name reserved for graph-mgr in capitals", file(".Graph-Mgr.lock"));
  within(HOSTILE, "an image archive that is a link", file("other.tar"), link("containers.tar", "other.tar"));
  within(HOSTILE, "an image archive that is a second name", file("other.tar"), hardLink("containers.tar", "other.tar"));
  within(HOSTILE, "two image archives", file("containers.tar"), file("containers.tar.gz"));

  // Broken on the way.
  within(DAMAGED, "a wrong checksum", entry("a", "x", { checksumOff: 1 }));
  within(DAMAGED, "a size that is larger than what is there", entry("a", "x", { sizeBytes: 1_000_000 }));
  add(DAMAGED, "no end mark", () => Buffer.concat([COMPOSE, file("a")]));
  add(DAMAGED, "half an end mark", () => Buffer.concat([COMPOSE, Buffer.alloc(512)]));
  add(DAMAGED, "one block of zeros between entries", () => Buffer.concat([COMPOSE, Buffer.alloc(512), file("a"), END]));
  add(DAMAGED, "a second archive behind the first", () => behind(file("../evil")));
  add(DAMAGED, "something behind the end", () => Buffer.concat([tar(COMPOSE), Buffer.from("#!/bin/sh")]));
  add(DAMAGED, "an end in the middle of a header", () => tar(COMPOSE, file("a")).subarray(0, 1024 + 100));
  add(DAMAGED, "an end in the middle of a file", () => tar(COMPOSE, file("a", Buffer.alloc(5000))).subarray(0, 4000));
  add(DAMAGED, "a compressed archive that ends early", () =>
    gzipSync(tar(COMPOSE, file("a", Buffer.alloc(5000)))).subarray(0, -20),
  );
  add(DAMAGED, "a compressed archive with a wrong checksum", () => {
    const bytes = gzipSync(tar(COMPOSE));
    bytes.writeUInt32LE(1, bytes.length - 8);
    return bytes;
  });
  add(DAMAGED, "something behind a compressed archive", () => Buffer.concat([gzipSync(tar(COMPOSE)), Buffer.from("evil")]));
  add(DAMAGED, "something behind zeros behind a compressed archive", () =>
    Buffer.concat([gzipSync(tar(COMPOSE)), Buffer.alloc(2 ** 21), gzipSync(tar(file("../evil")))]),
  );
  add(DAMAGED, "a second compressed archive behind the first", () =>
    Buffer.concat([gzipSync(tar(COMPOSE)), gzipSync(tar(file("../evil")))]),
  );

  // Bombs.
  add(TOO_LARGE, "a gzip bomb", () => zeros(320 * 2 ** 20).pipe(createGzip()));
  within(
    TOO_LARGE,
    "entries that claim 256 GiB",
    ...Array.from({ length: 32 }, (_, index) => header(`a${index}`, 0, { raw: { 124: base256(2n ** 43n, 12) } })),
  );

  // No bundle at all.
  add("NO_BUNDLE", "an empty file", () => Buffer.alloc(0));
  add("NO_BUNDLE", "an archive of nothing", () => END);
  add("NO_BUNDLE", "an archive of a top and nothing in it", () => tar(entry("./", "", { type: "5" })));
  add("NO_BUNDLE", "a text", () => Buffer.from("services: {}\n".repeat(100)));
  add("NO_BUNDLE", "a compressed text", () => gzipSync("services: {}\n".repeat(100)));
  add("NO_BUNDLE", "a compressed archive in a compressed file", () => gzipSync(gzipSync(tar(COMPOSE))));
  add("NO_BUNDLE", "a zip", () => Buffer.concat([Buffer.from("504b030414000000", "hex"), Buffer.alloc(1000, 1)]));
  add("NO_BUNDLE", "an xz", () => Buffer.concat([Buffer.from("fd377a585a000004", "hex"), Buffer.alloc(1000, 1)]));
  return archives;
}
