import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BundleContents, BundleSource } from "../../src/domain/bundle.ts";
import { createBundles } from "../../src/host/bundles.ts";
import { BUNDLED, classicParts, noise, sha256 } from "./image-archives.ts";
import { entry, file, folder, hardLink, link as softLink, tar } from "./tar-writer.ts";

const quiet = () => {};
const bundles = createBundles({ load: async () => {} });
let place = "";
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "gm-bundles-"));
});
afterEach(() => rm(place, { recursive: true, force: true }));

const IMAGES = tar(...classicParts());
const ENTRIES: readonly Buffer[] = [
  entry("./", "", { type: "5", mode: 0o750, mtime: 1_500_000_000 }),
  entry("./.env", "SECRET=1\n", { mode: 0o600, uid: 1234, gid: 2345, mtime: 1_600_000_000 }),
  file("./VERSION", "2.22.2\n"),
  entry("./data/", "", { type: "5", mode: 0o1777, mtime: 1_500_000_001 }),
  file("./data/config/custom.env", ""),
  file("./data/binary", Buffer.from([0, 1, 2])),
  file("./containers.tar", IMAGES),
  entry("./graphistry", "#!/bin/sh\n", { mode: 0o4755 }),
  softLink("./current.env", "data/config/custom.env"),
  hardLink("./VERSION.txt", "./VERSION"),
  file("./docker-compose.yml", "services: {}\n"),
];

async function archive(bytes: Buffer, name = "bundle.tar"): Promise<string> {
  await writeFile(join(place, name), bytes);
  return join(place, name);
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: { code?: string }) => error.code ?? String(error),
  );

/** Path, mode and content of everything below. */
async function tree(path: string, name = "."): Promise<Record<string, string>> {
  const full = join(path, name);
  const found: Record<string, string> = {};
  for (const each of (await readdir(full, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = join(name, each.name);
    const mode = ((await stat(join(path, inner))).mode & 0o7777).toString(8);
    if (each.isSymbolicLink()) found[inner] = `-> ${await readlink(join(path, inner))}`;
    else if (each.isDirectory()) Object.assign(found, { [inner]: mode }, await tree(path, inner));
    else found[inner] = `${mode} ${await readFile(join(path, inner), "latin1")}`;
  }
  return found;
}

const UNPACKED = {
  ".env": "600 SECRET=1\n",
  VERSION: "644 2.22.2\n",
  "VERSION.txt": "644 2.22.2\n",
  "current.env": "-> data/config/custom.env",
  data: "1777",
  "data/binary": "644 \u0000\u0001\u0002",
  "data/config": "755",
  "data/config/custom.env": "644 ",
  "docker-compose.yml": "644 services: {}\n",
  graphistry: "755 #!/bin/sh\n",
};

describe("a bundle", () => {
  const inTop = () => ENTRIES.map(each => retitled(each));
  /** The same entry in a top folder. */
  const retitled = (each: Buffer): Buffer => {
    const bytes = Buffer.from(each);
    const name = bytes.toString("latin1", 0, 100).replace(/\0.*$/s, "").replace(/^\.\//, "graphistry-v2.22.2/");
    bytes.fill(0, 0, 100).write(name, 0, "latin1");
    const target = bytes.toString("latin1", 157, 257).replace(/\0.*$/s, "").replace(/^\.\//, "graphistry-v2.22.2/");
    bytes.fill(0, 157, 257).write(target, 157, "latin1");
    bytes.fill(0x20, 148, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return bytes;
  };

  it.each([
    ["at the top of an archive", () => tar(...ENTRIES), ""],
    ["in an archive that is compressed", () => gzipSync(tar(...ENTRIES)), ""],
    ["in the only top folder of an archive", () => tar(...inTop()), "graphistry-v2.22.2/"],
    [
      "in an archive whose entries come in another order",
      () =>
        tar(
          ...inTop()
            .reverse()
            .sort((a, b) => Number(a[156] === 0x31) - Number(b[156] === 0x31)),
        ),
      "graphistry-v2.22.2/",
    ],
  ])("%s is read and unpacked", async (_, bytes, root) => {
    const path = await archive(bytes());
    const contents = await bundles.read(path, quiet);
    const { size, mtimeMs } = await stat(path);
    expect(contents).toEqual({
      source: {
        path,
        kind: "archive",
        sizeBytes: size,
        modifiedMs: mtimeMs,
        digest: sha256(bytes()),
        imageArchive: "containers.tar",
        root,
      },
      texts: {
        ".env": "SECRET=1\n",
        VERSION: "2.22.2\n",
        "VERSION.txt": "2.22.2\n",
        "current.env": "",
        "data/config/custom.env": "",
        "docker-compose.yml": "services: {}\n",
        graphistry: "#!/bin/sh\n",
      },
      images: BUNDLED,
      unpackedBytes: 4096 * (2 + 5),
    });

    const to = join(place, "home/releases/v2.22.2");
    const umask = process.umask(0o077);
    try {
      await bundles.unpack(contents.source, to, quiet);
    } finally {
      process.umask(umask);
    }
    expect(await tree(to)).toEqual(UNPACKED);
    expect((await stat(to)).mode & 0o7777).toBe(0o750);
    expect((await stat(to)).mtimeMs).toBe(1_500_000_000_000);
    expect((await stat(join(to, "data"))).mtimeMs).toBe(1_500_000_001_000);
    const env = await stat(join(to, ".env"));
    expect(env.mtimeMs).toBe(1_600_000_000_000);
    expect([env.uid, env.gid]).toEqual(process.geteuid!() === 0 ? [1234, 2345] : [process.geteuid!(), process.getegid!()]);
    expect((await stat(join(to, "VERSION"))).nlink).toBe(2);
    expect(existsSync(`${to}.part`)).toBe(false);
  });

  it("in a folder gives the same as in an archive", async () => {
    const path = await archive(tar(...ENTRIES));
    const packed = await bundles.read(path, quiet);
    const lies = join(place, "lies");
    await bundles.unpack(packed.source, lies, quiet);
    await writeFile(join(lies, "containers.tar"), IMAGES);
    const { source, ...contents } = await bundles.read(lies, quiet);
    expect(contents).toEqual({ texts: packed.texts, images: BUNDLED, unpackedBytes: packed.unpackedBytes + 2 * 4096 });
    expect(source).toMatchObject({ path: lies, kind: "folder", imageArchive: "containers.tar", root: "" });

    const to = join(place, "to");
    await bundles.unpack(source, to, quiet);
    expect(await tree(to)).toEqual(UNPACKED);
  });

  it("that lies in a folder has the digest of its names, modes and contents, not of its images or times", async () => {
    const lies = join(place, "lies");
    await mkdir(join(lies, "sub"), { recursive: true });
    await writeFile(join(lies, "compose.yaml"), "services: {}\n");
    await writeFile(join(lies, "sub/a"), "a");
    await writeFile(join(lies, "containers.tar"), IMAGES);
    const digest = async () => (await bundles.read(lies, quiet)).source.digest;
    const before = await digest();
    await utimes(join(lies, "sub/a"), 1, 1);
    await rm(join(lies, "containers.tar"));
    expect(await digest()).toBe(before);
    await writeFile(join(lies, "sub/a"), "b");
    const changed = await digest();
    await chmod(join(lies, "sub/a"), 0o600);
    const closed = await digest();
    await rename(join(lies, "sub/a"), join(lies, "sub/b"));
    expect(new Set([before, changed, closed, await digest()]).size).toBe(4);
  });

  it("may have no images", async () => {
    const contents = await bundles.read(await archive(tar(file("compose.yml", "services: {}\n"))), quiet);
    expect(contents).toMatchObject({ images: [], source: { imageArchive: null } });
  });

  it("may hold a file called containers.tar that is none of its own images", async () => {
    const bytes = tar(file("data/containers.tar", "not even a tar"), file("docker-compose.yml", "services: {}\n"));
    const { source, images, unpackedBytes } = await bundles.read(await archive(bytes), quiet);
    expect({ images, archive: source.imageArchive, unpackedBytes }).toEqual({ images: [], archive: null, unpackedBytes: 8192 });
    await bundles.unpack(source, join(place, "to"), quiet);
    expect(await readFile(join(place, "to/data/containers.tar"), "utf8")).toBe("not even a tar");
  });

  it("gives a text that is only called like an image archive", async () => {
    const bytes = tar(file("docker-compose.yml", "x"), file("data/containers.tar", "not even a tar"));
    expect((await bundles.read(await archive(bytes), quiet)).texts).toHaveProperty(["data/containers.tar"], "not even a tar");
  });

  it("may link within itself, also over its own top", async () => {
    const bytes = tar(
      file("top/docker-compose.yml", "x"),
      folder("top/a"),
      softLink("top/a/up", "../docker-compose.yml"),
      softLink("top/loop", "loop"),
    );
    const { source, texts } = await bundles.read(await archive(bytes), quiet);
    expect(texts).toEqual({ "docker-compose.yml": "x", "a/up": "x" });
    await bundles.unpack(source, join(place, "to"), quiet);
    expect(await readFile(join(place, "to/a/up"), "utf8")).toBe("x");
  });

  it("gives texts of at most 1 MiB that are valid UTF-8", async () => {
    const mebibyte = "x".repeat(2 ** 20);
    const bytes = tar(
      file("docker-compose.yml", "x"),
      file("fits", mebibyte),
      file("large", `${mebibyte}x`),
      file("latin1", Buffer.from([0xe9, 0x0a])),
    );
    expect(Object.keys((await bundles.read(await archive(bytes), quiet)).texts)).toEqual(["docker-compose.yml", "fits"]);
  });

  it("tells how far it is", async () => {
    const told: string[] = [];
    await bundles.read(await archive(tar(...ENTRIES)), text => told.push(text));
    expect(told.at(-1)).toBe("Checking the bundle: 100 % of 1 MB");
  });
});

describe("a bundle is refused when", () => {
  it.each([
    ["it does not exist", async () => join(place, "nothing"), "NO_BUNDLE"],
    ["a part of its path is a file", async () => `${await archive(END_OF_NOTHING)}/x`, "NO_BUNDLE"],
    ["it is a device", async () => "/dev/null", "NO_BUNDLE"],
    ["it is an empty folder", async () => place, "NO_BUNDLE"],
    ["it has no compose file", async () => archive(tar(file("README.md"))), "BUNDLE_INCOMPLETE"],
    ["its compose file is two folders down", async () => archive(tar(file("a/b/docker-compose.yml"))), "BUNDLE_INCOMPLETE"],
    [
      "its compose file is in one of two folders",
      async () => archive(tar(file("a/docker-compose.yml"), file("b/x"))),
      "BUNDLE_INCOMPLETE",
    ],
  ])("%s", async (_, path, code) => {
    expect(await codeOf(bundles.read(await path(), quiet))).toBe(code);
  });

  it("F53 its image archive is damaged, and says in what", async () => {
    const images = Buffer.from(IMAGES);
    images[5000]! ^= 1;
    const path = await archive(tar(file("docker-compose.yml"), file("containers.tar", images)));
    await expect(bundles.read(path, quiet)).rejects.toMatchObject({
      code: "BUNDLE_DAMAGED",
      message: `The bundle ${path} is damaged: in its containers.tar, layer 2 of the image "graphistry/caddy:v1" is not what the image's configuration says.`,
    });
  });

  it("F53 it is cut off anywhere, compressed or not", async () => {
    for (const whole of [tar(...ENTRIES), gzipSync(tar(...ENTRIES))]) {
      for (const percent of [5, 20, 35, 50, 65, 80, 95, 99]) {
        const path = await archive(whole.subarray(0, Math.floor((whole.length * percent) / 100)));
        expect(await codeOf(bundles.read(path, quiet)), `${percent} %`).toBe("BUNDLE_DAMAGED");
      }
    }
  });

  it("F28 a folder holds what an archive must not hold", async () => {
    const make = async (name: string, spoil: (lies: string) => Promise<unknown>) => {
      const lies = join(place, name);
      await mkdir(lies);
      await writeFile(join(lies, "docker-compose.yml"), "x");
      await spoil(lies);
      return codeOf(bundles.read(lies, quiet));
    };
    expect(await make("good", async () => {})).toBe("no error");
    expect(await make("absolute", lies => symlink("/etc/passwd", join(lies, "a")))).toBe("BUNDLE_HOSTILE");
    expect(await make("outside", lies => symlink("../good", join(lies, "a")))).toBe("BUNDLE_HOSTILE");
    expect(await make("control", lies => writeFile(join(lies, "a\u001b[2J"), ""))).toBe("BUNDLE_HOSTILE");
    expect(await make("collide", lies => Promise.all(["A", "a"].map(name => writeFile(join(lies, name), ""))))).toBe(
      "BUNDLE_HOSTILE",
    );
    expect(await make("images", lies => symlink("docker-compose.yml", join(lies, "containers.tar")))).toBe("BUNDLE_HOSTILE");
  });
});

const END_OF_NOTHING = Buffer.alloc(1024);

describe("unpacking", () => {
  const source = async () => (await bundles.read(await archive(tar(...ENTRIES)), quiet)).source;

  it("refuses where something is already, be it empty", async () => {
    const to = join(place, "to");
    await mkdir(to);
    expect(await codeOf(bundles.unpack(await source(), to, quiet))).toBe("EXISTS");
    await rm(to, { recursive: true });
    await symlink("nowhere", to);
    expect(await codeOf(bundles.unpack(await source(), to, quiet))).toBe("EXISTS");
    expect(existsSync(`${to}.part`)).toBe(false);
  });

  it("removes what a cut-off run left, without following it", async () => {
    const to = join(place, "to");
    await mkdir(join(place, "precious"));
    await writeFile(join(place, "precious/keep"), "alive");
    await symlink("precious", `${to}.part`);
    await bundles.unpack(await source(), to, quiet);
    expect(await readFile(join(place, "precious/keep"), "utf8")).toBe("alive");
    await rename(to, `${to}.part`);
    await writeFile(join(`${to}.part`, "stale"), "stale");
    await bundles.unpack(await source(), to, quiet);
    expect(await tree(to)).toEqual(UNPACKED);
  });

  it("F93 refuses an archive that is another one than was looked at, by its size or its time", async () => {
    const bundle = await source();
    await utimes(bundle.path, 1, 1);
    expect(await codeOf(bundles.unpack(bundle, join(place, "to"), quiet))).toBe("BUNDLE_CHANGED");
    expect(await codeOf(bundles.loadImages(bundle, quiet))).toBe("BUNDLE_CHANGED");
  });

  it("F93 refuses an archive that was changed under the same size and time, and leaves nothing", async () => {
    const bundle = await source();
    const bytes = await readFile(bundle.path);
    bytes.write("SECRET=2", bytes.indexOf("SECRET=1"));
    await writeFile(bundle.path, bytes);
    const forged = { ...bundle, modifiedMs: (await stat(bundle.path)).mtimeMs };
    expect(await codeOf(bundles.unpack(forged, join(place, "to"), quiet))).toBe("BUNDLE_CHANGED");
    expect(await readdir(place)).toEqual(["bundle.tar"]);
  });

  it("F93 refuses a folder in which a file was edited meanwhile, also under the same size and time", async () => {
    const lies = join(place, "lies");
    await bundles.unpack(await source(), lies, quiet);
    const { source: bundle } = await bundles.read(lies, quiet);
    const before = await stat(join(lies, ".env"));
    await writeFile(join(lies, ".env"), "SECRET=2\n");
    expect(await codeOf(bundles.unpack(bundle, join(place, "to"), quiet))).toBe("BUNDLE_CHANGED");
    await utimes(join(lies, ".env"), before.atime, before.mtime);
    expect(await codeOf(bundles.unpack(bundle, join(place, "to"), quiet))).toBe("BUNDLE_CHANGED");
    expect(existsSync(join(place, "to"))).toBe(false);
    expect(existsSync(join(place, "to.part"))).toBe(false);
  });

  it("F93 refuses a folder from which a file goes while it is read", async () => {
    const lies = join(place, "lies");
    await mkdir(lies);
    for (const name of ["compose.yaml", "last"]) await writeFile(join(lies, name), "x");
    const removing = (text: string) => {
      if (text.startsWith("Checking")) rmSync(join(lies, "last"), { force: true });
    };
    expect(await codeOf(bundles.read(lies, removing))).toBe("BUNDLE_CHANGED");
  });

  it("writes into nothing that a second name of a file shares with the outside", async () => {
    const lies = join(place, "lies");
    await mkdir(lies);
    await writeFile(join(place, "outside"), "services: {}\n");
    await link(join(place, "outside"), join(lies, "compose.yaml"));
    const { source: bundle } = await bundles.read(lies, quiet);
    await bundles.unpack(bundle, join(place, "to"), quiet);
    expect((await stat(join(place, "to/compose.yaml"))).nlink).toBe(1);
  });
});

describe("loading images", () => {
  /** A sink that takes all of a stream. */
  const taking = (taken: Buffer[]) =>
    createBundles({
      async load(stream: Readable) {
        for await (const piece of stream) taken.push(piece as Buffer);
      },
    });
  const large = tar(...classicParts(), file("padding", noise(3_000_000, 9)));
  const made = async (name: string, images: Buffer): Promise<BundleContents> =>
    bundles.read(
      await archive(tar(file("top/docker-compose.yml", "x"), file(`top/${name}`, images), file("top/z", noise(2_000_000, 3)))),
      quiet,
    );

  it.each([
    ["containers.tar", large],
    ["containers.tar.gz", gzipSync(large)],
  ])("feeds all of %s, unfolded", async (name, images) => {
    const taken: Buffer[] = [];
    await taking(taken).loadImages((await made(name, images)).source, quiet);
    expect(sha256(Buffer.concat(taken))).toBe(sha256(large));
  });

  it("feeds the images of a folder", async () => {
    const lies = join(place, "lies");
    await mkdir(lies);
    await writeFile(join(lies, "compose.yaml"), "x");
    await writeFile(join(lies, "containers.tar"), large);
    const taken: Buffer[] = [];
    await taking(taken).loadImages((await bundles.read(lies, quiet)).source, quiet);
    expect(sha256(Buffer.concat(taken))).toBe(sha256(large));
  });

  it("does nothing for a bundle without images", async () => {
    const failing = createBundles({ load: () => Promise.reject(new Error("was asked")) });
    await failing.loadImages((await bundles.read(await archive(tar(file("compose.yml"))), quiet)).source, quiet);
  });

  it("F93 an archive that was changed never comes to its end at the engine", async () => {
    const { source } = await made("containers.tar", large);
    const bytes = await readFile(source.path);
    bytes[bytes.length - 2_000_000]! ^= 1;
    await writeFile(source.path, bytes);
    const forged: BundleSource = { ...source, modifiedMs: (await stat(source.path)).mtimeMs };
    const taken: Buffer[] = [];
    expect(await codeOf(taking(taken).loadImages(forged, quiet))).toBe("BUNDLE_CHANGED");
    const got = Buffer.concat(taken);
    expect(got.length).toBeGreaterThan(0);
    expect(got.length).toBeLessThan(large.length);
  });

  it("fails when the engine fails, with the engine's words, and lets go of the file", async () => {
    const { source } = await made("containers.tar", large);
    const failing = createBundles({
      async load(stream) {
        for await (const _ of stream) throw new Error("no space left on the engine");
      },
    });
    await expect(failing.loadImages(source, quiet)).rejects.toThrow("no space left on the engine");
    const deaf = createBundles({ load: () => Promise.reject(new Error("no engine")) });
    await expect(deaf.loadImages(source, quiet)).rejects.toThrow("no engine");
  });

  it("checks the bundle itself when the engine was content before the end", async () => {
    const { source } = await made("containers.tar", large);
    const early = createBundles({
      async load(stream) {
        for await (const _ of stream) break;
      },
    });
    await early.loadImages(source, quiet);
    const bytes = await readFile(source.path);
    bytes[bytes.length - 2_000_000]! ^= 1;
    await writeFile(source.path, bytes);
    const forged: BundleSource = { ...source, modifiedMs: (await stat(source.path)).mtimeMs };
    expect(await codeOf(early.loadImages(forged, quiet))).toBe("BUNDLE_CHANGED");
  });
});

it("the digest of an archive is the sha256 that sha256sum tells", async () => {
  const path = await archive(gzipSync(tar(...ENTRIES)));
  const { source } = await bundles.read(path, quiet);
  expect(source.digest).toBe(
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
  );
});
