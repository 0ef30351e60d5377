import { randomBytes, randomInt } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";

/** What one bundle holds; everything but the compose file may be left out. */
export interface BundleParts {
  readonly compose: string;
  readonly env?: string | Buffer;
  /** Null leaves the file out. */
  readonly version?: string | null;
  /** A `graph-mgr.yml`. */
  readonly product?: string;
  /** More files by path, which wins over the above. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Tags that go into its containers.tar. */
  readonly images?: readonly string[];
  /** A folder is the fastest; an archive may have everything in one folder at its top. */
  readonly as?: "folder" | "tar" | "tar.gz";
  readonly top?: string;
}

const APPLETS =
  "sh cat cp ls find chown chmod stat touch mkdir mkfifo rm mv ln sort xargs sha256sum sync du readlink mktemp httpd wget sleep echo true false test id tr printf kill head tail grep sed env nc dirname basename cut wc date ps";
let busybox: Promise<Buffer> | undefined;

/** The static one of the sample product's base image. */
async function busyboxBytes(): Promise<Buffer> {
  await execa("bash", [join(import.meta.dirname, "../../../templates/sample-product/base.sh"), "15"], {
    stdin: "ignore",
    stdout: "ignore",
  });
  const { stdout } = await execa(
    "docker",
    ["run", "--rm", "--network=none", "--entrypoint=cat", "gm/base:pg15", "/bin/busybox"],
    { encoding: "buffer" },
  );
  return Buffer.from(stdout);
}

/** Bundles and images of a test file, all with names of their own; `remove` takes them away again. */
export class Workshop {
  readonly folder: string;
  readonly prefix = `gmtest-${randomBytes(4).toString("hex")}`;
  readonly #images = new Set<string>();
  #bundles = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Workshop> {
    return new Workshop(await mkdtemp(join(tmpdir(), "graph-mgr-bundles-")));
  }

  /**
   * An image of 2 MB: busybox, and a web server on port 80 for `/www`. Images with different notes have different ids.
   * @param changes lines of a Dockerfile, like `VOLUME /data`
   * @returns its tag, `<prefix>/<name>:1` unless the name has a tag of its own
   */
  async image(name: string, note = name, changes: readonly string[] = []): Promise<string> {
    busybox ??= busyboxBytes();
    const root = join(this.folder, `root-${randomBytes(4).toString("hex")}`);
    for (const folder of ["bin", "tmp", "www"]) await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, "bin/busybox"), await busybox, { mode: 0o755 });
    await chmod(join(root, "tmp"), 0o1777);
    for (const applet of APPLETS.split(" ")) await symlink("busybox", join(root, "bin", applet));
    await writeFile(join(root, "www/note"), `${note}\n`);
    const tag = `${this.prefix}/${name.includes(":") ? name : `${name}:1`}`;
    // The first process of a container hears no SIGTERM unless it asks for it, and tests do not wait a minute for that.
    await writeFile(join(root, "bin/serve"), "#!/bin/sh\nhttpd -f -p 80 -h /www &\ntrap 'exit 0' TERM\nwait\n", { mode: 0o755 });
    const all = ["ENV PATH=/bin", 'CMD ["serve"]', ...changes];
    const tar = execa("tar", ["-C", root, "-c", "."], { encoding: "buffer", stdout: "pipe" });
    await tar.pipe("docker", ["import", ...all.flatMap(change => ["--change", change]), "-", tag]);
    await rm(root, { recursive: true, force: true });
    this.#images.add(tag);
    return tag;
  }

  /** Makes sure that the tag is taken off at the end, whoever brings it. */
  owns(tag: string): void {
    this.#images.add(tag);
  }

  /** @returns its absolute path */
  async bundle(parts: BundleParts): Promise<string> {
    const { compose, env = "", version = "v1.0.0", product, files = {}, images = [], as = "folder", top } = parts;
    const path = join(this.folder, `bundle-${++this.#bundles}`);
    const root = as === "folder" || top === undefined ? path : join(path, top);
    const texts: Record<string, string | Buffer> = {
      "docker-compose.yml": compose,
      ".env": env,
      ...(version === null ? {} : { VERSION: `${version}\n` }),
      ...(product === undefined ? {} : { "graph-mgr.yml": product }),
      ...files,
    };
    for (const [name, text] of Object.entries(texts)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    if (images.length > 0) await execa("docker", ["save", "--output", join(root, "containers.tar"), ...images]);
    if (as === "folder") return path;
    const archive = `${path}.${as}`;
    await execa("tar", ["-C", path, as === "tar" ? "-cf" : "-czf", archive, top ?? "."]);
    return archive;
  }

  async remove(): Promise<void> {
    for (const tag of this.#images) await execa("docker", ["image", "rm", "--no-prune", tag], { reject: false });
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A healthcheck that answers within a second. */
export const HEALTH = `healthcheck: { test: ["CMD-SHELL", "wget -qO- http://127.0.0.1/note >/dev/null"], interval: 1s, timeout: 2s, retries: 20 }`;

/** A project of one web server with a volume, a network with a fixed name and a published port. */
export const webCompose = (
  image: string,
  { port = randomInt(20_000, 32_000), more = "" }: { readonly port?: number; readonly more?: string } = {},
) => `services:
  web:
    image: ${image}
    ports: [ "${port}:80" ]
    volumes: [ "state:/state" ]
    networks: [ net ]
    ${HEALTH}
    ${more}
volumes:
  state: { name: vendor_state }
networks:
  net: { name: vendor_net }
`;
