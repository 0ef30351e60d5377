import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createExecutor } from "../../src/host/exec.ts";
import { COPY_TREE, copied, FINGERPRINT_TREES, leavingOut, TIMED_COPY, tookMs } from "../../src/host/tree-scripts.ts";
import { createTrees } from "../../src/host/trees.ts";

// As root does it, by itself. What needs root to be seen (owners) is in the integration tests.
const noHelpers = { run: () => Promise.reject(new Error("no helper is needed")) };
const trees = createTrees(createExecutor(process.env, []), noHelpers, 0);

let dir: string;
let from: string;
let to: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "graph-mgr-trees-"));
  from = join(dir, "from 'a'");
  to = join(dir, "to\nb");
  mkdirSync(join(from, "data/config"), { recursive: true });
  mkdirSync(join(from, "data/large"));
  mkdirSync(join(from, ".hidden"));
  writeFileSync(join(from, "data/config/secret"), "s", { mode: 0o600 });
  writeFileSync(join(from, "data/large/blob"), "l");
  writeFileSync(join(from, "-rf"), "odd");
  // More than the usual umask lets a new file have.
  chmodSync(join(from, "-rf"), 0o666);
  linkSync(join(from, "data/config/secret"), join(from, "same"));
  symlinkSync("data/config", join(from, "relative"));
  symlinkSync("../../gone", join(from, "data/dangling"));
  execFileSync("mkfifo", [join(from, "pipe")]);
  utimesSync(join(from, "data"), 1_000_000_000, 1_000_000_000);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it("F68 a copy has modes, times, links as they stand, hard links and pipes, and appears whole", async () => {
  await trees.copy(from, to, [], null);
  expect(await trees.digest(to, null)).toBe(await trees.digest(from, null));
  expect(readlinkSync(join(to, "relative"))).toBe("data/config");
  expect(statSync(join(to, "same")).ino).toBe(statSync(join(to, "data/config/secret")).ino);
  expect(lstatSync(join(to, "pipe")).isFIFO()).toBe(true);
  expect(statSync(join(to, "-rf")).mode & 0o7777).toBe(0o666);
  expect(statSync(join(to, "data")).mtimeMs).toBe(1_000_000_000_000);
  expect(existsSync(`${to}.part`)).toBe(false);
});

it("what is left out is not there, everything else is, hard links and the times of folders above it too", async () => {
  await trees.copy(from, to, ["data/large", "same/", "./nothing/here"], null);
  expect(readdirSync(to).sort()).toEqual(["-rf", ".hidden", "data", "pipe", "relative"]);
  expect(readdirSync(join(to, "data")).sort()).toEqual(["config", "dangling"]);
  expect(statSync(join(to, "data")).mtimeMs).toBe(1_000_000_000_000);
  rmSync(to, { recursive: true });
  await trees.copy(from, to, ["data/large"], null);
  expect(statSync(join(to, "same")).ino).toBe(statSync(join(to, "data/config/secret")).ino);
});

it("a link on the way to what is left out is copied as a link", async () => {
  await trees.copy(from, to, ["relative/secret", "relative/deeper/still"], null);
  expect(readlinkSync(join(to, "relative"))).toBe("data/config");
  expect(readFileSync(join(to, "data/config/secret"), "utf8")).toBe("s");
  expect(await trees.digest(to, null)).toBe(await trees.digest(from, null));
});

it("F19 nothing is copied over what is there, and left-overs of a cut are replaced", async () => {
  mkdirSync(`${to}.part/old`, { recursive: true });
  await trees.copy(from, to, [], null);
  expect(existsSync(join(to, "old"))).toBe(false);
  await expect(trees.copy(from, to, [], null)).rejects.toMatchObject({ code: "EXISTS" });
  symlinkSync("nowhere", join(dir, "dangling"));
  await expect(trees.copy(from, join(dir, "dangling"), [], null)).rejects.toMatchObject({ code: "EXISTS" });
});

it("a copy that fails leaves neither the copy nor a part of it", async () => {
  await expect(trees.copy(join(dir, "missing"), to, [], null)).rejects.toMatchObject({ code: "COMMAND_FAILED" });
  expect(readdirSync(dir)).toEqual(["from 'a'"]);
});

it("removes a tree without following its links, and nothing is no error", async () => {
  symlinkSync(from, join(dir, "link"));
  await trees.remove(join(dir, "link"), null);
  expect(existsSync(join(from, "same"))).toBe(true);
  await trees.remove(from, null);
  await trees.remove(from, null);
  expect(existsSync(from)).toBe(false);
  await expect(trees.remove("/", null)).rejects.toThrow(RangeError);
  await expect(trees.remove("relative/path", null)).rejects.toThrow(RangeError);
});

it("only paths inside the tree can be left out", () => {
  expect(leavingOut([])).toEqual({});
  expect(leavingOut(["a/b/c", "d"])).toEqual({ SKIP: "./a/b/c\n./d", PARENTS: ".\n./a\n./a/b" });
  for (const path of ["../x", "a/../../x", ".", "", "a\nb"]) expect(() => leavingOut([path]), path).toThrow(RangeError);
});

it("says how far a copy is, and never that it is done before it is", () => {
  const said: string[] = [];
  for (const line of ["copied 512000 of 1024000 KiB", "copied 2048000 of 1024000 KiB", "copied 1 of 0 KiB", "cp: odd"])
    copied(text => void said.push(text))(line);
  expect(said).toEqual(["50 % of 1049 MB", "99 % of 1049 MB"]);
});

it("a copy with a clock says how long it took, by itself", () => {
  mkdirSync(join(dir, "to"));
  const printed = execFileSync("sh", ["-c", TIMED_COPY, "copy", join(dir, "from 'a'"), join(dir, "to")], { encoding: "utf8" });
  expect(tookMs(printed)).toBeGreaterThanOrEqual(0);
  expect(tookMs(printed)).toBeLessThan(20_000);
  expect(readFileSync(join(dir, "to/same"), "utf8")).toBe("s");
  expect(() => tookMs("copied 1 of 2 KiB\n")).toThrow("expected how long it took");
});

it("a copy that takes longer says how far it is", () => {
  mkdirSync(join(dir, "from"));
  mkdirSync(join(dir, "to"));
  mkdirSync(join(dir, "bin"));
  writeFileSync(join(dir, "from/file"), "x".repeat(100_000));
  writeFileSync(join(dir, "bin/cp"), '#!/bin/sh\n[ "$1" = --version ] || sleep 3\nexec /bin/cp "$@"\n', { mode: 0o755 });
  const env = { ...process.env, PATH: `${join(dir, "bin")}:${process.env.PATH}` };
  const printed = execFileSync("sh", ["-c", COPY_TREE, "copy", join(dir, "from"), join(dir, "to")], { env, encoding: "utf8" });
  expect(printed).toMatch(/^copied \d+ of 10\d KiB\n$/);
  expect(readFileSync(join(dir, "to/file"), "utf8")).toHaveLength(100_000);
});

it("F66 several folders have a fingerprint each, also an empty one and one that begins with a dash", async () => {
  for (const name of ["-one", "empty"]) mkdirSync(join(dir, name));
  writeFileSync(join(dir, "-one/file"), "1");
  const of = (...paths: readonly string[]) =>
    execFileSync("sh", ["-c", FINGERPRINT_TREES, "fingerprint", ...paths], { encoding: "utf8" }).match(/^[0-9a-f]{64}/gm) ?? [];
  const [one, empty] = [join(dir, "-one"), join(dir, "empty")];
  const together = of(one, empty, from);
  expect(new Set(together).size).toBe(3);
  expect([one, empty, from].flatMap(path => of(path))).toEqual(together);
  expect(together[2]).toBe(await trees.fingerprint(from, null));
  expect(() => of(one, join(dir, "missing"))).toThrow();
});

it("F66 a file that was written after the clock was set back makes another fingerprint, and nothing else does", async () => {
  const before = await trees.fingerprint(from, null);
  readFileSync(join(from, "same"));
  await trees.copy(from, to, [], null);
  expect(await trees.fingerprint(from, null)).toBe(before);
  const text = readFileSync(join(from, "same"), "utf8");
  writeFileSync(join(from, "same"), text.replace(/./, "x"));
  utimesSync(join(from, "same"), 1_000_000_000, 1_000_000_000);
  expect(await trees.countSince(from, "2099-01-01T00:00:00Z", null)).toBe(0);
  const changed = await trees.fingerprint(from, null);
  expect(changed).not.toBe(before);
  writeFileSync(join(from, "new"), "");
  expect(await trees.fingerprint(from, null)).not.toBe(changed);
});
