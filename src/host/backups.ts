import { chmod, mkdir, readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { MEMBERS } from "../domain/backup.ts";
import { isRestic } from "../domain/restic-place.ts";
import { bytes } from "../domain/units.ts";
import { OperatorError } from "../errors.ts";
import { refuseRecipients } from "./age-header.ts";
import { Keyring } from "./age-keys.ts";
import type { BackupSink } from "./backup-bytes.ts";
import { checkBackup } from "./backup-check.ts";
import { damagedBackup } from "./backup-errors.ts";
import { BackupFile } from "./backup-file.ts";
import { createBackupPlaces } from "./backup-places.ts";
import { lockOf } from "./backup-print.ts";
import { streamBytes, streamIn, unpackDump, writeTree } from "./backup-unpack.ts";
import { BackupWriter } from "./backup-write.ts";
import { docker } from "./command.ts";
import type { Executor } from "./exec.ts";
import type { Helper, HelperStreams } from "./helper-container.ts";
import { oneAhead } from "./one-ahead.ts";
import { digestHere } from "./tree-digest.ts";
import { DIGEST_TREE, PACK_TREE, UNPACK_TREE } from "./tree-scripts.ts";
import { syncFolder } from "./unpack-tree.ts";
import { COPY_RIGHTS, digestIn, READ_RIGHTS } from "./volume-copy.ts";
import type { BackupJob, Backups, Progress, Trees } from "./world.ts";

/** Archives that are not files of this machine. */
export interface BackupStreams {
  stream(job: BackupJob, to: BackupSink, progress: Progress): Promise<void>;
}

/** Root reads and writes folders by itself; anybody else, and whoever wants a volume, has a helper container do it. */
export function createBackups(
  executor: Executor,
  helpers: HelperStreams,
  trees: Pick<Trees, "remove">,
  environment: Readonly<Record<string, string | undefined>>,
  uid = process.getuid?.() ?? 0,
): Backups & BackupStreams {
  const keys = new Keyring();
  const places = createBackupPlaces(executor, trees, environment);
  const openBytes = keys.reading(places.open);
  /** A folder's or volume's archive, as it comes. */
  const pack = (from: Pick<Helper, "folders" | "volumes" | "title">, job: BackupJob, excluded: readonly string[]) =>
    helpers.pipe({
      purpose: "pack",
      image: job.helperImage,
      script: PACK_TREE,
      args: ["/graph-mgr/source", ...excluded],
      env: liveness(job),
      capabilities: READ_RIGHTS,
      ...from,
    });
  const packFolder = (path: string, job: BackupJob, leaveOut: readonly string[]): AsyncIterable<Buffer> => {
    const excluded = leaveOut.map(name => `--exclude=./${name}`);
    if (uid === 0)
      return executor.pipe({ program: "sh", args: ["-c", PACK_TREE, "pack", path, ...excluded], env: liveness(job) }, null);
    const folders = [{ path, at: "/graph-mgr/source", writable: false }];
    return pack({ title: `Reading ${path}`, folders }, job, excluded);
  };
  const packVolume = (name: string, job: BackupJob): AsyncIterable<Buffer> =>
    pack({ title: `Reading the volume ${name}`, volumes: [{ name, at: "/graph-mgr/source", writable: false }] }, job, []);
  const unpackInto = async (
    to: Pick<Helper, "folders" | "volumes" | "title" | "writesTo">,
    image: string,
    archive: Readable,
  ): Promise<void> => {
    await helpers.feed(
      { purpose: "unpack", image, script: UNPACK_TREE, args: ["/graph-mgr/target"], capabilities: COPY_RIGHTS, ...to },
      archive,
    );
  };
  /** Of what was written, by the one digest that can be counted here too. */
  const digestOf = async (at: Pick<Helper, "folders" | "volumes" | "title">, image: string): Promise<string> =>
    digestIn(
      await helpers.run({
        purpose: "digest",
        image,
        script: DIGEST_TREE,
        args: ["/graph-mgr/source"],
        env: PORTABLE,
        capabilities: READ_RIGHTS,
        ...at,
      }),
    );
  const folderDigest = async (path: string, image: string | null): Promise<string> =>
    uid === 0 || image === null
      ? await digestHere(path)
      : await digestOf({ title: `Reading ${path}`, folders: [{ path, at: "/graph-mgr/source", writable: false }] }, image);
  const using = async <T>(open: Promise<BackupFile>, work: (backup: BackupFile) => Promise<T>): Promise<T> => {
    const backup = await open;
    try {
      return await work(backup);
    } finally {
      await backup.close();
    }
  };

  const writeTo = async (job: BackupJob, to: BackupSink, progress: Progress) => {
    const writer = await BackupWriter.open(to, job.manifest.createdAt, rated(progress));
    try {
      await writer.text(MEMBERS.record, job.record);
      if (job.dump !== null)
        for (const path of await filesOf(job.dump)) await writer.file(`${MEMBERS.database}${path}`, join(job.dump, path));
      const put = (name: string, key: string | null, source: AsyncIterable<Buffer>) =>
        writer.stream({ name, key, compression: job.compression }, source, executor);
      await oneAhead([
        ...job.trees.map(({ stream, path, leaveOut }) => ({
          open: () => packFolder(path, job, leaveOut),
          use: (source: AsyncIterable<Buffer>) => put(stream, null, source),
        })),
        ...job.volumes.map(({ stream, key, name }) => ({
          open: () => packVolume(name, job),
          use: (source: AsyncIterable<Buffer>) => put(stream, key, source),
        })),
      ]);
      const ids = [...new Set(job.manifest.images.map(({ id }) => id))];
      if (job.withImages) await put("images", null, executor.pipe(docker("save", ...ids), null));
      return await writer.finish(job.manifest);
    } finally {
      await writer.close();
    }
  };

  return {
    async compressions() {
      const hasZstd = await executor.run({ program: "zstd", args: ["--version"] }).then(
        () => true,
        () => false,
      );
      return hasZstd ? ["gzip", "zstd", "none"] : ["gzip", "none"];
    },
    write: async (job, to, progress) => writeTo(job, await keys.writing(places.sink, job.lock)(to), progress),
    async stream(job, to, progress) {
      await writeTo(job, to, progress);
    },
    unlock: async key => keys.unlock(key),
    refuseRecipients: async recipients => refuseRecipients(recipients),
    // What lies in a repository is locked by restic alone.
    lockOf: async path => (isRestic(path) ? null : await lockOf(places.open, path)),
    ...places.work,
    glance: path =>
      using(BackupFile.open(path, openBytes), async ({ digest, storedBytes: sizeBytes, manifest }) => ({
        source: { path, digest },
        sizeBytes,
        manifest,
      })),
    check: (path, progress) => checkBackup(executor, path, progress, openBytes),
    unpackDump: (source, to) => using(BackupFile.reopen(source, openBytes), backup => unpackDump(backup, to)),
    unpackTree: (source, stream, to, helperImage) =>
      using(BackupFile.reopen(source, openBytes), async backup => {
        if (uid !== 0 && helperImage === null)
          throw new OperatorError(
            "NEEDS_ROOT",
            `${to} may get files of other users, and there is no image for a helper container yet.`,
            {
              hint: "run the command as root",
            },
          );
        const part = `${to}.part`;
        await trees.remove(part, helperImage);
        await mkdir(part, { mode: 0o700 });
        await chmod(part, 0o700);
        const folders = [{ path: part, at: "/graph-mgr/target", writable: true }];
        const digests = await writeTree(backup, stream, executor, archive =>
          uid === 0 || helperImage === null
            ? executor.feed({ program: "sh", args: ["-c", UNPACK_TREE, "unpack", part] }, archive)
            : unpackInto({ title: `Unpacking ${to}`, folders, writesTo: part }, helperImage, archive),
        );
        if (!digests.includes(await folderDigest(part, helperImage)))
          throw damagedBackup(backup.path, stream, "what was written of it is not equal to it");
        await rename(part, to);
        await syncFolder(dirname(to));
      }),
    fillVolume: (source, stream, volume, helperImage) =>
      using(BackupFile.reopen(source, openBytes), async backup => {
        const volumes = [{ name: volume, at: "/graph-mgr/target", writable: true }];
        const reading = {
          title: `Reading the volume ${volume}`,
          volumes: [{ name: volume, at: "/graph-mgr/source", writable: false }],
        };
        const digests = await writeTree(backup, stream, executor, archive =>
          unpackInto({ title: `Filling the volume ${volume}`, volumes, writesTo: volume }, helperImage, archive),
        );
        if (!digests.includes(await digestOf(reading, helperImage)))
          throw damagedBackup(backup.path, stream, `what was written of it into ${volume} is not equal to it`);
      }),
    loadImages: source =>
      using(BackupFile.reopen(source, openBytes), async backup => {
        await executor.feed(
          docker("load", "--quiet"),
          Readable.from(streamBytes(backup, streamIn(backup, "images"), executor), { objectMode: false }),
        );
      }),
  };
}

const PORTABLE = { SUM: "sha256sum" };

const liveness = ({ manifest }: BackupJob) => ({ LIVE: manifest.guarantee === "live" ? "1" : "" });

/** Relative paths of a dump's files; what restores of it noted beside it is not its own. */
async function filesOf(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter(path => !/^restor(ing|ed)-/.test(path))
    .sort();
}

const REPORT_EVERY_MS = 250;

/** `120 MB written, 84 MB/s` */
export function rated(progress: Progress): (doneBytes: number) => void {
  const beganMs = performance.now();
  let lastMs = beganMs;
  return doneBytes => {
    const nowMs = performance.now();
    if (nowMs - lastMs < REPORT_EVERY_MS) return;
    lastMs = nowMs;
    progress(`${bytes(doneBytes)} written, ${bytes((1000 * doneBytes) / Math.max(1, nowMs - beganMs))}/s`);
  };
}
