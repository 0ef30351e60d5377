import { createHash } from "node:crypto";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BackupManifest } from "../../src/domain/backup.ts";
import type { Compression } from "../../src/domain/backup-compression.ts";
import type { InstanceRecord } from "../../src/domain/instance.ts";
import { FileSink } from "../../src/host/backup-bytes.ts";
import { BackupWriter } from "../../src/host/backup-write.ts";
import { localExecutor } from "../../src/host/create-world.ts";
import { PACK_TREE } from "../../src/host/tree-scripts.ts";
import { END, entry } from "./tar-writer.ts";

export const executor = localExecutor(process.env);
export const CREATED = "2026-11-20T10:15:00.000Z";

export const record: InstanceRecord = {
  schema: 1,
  name: "v1.0.0",
  release: "v1.0.0",
  suffix: null,
  product: {
    schema: 1,
    product: "small",
    images: [],
    layouts: [
      { layout: "small", versions: "*", envFiles: [], settings: ".env", configuration: [".env"], data: [], texts: [], from: {} },
    ],
    secrets: [],
    internals: [],
    postgres: { service: "postgres", volume: "pgdata" },
    ports: {},
    fileVolumes: [],
    maintenance: null,
    health: { timeoutSeconds: 60, windowSeconds: 1 },
    outside: [],
    requires: [],
    instructions: [],
  },
  layout: "small",
  project: "v1_0_0",
  dir: "/srv/releases/v1.0.0",
  envFiles: [],
  engine: "engine",
  pristine: "/srv/.graph-mgr/pristine/v1.0.0-0123456789ab",
  services: ["postgres"],
  ports: [],
  volumes: [{ key: "pgdata", name: "v1_0_0_pgdata" }],
  networks: [],
  images: {},
  origin: { how: "install", from: "/bundle.tar", operation: "op" },
  createdAt: CREATED,
  stoppedPolicies: null,
};

export const manifest: Omit<BackupManifest, "streams" | "members"> = {
  schema: 1,
  sequence: 7,
  createdAt: CREATED,
  instance: "v1.0.0",
  release: "v1.0.0",
  product: "small",
  layout: "small",
  architecture: "x86_64",
  postgres: {
    major: 15,
    version: "15.14",
    libc: { name: "glibc", version: "2.36" },
    proof: "database/proof.json",
    sizeBytes: 40_000_000,
  },
  images: [],
  guarantee: "still",
  leftOut: [],
};

/** An instance's folder with what is hard to carry: modes, links, two names of one file, long and odd names, nothing at all. */
export async function makeTree(dir: string): Promise<void> {
  await mkdir(join(dir, "data/uploads"), { recursive: true });
  await writeFile(join(dir, ".env"), "POSTGRES_PASSWORD=hush\n", { mode: 0o600 });
  await writeFile(join(dir, "docker-compose.yml"), "services: {}\n");
  await writeFile(join(dir, "data/uploads", `${"long-".repeat(30)}name`), "x".repeat(100_000));
  await writeFile(join(dir, "data/uploads/odd \\ name\nwith a break"), "odd");
  // Latin-1, and as a link and its target.
  const latin = Buffer.concat([Buffer.from(`${dir}/data/uploads/${"caf"}`), Buffer.from([0xe9])]);
  await writeFile(latin, "latin");
  await symlink(Buffer.from([0xe9, 0x2e]), Buffer.concat([latin, Buffer.from(".link")]));
  await writeFile(join(dir, "data/empty"), "");
  await mkdir(join(dir, "data/nothing"), { mode: 0o700 });
  await symlink("../../outside", join(dir, "data/link"));
  await symlink(`/${"far/".repeat(40)}away`, join(dir, "data/far"));
  await chmod(join(dir, "data/uploads"), 0o2770);
  await writeFile(join(dir, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  await executor.run({ program: "ln", args: [join(dir, "run.sh"), join(dir, "data/run-too.sh")] });
  if (process.getuid?.() === 0) await executor.run({ program: "chown", args: ["1000:999", join(dir, "data/empty")] });
}

export const packed = (dir: string, ...more: readonly string[]): AsyncGenerator<Buffer> =>
  executor.pipe({ program: "sh", args: ["-c", PACK_TREE, "pack", dir, ...more] }, null);

export async function* pieces(...bytes: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* bytes;
}

export interface Content {
  readonly compression?: Compression;
  readonly createdAt?: string;
  readonly folder?: AsyncIterable<Buffer>;
  readonly streams?: Readonly<Record<string, AsyncIterable<Buffer>>>;
  readonly record?: string;
  readonly manifest?: Partial<BackupManifest>;
}

const EMPTY_TREE = Buffer.concat([entry("./", "", { type: "5" }), END]);

/** A backup of a tree, written as `backup create` does it, with a little of everything else. */
export async function writeBackup(path: string, content: Content = {}, openSink = FileSink.open): Promise<void> {
  const { compression = "gzip", createdAt = CREATED } = content;
  const writer = await BackupWriter.open(await openSink(path), createdAt, () => {});
  try {
    await writer.text("instance.json", content.record ?? JSON.stringify(record));
    for (const name of ["1/toc.dat", "dump.json", "globals.sql", "proof.json"])
      await writer.text(`database/${name}`, createHash("sha512").update(name).digest("hex").repeat(9));
    const streams = { folder: content.folder ?? pieces(EMPTY_TREE), pristine: pieces(EMPTY_TREE), ...content.streams };
    for (const [name, source] of Object.entries(streams)) await writer.stream({ name, key: null, compression }, source, executor);
    await writer.finish({ ...manifest, createdAt, ...content.manifest });
  } finally {
    await writer.close();
  }
}

/** The members of an archive as they lie there: header, content and padding together. */
export function membersIn(
  archive: Buffer,
): readonly { readonly name: string; readonly at: number; readonly bytes: Buffer; readonly sizeBytes: number }[] {
  const members = [];
  for (let at = 0; archive[at] !== 0; ) {
    const name = archive.toString("latin1", at, archive.indexOf(0, at));
    const sizeBytes = Number.parseInt(archive.toString("latin1", at + 124, at + 135), 8);
    const end = at + 512 + Math.ceil(sizeBytes / 512) * 512;
    members.push({ name, at, bytes: archive.subarray(at, end), sizeBytes });
    at = end;
  }
  return members;
}
