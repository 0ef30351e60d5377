import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const hasDpkg = spawnSync("dpkg-deb", ["--version"]).status === 0;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graph-mgr-test-package-"));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

interface Manifest {
  readonly version: string;
  readonly dependencies?: object;
  readonly optionalDependencies?: object;
  readonly peerDependencies?: object;
  readonly scripts: Readonly<Record<string, string>>;
}
const manifest = async (path: string) => JSON.parse(await readFile(path, "utf8")) as Manifest;
const filesBelow = async (path: string) =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));

/** All that may be in it. */
const ALLOWED = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md)$/,
  /^dist\/(graph-mgr\.js|package\.json|THIRD-PARTY-LICENSES|chunks\/[\w.-]+\.js)$/,
  /^docs\/[a-z]+\.(md|jsonl)$/,
  /^docs\/pictures\/[a-z]+\.svg$/,
  /^man\/graph-mgr\.1$/,
  /^templates\/(maintenance|products|sample-product)\/[\w./-]+$/,
];
const NEEDED = [
  "dist/graph-mgr.js",
  "dist/package.json",
  "dist/THIRD-PARTY-LICENSES",
  "man/graph-mgr.1",
  "LICENSE",
  "SECURITY.md",
  "docs/guide.md",
];

describe("what npm packs", () => {
  it("is the program and what one reads, and nothing else", async () => {
    const { stdout } = await execa("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root });
    const [packed] = JSON.parse(stdout) as readonly { readonly files: readonly { readonly path: string }[] }[];
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths.filter(path => !ALLOWED.some(pattern => pattern.test(path)))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(NEEDED));
    expect(paths.filter(path => path.startsWith("templates/products/"))).not.toEqual([]);
  });

  it("needs nothing but Node.js: no package at run time, and none is imported", async () => {
    const { dependencies, optionalDependencies, peerDependencies, scripts } = await manifest(join(root, "package.json"));
    expect([dependencies, optionalDependencies, peerDependencies]).toEqual([undefined, undefined, undefined]);
    expect(Object.keys(scripts).filter(name => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
    const known = new Set([...builtinModules, ...builtinModules.map(name => `node:${name}`)]);
    let imports = 0;
    for (const path of (await filesBelow(join(root, "dist"))).filter(each => each.endsWith(".js"))) {
      const text = await readFile(path, "utf8");
      for (const [, name = ""] of text.matchAll(/\brequire\(["'`]([^"'`]+)["'`]\)/g)) {
        imports++;
        expect(name.startsWith(".") || known.has(name), `${path} needs ${name}`).toBe(true);
      }
    }
    expect(imports).toBeGreaterThan(50);
  });

  it("holds the licence of each package that is built in", async () => {
    const text = await readFile(join(root, "dist/THIRD-PARTY-LICENSES"), "utf8");
    const parts = text.split(`\n\n${"-".repeat(80)}\n\n`).slice(1);
    for (const name of [
      "yargs",
      "inquirer",
      "execa",
      "yaml",
      "zod",
      "semver",
      "dotenv",
      "node-diff3",
      "docker-compose",
      "age-encryption",
    ])
      expect(parts.filter(part => part.startsWith(`${name} `))).toHaveLength(1);
    const odd = parts.filter(part => !/^\S+ \S+: (MIT|ISC|BSD-[23]-Clause|Apache-2\.0)\n\n/.test(part) || part.length < 500);
    expect(odd.map(part => part.split("\n")[0])).toEqual([]);
  });
});

describe("what is passed on", () => {
  const make = async (name: string, env: Readonly<Record<string, string>> = {}) => {
    const out = join(folder, name);
    await execa("bash", [join(root, "scripts/package.sh"), "--as-built", out], { env });
    return (await readdir(out)).sort().map(file => join(out, file));
  };

  it.skipIf(!hasDpkg)("is the same bytes each time, and belongs to root", { timeout: 240_000 }, async () => {
    const env = { SOURCE_DATE_EPOCH: "1700000000" };
    const [first, second] = [await make("first", env), await make("second", env)];
    const { version } = await manifest(join(root, "package.json"));
    expect(first.map(path => path.split("/").at(-1))).toEqual([`graph-mgr-${version}.tgz`, `graph-mgr_${version}_all.deb`]);
    for (const [index, path] of first.entries())
      expect((await readFile(path)).equals(await readFile(second[index] ?? ""))).toBe(true);

    const deb = first[1] ?? "";
    const { stdout: listed } = await execa("dpkg-deb", ["--contents", deb], { env: { TZ: "UTC" } });
    const lines = listed.split("\n").map(line => line.split(/\s+/));
    expect(lines.filter(([, owner, , date]) => owner !== "root/root" || date !== "2023-11-14")).toEqual([]);
    expect(lines.filter(([mode = ""]) => !/^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx)$/.test(mode))).toEqual([]);
    const paths = lines.map(line => line[5] ?? "");
    expect(paths.filter(path => !/^\.\/(usr\/((bin|lib|share)\/.*)?)?$/.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        "./usr/bin/graph-mgr",
        "./usr/lib/graph-mgr/dist/graph-mgr.js",
        "./usr/share/bash-completion/completions/graph-mgr",
        "./usr/share/zsh/vendor-completions/_graph-mgr",
        "./usr/share/fish/vendor_completions.d/graph-mgr.fish",
        "./usr/share/man/man1/graph-mgr.1.gz",
        "./usr/share/doc/graph-mgr/copyright",
      ]),
    );
    expect((await execa("dpkg-deb", ["--field", deb, "Depends"])).stdout).toBe("nodejs (>= 20.19)");

    // As it lies on a machine, with every digest right.
    const machine = join(folder, "machine");
    await execa("dpkg-deb", ["--extract", deb, machine]);
    await execa("dpkg-deb", ["--control", deb, join(folder, "control")]);
    await execa("md5sum", ["--check", "--quiet", join(folder, "control/md5sums")], { cwd: machine });
    const program = join(machine, "usr/bin/graph-mgr");
    expect((await execa(program, ["--version"])).stdout).toBe(version);
    expect((await execa(program, ["__complete", "bash", "graph-mgr laun", ""])).stdout).toBe("launch");
  });

  it.skipIf(!hasDpkg)("installs by npm without a registry", { timeout: 240_000 }, async () => {
    const [tgz = ""] = await make("npm");
    const prefix = join(folder, "prefix");
    await mkdir(prefix);
    const nowhere = { npm_config_registry: "http://127.0.0.1:9", npm_config_cache: join(folder, "cache") };
    await execa("npm", ["install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", tgz], { env: nowhere });
    expect(await readdir(join(prefix, "lib/node_modules"))).toEqual(["graph-mgr"]);
    expect((await execa(join(prefix, "bin/graph-mgr"), ["--help"])).stdout).toContain("Commands:");
    expect(await readdir(join(prefix, "lib/node_modules/graph-mgr"))).not.toContain("node_modules");
  });
});
