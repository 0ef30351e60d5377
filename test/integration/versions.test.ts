import { appendFile, copyFile, mkdtemp, readFile, rm, stat, symlink, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "./support/bundles.ts";
import { TestHome } from "./support/cli.ts";

/** What may be updated to what, asked of the sample product's own bundles. */

interface Versions {
  readonly from: string | null;
  readonly installed: readonly { readonly name: string; readonly version: string; readonly current: boolean }[];
  readonly bundles: readonly {
    readonly path: string;
    readonly version: string | null;
    readonly layout: string | null;
    readonly updatable: boolean;
    readonly hops: readonly string[];
    readonly missing: readonly string[];
    readonly instructions: boolean;
    readonly unreadable: { readonly code: string } | null;
  }[];
}

let home: TestHome;
let stick: string;
let name = "";
const SHELF = ["v2.22.2", "v2.23.0", "v2.24.9", "v2.45.11"] as const;

beforeAll(async () => {
  home = await TestHome.make();
  stick = await mkdtemp(join(tmpdir(), "graph-mgr-stick-"));
  for (const release of SHELF) await symlink(bundle(release), join(stick, `${SHELF.indexOf(release)}.tar.gz`));
  name = `v2.22.2-${home.suffix}`;
  await home.ok("install", bundle("v2.22.2"), "--name", home.suffix, "--no-launch", "--yes");
});
afterAll(async () => {
  await rm(stick, { recursive: true, force: true });
  await home.remove();
});

const look = async (...args: readonly string[]) => await home.json<Versions>("versions", "--bundles", stick, ...args);
const lines = (found: Versions) =>
  found.bundles.map(each => {
    const hops = each.hops.join(" ");
    return `${each.version} ${each.layout} ${each.updatable ? `-> ${hops}` : "no"}${each.missing.length > 0 ? ` lacks ${each.missing.join(" ")}` : ""}${each.instructions ? " read" : ""}`;
  });

describe("versions", () => {
  it("says what the current instance may be updated to, and by which path", async () => {
    const found = await look();
    expect(found.from).toBe(name);
    expect(found.installed).toEqual([{ name, version: "v2.22.2", layout: "legacy", current: true }]);
    expect(lines(found)).toEqual([
      "v2.22.2 legacy no",
      "v2.23.0 legacy -> v2.23.0",
      "v2.24.9 legacy -> v2.24.9 read",
      "v2.45.11 modern -> v2.24.9 v2.45.11 read",
    ]);
  });

  it("says the same for people, and once more from what it remembers, which holds no settings", async () => {
    // Of bundles that are made on the machine itself.
    const sizes = await Promise.all(
      [0, 1, 2, 3].map(async number => `${((await stat(join(stick, `${number}.tar.gz`))).size / 1e6).toPrecision(3)} MB`),
    );
    const text = async () => {
      const { stdout } = await home.ok("versions", "--bundles", stick, "--from", name);
      return stdout
        .replaceAll(stick, "/stick")
        .replaceAll(home.suffix, "NAME")
        .replaceAll(/ +/g, " ")
        .replaceAll(/([\d.]+ MB)(?=.*\/stick\/(\d)\.tar\.gz)/g, (said, _, number: string) =>
          said === sizes[Number(number)] ? "SIZE" : said,
        );
    };
    expect(await text()).toMatchInlineSnapshot(`
      "VERSION WHAT UPDATE OF v2.22.2-NAME WHERE
      v2.22.2 installed as v2.22.2-NAME (current)
      v2.22.2 bundle, SIZE no, installed /stick/0.tar.gz
      v2.23.0 bundle, SIZE yes /stick/1.tar.gz
      v2.24.9 bundle, SIZE yes, read first: v2.24.9 /stick/2.tar.gz
      v2.45.11 bundle, SIZE yes, through v2.24.9, read first: v2.24.9 /stick/3.tar.gz"
    `);
    const cache = join(home.path, ".graph-mgr/cache/bundles.json");
    expect(await readFile(cache, "utf8")).toContain("graphistry/caddy");
    expect(await readFile(cache, "utf8")).not.toContain("abc123xyz");
    expect(((await stat(cache)).mode & 0o777).toString(8)).toBe("600");
    const written = (await stat(cache)).mtimeMs;
    const first = await text();
    expect(await text()).toBe(first);
    expect((await stat(cache)).mtimeMs).toBe(written);
  });

  it("names what the path lacks", async () => {
    await rm(join(stick, "2.tar.gz"));
    expect(lines(await look()).at(-1)).toBe("v2.45.11 modern no lacks v2.24.0");
    await symlink(bundle("v2.24.9"), join(stick, "2.tar.gz"));
  });

  it("lists a bundle that is cut off with the reason, and another cut of what is installed as an update", async () => {
    const [cutOff, again] = [join(stick, "cut-v2.23.0.tar.gz"), join(stick, "again.tar.gz")];
    await copyFile(bundle("v2.23.0"), cutOff);
    await truncate(cutOff, 60_000_000);
    await copyFile(bundle("v2.22.2"), again);
    await appendFile(again, gzipSync(""));
    const found = await look();
    const about = (path: string) => found.bundles.find(each => basename(each.path) === basename(path));
    expect(about(cutOff)).toMatchObject({
      version: "v2.23.0",
      updatable: false,
      hops: [],
      unreadable: { code: "BUNDLE_DAMAGED" },
    });
    expect(about(again)).toMatchObject({ version: "v2.22.2", updatable: true, hops: ["v2.22.2"], unreadable: null });
    expect((await home.ok("versions", "--bundles", stick)).stdout).toMatch(
      /\n\nThe bundle .*cut-v2\.23\.0\.tar\.gz is damaged: /,
    );
  });

  it("refuses an instance and a folder that are not there", async () => {
    expect((await home.run("versions", "--from", "v9.9.9")).code).toBe(3);
    const { code, stderr } = await home.run("versions", "--bundles", join(stick, "typo"));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/There is no folder .*typo to look for bundles in\.\nTry: /)]);
  });
});
