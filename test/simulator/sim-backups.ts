import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { type BackupManifest, type BackupSource, parseManifest } from "../../src/domain/backup.ts";
import type { BackupKey } from "../../src/domain/backup-lock.ts";
import { parseRecord } from "../../src/domain/instance.ts";
import { OperatorError } from "../../src/errors.ts";
import { createFileStore } from "../../src/host/file-store.ts";
import type { BackupJob, Backups } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { SimEngine } from "./sim-engine.ts";
import type { SimImage } from "./state.ts";

type Node = {
  readonly path: string;
  readonly type: string;
  readonly text: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
};

/** An archive: what a real one holds, as one JSON text with its digest behind it. */
interface Archive {
  readonly manifest: BackupManifest;
  readonly record: string;
  readonly dump: readonly Node[];
  readonly trees: Readonly<Record<string, readonly Node[]>>;
  readonly volumes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly images: readonly SimImage[];
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export function simBackups(machine: Machine, disk: SimDisk, engine: SimEngine): Backups {
  const nodesOf = (dir: string, leaveOut: readonly string[] = []): readonly Node[] =>
    disk.walk(dir).flatMap(path => {
      const node = disk.node(path);
      const relative = path.slice(dir.length + 1);
      if (node === null || leaveOut.includes(relative.split("/")[0] ?? "")) return [];
      const text = node.type === "file" ? node.bytes.toString("base64") : node.type === "link" ? node.target : "";
      return [{ path: relative, type: node.type, text, mode: node.mode, uid: node.uid, gid: node.gid }];
    });
  const put = (nodes: readonly Node[], to: string): void => {
    const part = `${to}.part`;
    if (disk.node(to) !== null) throw new OperatorError("EXISTS", `There is already ${to}.`);
    disk.remove(part);
    disk.makeFolder(part, 0o700);
    for (const { path, type, text, mode, uid, gid } of nodes) {
      const at = path === "" ? part : `${part}/${path}`;
      if (type === "folder") disk.makeFolder(at, mode);
      else if (type === "link") disk.symlink(text, at);
      else disk.write(at, Buffer.from(text, "base64"), mode);
      if (uid !== 0 || gid !== 0) disk.own(at, { uid, gid });
    }
    disk.syncTree(part);
    disk.rename(part, to);
    disk.sync(dirname(to));
  };
  /** The memory of this process: what it was told, and the keys of what it wrote. */
  const told: BackupKey[] = [];
  const own = new Set<string>();
  const lockIn = (path: string): string | null => /^age:.*(?=\n)/.exec(disk.read(path).toString("utf8"))?.[0] ?? null;
  const printOf = (path: string) => {
    const bytes = disk.read(path);
    return { sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  };
  const open = (given: string): { readonly archive: Archive; readonly digest: string } => {
    const path = at(given);
    machine.read({ what: "backup.read", target: path });
    if (disk.node(path) === null) throw new OperatorError("NO_BACKUP", `${path} is not there.`);
    const lock = lockIn(path);
    if (lock !== null) {
      if (!own.has(lock) && told.length === 0) throw new OperatorError("BACKUP_LOCKED", `The backup ${path} is encrypted.`);
      if (!own.has(lock) && !told.some(key => opens(key, lock)))
        throw new OperatorError("BACKUP_KEY", `The backup ${path} is not opened by it.`);
    }
    const text = disk.read(path).toString("utf8");
    const [body = "", sum] = (lock === null ? text : decrypted(text)).split("\n");
    if (sha256(body) !== sum) throw new OperatorError("BACKUP_DAMAGED", `The backup ${path} is damaged.`);
    const archive = JSON.parse(body) as Archive;
    parseManifest(JSON.stringify(archive.manifest), path);
    return { archive, digest: sum };
  };
  const reopen = ({ path, digest }: BackupSource): Archive => {
    const found = open(path);
    if (found.digest !== digest) throw new OperatorError("BACKUP_DAMAGED", `The backup ${path} is not what it was.`);
    return found.archive;
  };
  const look = (path: string) => {
    const { archive, digest } = open(path);
    return { source: { path, digest }, sizeBytes: disk.read(at(path)).length, manifest: archive.manifest, archive };
  };
  const files = createFileStore(disk.disk);
  return {
    // Another machine, and a repository, is a folder of this one.
    exists: path => files.exists(at(path)),
    remove: path =>
      machine.command(() => {
        if (disk.node(at(path)) === null) return;
        disk.remove(at(path));
        disk.sync(dirname(at(path)));
      }),
    rename: (from, to) => files.rename(at(from), at(to)),
    names: folder => files.list(at(folder)),
    freeBytes: async () => 1e12,
    reclaim: async () => undefined,
    resticSettings: async () => ({ open: { RESTIC_PASSWORD_FILE: "/root/restic-password" }, withheld: [] }),
    compressions: async () => ["gzip", "none"],
    write: (job, given) =>
      machine.command(() => {
        const to = at(given);
        if (to !== given) disk.makeFolder(dirname(to), 0o700);
        if (engine.idOf(job.helperImage) === null) throw new OperatorError("NO_IMAGE", `No such image: ${job.helperImage}`);
        if (disk.node(to) !== null) throw new OperatorError("EXISTS", `There is already ${to}.`);
        const body = JSON.stringify({
          manifest: { ...job.manifest, streams: streamsOf(job), members: membersOf(job) },
          record: job.record,
          dump: job.dump === null ? [] : nodesOf(job.dump),
          trees: Object.fromEntries(job.trees.map(({ stream, path, leaveOut }) => [stream, nodesOf(path, leaveOut)])),
          volumes: Object.fromEntries(job.volumes.map(({ stream, name }) => [stream, engine.contentOf(name)])),
          images: job.withImages
            ? job.manifest.images.flatMap(({ id }) => machine.state.images.get(engine.idOf(id) ?? "") ?? [])
            : [],
        } satisfies Archive);
        // Not at once: a cut finds half of it.
        const lock = lockOf(job.lock, `${to} ${own.size}`);
        if (lock !== null) own.add(lock);
        const plain = `${body}\n${sha256(body)}`;
        const text = lock === null ? plain : encrypted(lock, plain);
        disk.write(to, Buffer.from(text.slice(0, 100)), 0o600);
        disk.append(to, Buffer.from(text.slice(100)), 0o600);
        disk.sync(to);
        disk.sync(dirname(to));
        return { ...printOf(to), digest: sha256(body) };
      }),
    unlock: async key => {
      told.push(key);
    },
    lockOf: async path => {
      machine.read({ what: "backup.read", target: path });
      const lock = lockIn(at(path));
      return lock === null ? null : lock.startsWith("age:recipients") ? "recipients" : "passphrase";
    },
    refuseRecipients: async recipients => {
      if (recipients.some(each => !each.startsWith("age1"))) throw new OperatorError("BAD_RECIPIENT", "That is no recipient.");
    },
    print: async path => {
      machine.read({ what: "backup.read", target: path });
      return printOf(at(path));
    },
    glance: async path => look(path),
    check: async path => {
      const { archive, ...found } = look(path);
      const texts = (archive.trees["folder"] ?? []).filter(({ type }) => type === "file");
      return {
        ...found,
        record: parseRecord(archive.record, path),
        texts: Object.fromEntries(texts.map(each => [each.path, Buffer.from(each.text, "base64").toString("utf8")])),
      };
    },
    unpackDump: async (source, to) => put(reopen(source).dump, to),
    unpackTree: async (source, stream, to) => put(reopen(source).trees[stream] ?? [], to),
    fillVolume: (source, stream, volume, helperImage) =>
      machine.command(() => {
        const content = Object.entries(reopen(source).volumes[stream] ?? {});
        engine.helper(helperImage, [{ name: volume, writable: true }], () => {
          for (let count = 0; count <= content.length; count++)
            engine.fill(volume, Object.fromEntries(content.slice(0, count)), "engine.copy-volume");
        });
      }),
    loadImages: source =>
      machine.command(() => {
        for (const image of reopen(source).images) if (engine.idOf(image.id) === null) engine.addImage(image);
      }),
  };
}

/** For whom, and something that no other archive has. */
function lockOf(lock: BackupJob["lock"], random: string): string | null {
  if (lock === null) return null;
  const whom = "passphrase" in lock ? `passphrase:${sha256(lock.passphrase)}` : `recipients:${lock.recipients.join(",")}`;
  return `age:${whom}:${sha256(random)}`;
}

const at = (path: string): string => path.replace(/^ssh:\/\//, "/remote/").replace(/^restic:/, "/restic");

/** The identity of `age1x` is `identity-of-age1x`. */
const opens = ({ kind, text }: BackupKey, lock: string): boolean =>
  kind === "passphrase" ? lock.includes(`passphrase:${sha256(text)}`) : lock.includes(text.replace("identity-of-", ""));

const encrypted = (lock: string, plain: string): string => `${lock}\n${Buffer.from(plain).toString("base64")}`;

const decrypted = (text: string): string => Buffer.from(text.split("\n")[1] ?? "", "base64").toString("utf8");

function streamsOf(job: BackupJob): BackupManifest["streams"] {
  const names = [...job.trees, ...job.volumes].map(each => ({ name: each.stream, key: "key" in each ? each.key : null }));
  const all = [...names, ...(job.withImages ? [{ name: "images", key: null }] : [])];
  return all.map(each => ({ ...each, compression: job.compression, parts: 1, sizeBytes: 1, sha256: "0".repeat(64) }));
}

const membersOf = ({ dump }: BackupJob): BackupManifest["members"] =>
  dump === null ? [] : [{ name: "database/proof.json", sizeBytes: 1, sha256: "0".repeat(64) }];
