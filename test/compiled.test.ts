import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCompiled } from "../src/compiled.ts";

const require = createRequire(import.meta.url);
const asBefore = require.extensions[".js"];

let scratch: string;
let chunks: string;
let folder: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "graph-mgr-compiled-"));
  chunks = join(scratch, "chunks");
  folder = join(scratch, "user/.cache/graph-mgr/compiled");
  mkdirSync(join(scratch, "user/.cache"), { recursive: true, mode: 0o700 });
  mkdirSync(chunks);
  writeFileSync(join(scratch, "package.json"), '{ "type": "commonjs" }');
});

afterEach(() => {
  require.extensions[".js"] = asBefore;
  rmSync(scratch, { recursive: true, force: true });
});

const path = (name: string) => join(chunks, `${name}.js`);
const kept = () => readdirSync(folder).sort();
const fileOf = (name: string) => join(folder, kept().find(each => each.startsWith(`${name}.js.`)) ?? "none");

/** As a run of the program does: it reads one file, and keeps what it compiled. */
function run(name: string, within = folder): Record<string, unknown> {
  require.extensions[".js"] = asBefore;
  delete require.cache[path(name)];
  const keep = readCompiled(chunks, within);
  const exported = require(path(name)) as Record<string, unknown>;
  keep();
  return exported;
}

const number = (value: number) => writeFileSync(path("number"), `exports.number = ${value};\n`);

/** What is kept says 1, and the file 2 of the same length, which is all that V8 compares: so what comes shows which of them was read. */
function keepsOne() {
  number(1);
  expect(run("number")).toEqual({ number: 1 });
  number(2);
}

describe("what was compiled once", () => {
  it("is read the next time", () => {
    keepsOne();
    expect(run("number")).toEqual({ number: 1 });
  });

  it("finds its neighbours, its name and its folder as Node gives them", () => {
    number(7);
    writeFileSync(path("all"), "module.exports = { ...require('./number.js'), file: __filename, dir: __dirname };\n");
    for (const _ of ["compiled", "kept"]) expect(run("all")).toMatchObject({ number: 7, file: path("all"), dir: chunks });
  });

  it.each<[string, (file: string) => void]>([
    ["with a byte turned", file => turn(file, bytes => (bytes[bytes.length >> 1]! ^= 4))],
    ["with its digest turned", file => turn(file, bytes => (bytes[0]! ^= 1))],
    ["cut", file => writeFileSync(file, readFileSync(file).subarray(0, 90))],
    ["empty", file => writeFileSync(file, "")],
  ])("is not believed %s, and is written anew", (_, damage) => {
    keepsOne();
    damage(fileOf("number"));
    expect(run("number")).toEqual({ number: 2 });
    number(3);
    expect(run("number")).toEqual({ number: 2 });
  });

  it.each([
    ["the cache", () => folder],
    ["the folder above it", () => join(folder, "..")],
    ["the user's own", () => join(scratch, "user/.cache")],
  ])("is not believed where others may write into %s", (_, open) => {
    keepsOne();
    chmodSync(open(), 0o770);
    expect(run("number")).toEqual({ number: 2 });
  });

  it("is not believed behind a link", () => {
    keepsOne();
    symlinkSync(folder, join(scratch, "user/.cache/graph-mgr/link"));
    expect(run("number", join(scratch, "user/.cache/graph-mgr/link"))).toEqual({ number: 2 });
  });

  it("goes when no file of the program bears its name any more", () => {
    keepsOne();
    writeFileSync(path("other"), "exports.other = true;\n");
    rmSync(path("number"));
    run("other");
    expect(kept()).toEqual([expect.stringMatching(/^other\.js\./)]);
  });
});

it("a user's first cache is made, for nobody else", () => {
  rmSync(join(scratch, "user/.cache"), { recursive: true });
  keepsOne();
  expect(run("number")).toEqual({ number: 1 });
  expect(modeOf(join(scratch, "user/.cache"))).toBe("700");
});

describe("nothing is kept", () => {
  it("where the program has changed V8's flags", () => {
    number(1);
    const keep = readCompiled(chunks, folder);
    require(path("number"));
    setFlagsFromString("--stack-size=985");
    try {
      keep();
    } finally {
      setFlagsFromString("--stack-size=984");
    }
    expect(() => kept()).toThrow("ENOENT");
  });

  it("without a folder of the user's own", () => {
    number(1);
    expect(run("number", join(scratch, "nobody/.cache/graph-mgr/compiled"))).toEqual({ number: 1 });
    expect(() => readdirSync(join(scratch, "nobody"))).toThrow("ENOENT");
  });

  it("in a cache of everybody's", () => {
    number(1);
    chmodSync(join(scratch, "user/.cache"), 0o777);
    run("number");
    expect(readdirSync(join(scratch, "user/.cache"))).toEqual([]);
  });

  it("where a file is in the way, and the program runs", () => {
    number(1);
    writeFileSync(join(scratch, "user/.cache/graph-mgr"), "");
    expect(run("number")).toEqual({ number: 1 });
    expect(readFileSync(join(scratch, "user/.cache/graph-mgr"), "utf8")).toBe("");
  });
});

it("only the owner reads what is kept", () => {
  number(1);
  run("number");
  expect([folder, fileOf("number")].map(each => modeOf(each))).toEqual(["700", "600"]);
});

function turn(file: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  change(bytes);
  writeFileSync(file, bytes);
}

const modeOf = (entry: string): string => statSync(entry).mode.toString(8).slice(-3);
