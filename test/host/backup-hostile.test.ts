import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OperatorError } from "../../src/errors.ts";
import { checkBackup, measured } from "../../src/host/backup-check.ts";
import { createBackups } from "../../src/host/backups.ts";
import type { HelperStreams } from "../../src/host/helper-container.ts";
import { createTrees } from "../../src/host/trees.ts";
import { executor, pieces, record, writeBackup } from "./backup-archives.ts";
import {
  END,
  entry,
  file,
  folder as folderEntry,
  hardLink,
  header,
  link,
  longLink,
  longName,
  pax,
  paxRaw,
} from "./tar-writer.ts";

/** F28 F85: archives that somebody made to write where they should not, each with digests that fit. */
const TOP = entry("./", "", { type: "5" });
const device = (type: string) => entry("./data", "", { type });
const hostile: Readonly<Record<string, readonly Buffer[]>> = {
  "an absolute path": [TOP, file("/canary/written")],
  "an absolute path behind ./": [TOP, file(".//canary/written")],
  "a path upwards": [TOP, file("../canary/written")],
  "a path upwards behind ./": [TOP, file("./../canary/written")],
  "a path down and upwards": [TOP, folderEntry("./a"), file("./a/../../canary/written")],
  "a path that ends upwards": [TOP, folderEntry("./a"), folderEntry("./a/..")],
  "only upwards": [TOP, file("..")],
  "a dot in the middle": [TOP, folderEntry("./a"), file("./a/./b")],
  "two slashes": [TOP, folderEntry("./a"), file("./a//b")],
  "a folder that is absolute": [TOP, folderEntry("/canary")],
  "a folder upwards": [TOP, folderEntry("../canary/made")],
  "a file through a link": [TOP, link("./out", "../canary"), file("./out/written")],
  "a file through an absolute link": [TOP, link("./out", "/canary"), file("./out/written")],
  "a folder through a link": [TOP, link("./out", "../canary"), folderEntry("./out/made")],
  "a link through a link": [TOP, link("./out", "../canary"), link("./out/more", "x")],
  "a link, then a folder of its name": [TOP, link("./out", "../canary"), folderEntry("./out"), file("./out/written")],
  "a folder, then a link of its name": [TOP, folderEntry("./out"), link("./out", "../canary"), file("./out/written")],
  "a file, then a link of its name": [TOP, file("./out"), link("./out", "../canary/kept")],
  "a link, then a file of its name": [TOP, link("./out", "../canary/kept"), file("./out", "overwritten")],
  "a file twice": [TOP, file("./a"), file("./a")],
  "a file twice, with and without ./": [TOP, file("./a"), file("a")],
  "a folder twice": [TOP, folderEntry("./a"), folderEntry("./a/")],
  "a file below a file": [TOP, file("./a"), file("./a/b")],
  "a file in no folder": [TOP, file("./a/b")],
  "a second name of what is outside": [TOP, hardLink("./a", "../canary/kept")],
  "a second name of what is absolute": [TOP, hardLink("./a", "/canary/kept")],
  "a second name of a link": [TOP, link("./out", "../canary/kept"), hardLink("./a", "./out")],
  "a second name of nothing": [TOP, hardLink("./a", "./b")],
  "a second name of what comes later": [TOP, hardLink("./a", "./b"), file("./b")],
  "a second name of itself": [TOP, hardLink("./a", "./a")],
  "a second name of a folder": [TOP, folderEntry("./b"), hardLink("./a", "./b")],
  "a second name through a link": [TOP, link("./out", "../canary"), hardLink("./a", "./out/kept")],
  "a second name in a link": [TOP, file("./b"), link("./out", "../canary"), hardLink("./out/a", "./b")],
  "a link to nothing": [TOP, link("./a", "")],
  "a character device": [TOP, device("3")],
  "a block device": [TOP, device("4")],
  "a named pipe with content": [TOP, entry("./a", "content", { type: "6" })],
  "a sparse file": [TOP, device("S")],
  "an unknown type": [TOP, device("Z")],
  "a part of another volume": [TOP, device("M")],
  "no top": [file("./a")],
  "nothing at all": [],
  "a file for its top": [file("./")],
  "a link for its top": [link("./", "../canary")],
  "a long name upwards": [TOP, longName(`${"a/".repeat(60)}../../canary`), file("./x")],
  "a long name that is absolute": [TOP, longName(`/canary/${"a".repeat(120)}`), file("./x")],
  "a name that is longer than any": [TOP, longName(`./${"a".repeat(300)}`), file("./x")],
  "a path that is longer than any": [TOP, longName(`./${"a/".repeat(3000)}b`), file("./x")],
  "a long target and another": [TOP, longLink("../canary"), longLink("../canary"), link("./x", "y")],
  "two names of one entry": [TOP, pax(["path", "./a"]), longName("../canary/written"), file("./x")],
  "a path in an extended header": [TOP, pax(["path", "../canary/written"]), file("./x")],
  "an absolute path in an extended header": [TOP, pax(["path", "/canary/written"]), file("./x")],
  "a target in an extended header": [TOP, pax(["linkpath", "../canary/kept"]), hardLink("./x", "./y")],
  "a global header that renames": [paxRaw("22 path=../canary/all\n", "g"), TOP, file("./x")],
  "an extended header with two sizes": [TOP, pax(["size", "4"]), file("./x", "much longer than that")],
  "an extended header with an unknown key": [TOP, pax(["GNU.volume.filename", "x"]), file("./x")],
  "a sparse file in an extended header": [TOP, pax(["GNU.sparse.major", "1"]), file("./x")],
  "a NUL in a name": [TOP, pax(["path", "./a\0../canary"]), file("./x")],
  "a name that is no UTF-8 and leads out": [TOP, file(Buffer.from([0x2e, 0x2e, 0x2f, 0xff, 0xfe]) as unknown as string)],
  "a negative size": [TOP, header("./x", 0, { raw: { 124: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe" } })],
  "a size beyond all bounds": [TOP, header("./x", 0, { raw: { 124: "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" } })],
  "more than it has": [TOP, header("./x", 2 ** 40)],
  "an owner beyond all": [TOP, pax(["uid", "4294967295"]), file("./x")],
  "a folder with content": [TOP, entry("./a/", "content", { type: "5" })],
  "a wrong checksum": [TOP, entry("./a", "content", { checksumOff: 1 })],
};

let scratch: string;
let canary: string;
const noHelpers: HelperStreams = {
  run: () => Promise.reject(new Error("no helper")),
  feed: () => Promise.reject(new Error("no helper")),
  async *pipe() {},
};
const trees = createTrees(executor, noHelpers, 0);
const backups = createBackups(executor, noHelpers, trees, {}, 0);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "graph-mgr-hostile-"));
  canary = join(scratch, "canary");
  await mkdir(canary);
  await writeFile(join(canary, "kept"), "kept");
  await mkdir(join(scratch, "home"));
  await symlink(canary, join(scratch, "home/way-out"));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Everything outside of the archive itself and of the staging folder. */
async function outside(): Promise<unknown> {
  return [
    await trees.digest(canary, null),
    (await readdir(scratch)).sort(),
    (await readdir(join(scratch, "home"))).sort(),
    (await readdir("/")).sort(),
  ];
}

describe("F28 an archive that is made to write elsewhere is refused, and nothing is written: ", () => {
  it.each(Object.entries(hostile))("%s", async (_, entries) => {
    const path = join(scratch, "hostile.tar");
    await rm(path, { force: true });
    await writeBackup(path, { compression: "none", folder: pieces(...entries, END) });
    const before = await outside();
    const refused = await checkBackup(executor, path, () => {}).catch((cause: unknown) => cause);
    expect(refused).toBeInstanceOf(OperatorError);
    expect(["BACKUP_HOSTILE", "BACKUP_DAMAGED"]).toContain((refused as OperatorError).code);
    expect(await outside()).toEqual(before);
    // And if nobody had checked it: what is unpacked goes nowhere else, and does not get its name.
    const { source } = await backups.glance(path);
    const staging = join(scratch, "home/staging");
    await mkdir(join(scratch, "home"), { recursive: true });
    await expect(backups.unpackTree(source, "folder", staging, null)).rejects.toBeInstanceOf(OperatorError);
    await rm(`${staging}.part`, { recursive: true, force: true });
    expect(await outside()).toEqual(before);
  });

  it("there are 60 of them at least", () => expect(Object.keys(hostile).length).toBeGreaterThanOrEqual(60));
});

it("links come back as they are, are written last, and are not followed", async () => {
  const path = join(scratch, "links.tar");
  const entries = [
    TOP,
    link("./a", "../canary"),
    link("./b", "/nowhere"),
    file("./c", "c"),
    hardLink("./d", "./c"),
    file("./suid", "x", 0o6755),
  ];
  await writeBackup(path, { folder: pieces(...entries, END) });
  await checkBackup(executor, path, () => {});
  const { source } = await backups.glance(path);
  const to = join(scratch, "links");
  await backups.unpackTree(source, "folder", to, null);
  expect((await readdir(to)).sort()).toEqual(["a", "b", "c", "d", "suid"]);
  expect((await executor.run({ program: "sh", args: ["-c", 'stat -c "%N %a %h" "$1"/*', "stat", to] })).replaceAll(to, "")).toBe(
    "'/a' -> '../canary' 777 1\n'/b' -> '/nowhere' 777 1\n'/c' 644 2\n'/d' 644 2\n'/suid' 755 1",
  );
  expect(await readFile(join(canary, "kept"), "utf8")).toBe("kept");
});

it("a name that is no UTF-8 comes back byte by byte, and a named pipe, which holds nothing, is passed over", async () => {
  const path = join(scratch, "odd.tar");
  const odd = Buffer.from([0x2e, 0x2f, 0x63, 0x61, 0x66, 0xe9]);
  await writeBackup(path, { folder: pieces(TOP, device("6"), file(odd as unknown as string, "latin"), END) });
  await checkBackup(executor, path, () => {});
  const { source } = await backups.glance(path);
  const to = join(scratch, "odd");
  await backups.unpackTree(source, "folder", to, null);
  expect(await readdir(to, { encoding: "buffer" })).toEqual([odd.subarray(2)]);
  expect(await readFile(Buffer.concat([Buffer.from(`${to}/`), odd.subarray(2)]), "utf8")).toBe("latin");
});

it.each([
  ["a sign that moves the cursor", "\u001b[2K\rEVIL"],
  ["a line of its own", "nothing\n  13/13 all fine ok"],
  ["C1 controls", "\u009b2J"],
  ["a change of direction", "\u202eevil"],
])("F28 what it says of itself may hold no %s", async (_, text) => {
  const path = join(scratch, "controls.tar");
  await rm(path, { force: true });
  await writeBackup(path, { folder: pieces(TOP, END), manifest: { leftOut: [text] } });
  await expect(checkBackup(executor, path, () => {})).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
});

it("F85 what unfolds to more than the manifest says is left off there", async () => {
  let asked = 0;
  const zeros = async function* () {
    for (; asked < 1000; asked++) yield Buffer.alloc(2 ** 20);
  };
  const stream = {
    name: "folder",
    key: null,
    compression: "gzip",
    parts: 1,
    sizeBytes: 3 * 2 ** 20,
    sha256: "0".repeat(64),
  } as const;
  const taken = async () => {
    for await (const _ of measured(zeros(), stream));
  };
  await expect(taken()).rejects.toThrow("it unfolds to more than was written");
  expect(asked).toBe(3);
});

it("the record of another instance, or what is none, is refused", async () => {
  for (const text of [
    "",
    "{}",
    JSON.stringify({ ...record, name: "v2.0.0" }),
    JSON.stringify({ ...record, product: { ...record.product, layouts: [{ ...record.product.layouts[0], data: ["../x"] }] } }),
  ]) {
    const path = join(scratch, "record.tar");
    await rm(path, { force: true });
    await writeBackup(path, { record: text });
    await expect(checkBackup(executor, path, () => {})).rejects.toMatchObject({
      code: "BACKUP_DAMAGED",
      facts: { part: "instance.json" },
    });
  }
});
