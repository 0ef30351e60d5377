import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import type { Disk, DiskStat } from "../../src/host/disk.ts";
import type { Machine } from "./machine.ts";
import { type Inode, type NameChange, ROOT } from "./state.ts";

type Folder = Inode & { type: "folder" };
type File = Inode & { type: "file" };

const fail = (code: string, call: string, path: string) => Object.assign(new Error(`${code}: ${call} '${path}'`), { code });

/**
 * A file system in memory with a page cache: what was not `sync`ed is on the live disk, and only there. Sync calls for
 * use by other simulated parts; `disk` is the port that the program gets.
 */
export class SimDisk {
  private readonly machine: Machine;
  constructor(machine: Machine) {
    this.machine = machine;
  }

  private get inodes() {
    return this.machine.state.inodes;
  }

  /** By path, until a name changes. */
  private readonly found = new Map<string, number | null>();

  find(path: string): number | null {
    const known = this.found.get(path);
    if (known !== undefined) return known;
    const number = this.lookUp(path);
    this.found.set(path, number);
    return number;
  }

  private lookUp(path: string): number | null {
    let number = ROOT;
    for (const name of path.split("/")) {
      if (name === "") continue;
      const node = this.inodes.get(number);
      const next = node?.type === "folder" ? node.entries.get(name) : undefined;
      if (next === undefined) return null;
      number = next;
    }
    return number;
  }

  node(path: string): Inode | null {
    const number = this.find(path);
    return number === null ? null : (this.inodes.get(number) ?? null);
  }

  private folderOf(path: string, call: string): { number: number; folder: Folder } {
    const number = this.find(dirname(path));
    const folder = number === null ? undefined : this.inodes.get(number);
    if (number === null || folder === undefined) throw fail("ENOENT", call, path);
    if (folder.type !== "folder") throw fail("ENOTDIR", call, path);
    return { number, folder };
  }

  /** Changes names in folders: one indivisible change. */
  private change(...changes: NameChange): void {
    this.found.clear();
    for (const { folder, name, inode } of changes) {
      const node = this.inodes.get(folder) as Folder;
      const entries = new Map(node.entries);
      if (inode === null) entries.delete(name);
      else entries.set(name, inode);
      this.inodes.set(folder, { ...node, entries });
    }
    this.machine.state.pending = [...this.machine.state.pending, changes];
  }

  private add(path: string, call: string, inode: Inode): void {
    const { number: folder } = this.folderOf(path, call);
    const number = this.machine.nextSerial();
    this.inodes.set(number, inode);
    this.change({ folder, name: basename(path), inode: number });
  }

  private fileAt(path: string, call: string): { number: number; file: File } {
    const number = this.find(path);
    const file = number === null ? undefined : this.inodes.get(number);
    if (number === null || file === undefined) throw fail("ENOENT", call, path);
    if (file.type !== "file") throw fail("EISDIR", call, path);
    return { number, file };
  }

  private put(path: string, call: string, bytes: Buffer, mode: number): void {
    if (this.node(path) === null) this.add(path, call, { type: "file", mode, uid: 0, gid: 0, bytes, durable: null });
    else {
      const { number, file } = this.fileAt(path, call);
      this.inodes.set(number, { ...file, bytes, mode });
    }
  }

  write(path: string, bytes: Buffer, mode: number): void {
    this.folderOf(path, "open");
    const put = (content: Buffer) => this.put(path, "open", content, mode);
    this.machine.effect("disk.write", path, () => put(bytes), {
      needsSpace: true,
      half: () => put(bytes.subarray(0, bytes.length >> 1)),
    });
  }

  append(path: string, bytes: Buffer, mode: number): void {
    this.folderOf(path, "open");
    const old = this.node(path);
    const before = old?.type === "file" ? old.bytes : Buffer.alloc(0);
    const put = (content: Buffer) => this.put(path, "open", Buffer.concat([before, content]), mode);
    this.machine.effect("disk.append", path, () => put(bytes), {
      needsSpace: true,
      half: () => put(bytes.subarray(0, bytes.length >> 1)),
    });
  }

  truncate(path: string, length: number): void {
    const { number, file } = this.fileAt(path, "truncate");
    this.machine.effect("disk.truncate", path, () => this.inodes.set(number, { ...file, bytes: file.bytes.subarray(0, length) }));
  }

  sync(path: string): void {
    const number = this.find(path);
    if (number === null) throw fail("ENOENT", "open", path);
    this.machine.effect("disk.sync", path, () => this.makeDurable(number));
  }

  private makeDurable(number: number): void {
    const node = this.inodes.get(number);
    if (node?.type === "file") {
      const { bytes, mode, uid, gid } = node;
      this.inodes.set(number, { ...node, durable: { bytes, mode, uid, gid } });
    } else if (node?.type === "folder") {
      const { pending } = this.machine.state;
      for (const change of pending) if (change.some(({ folder }) => folder === number)) this.commit(change);
      this.machine.state.pending = pending.filter(change => change.every(({ folder }) => folder !== number));
    }
  }

  private commit(change: NameChange): void {
    for (const { folder, name, inode } of change) {
      const node = this.inodes.get(folder) as Folder;
      const durable = new Map(node.durable);
      if (inode === null) durable.delete(name);
      else durable.set(name, inode);
      this.inodes.set(folder, { ...node, durable });
    }
  }

  /** `sync -f`: everything. */
  settle(path: string): void {
    this.machine.effect("disk.settle", path, () => {
      for (const number of this.inodes.keys()) this.makeDurable(number);
    });
  }

  /** Everything in a tree. */
  syncTree(path: string): void {
    this.machine.effect("disk.sync-tree", path, () => {
      for (const each of this.walk(path)) {
        const number = this.find(each);
        if (number !== null) this.makeDurable(number);
      }
    });
  }

  /** A path and everything below it, parents first. */
  walk(path: string): readonly string[] {
    const node = this.node(path);
    if (node === null) return [];
    if (node.type !== "folder") return [path];
    return [path, ...[...node.entries.keys()].sort().flatMap(name => this.walk(`${path}/${name}`))];
  }

  rename(from: string, to: string): void {
    const number = this.find(from);
    if (number === null) throw fail("ENOENT", "rename", from);
    const target = this.node(to);
    const source = this.inodes.get(number) as Inode;
    if (target?.type === "folder" && source.type !== "folder") throw fail("EISDIR", "rename", to);
    if (target?.type === "folder" && target.entries.size > 0) throw fail("ENOTEMPTY", "rename", to);
    if (target !== null && target.type !== "folder" && source.type === "folder") throw fail("ENOTDIR", "rename", to);
    const [old, fresh] = [this.folderOf(from, "rename").number, this.folderOf(to, "rename").number];
    this.machine.effect("disk.rename", to, () =>
      this.change({ folder: old, name: basename(from), inode: null }, { folder: fresh, name: basename(to), inode: number }),
    );
  }

  makeFolder(path: string, mode: number): void {
    const there = this.node(path);
    if (there !== null) {
      if (there.type !== "folder") throw fail("EEXIST", "mkdir", path);
      return;
    }
    if (this.find(dirname(path)) === null) this.makeFolder(dirname(path), mode);
    this.machine.effect(
      "disk.make-folder",
      path,
      () => this.add(path, "mkdir", { type: "folder", mode, uid: 0, gid: 0, entries: new Map(), durable: new Map() }),
      { needsSpace: true },
    );
  }

  unlink(path: string): void {
    const node = this.node(path);
    if (node === null) throw fail("ENOENT", "unlink", path);
    if (node.type === "folder") throw fail("EISDIR", "unlink", path);
    this.drop("disk.unlink", path);
  }

  private drop(what: string, path: string): void {
    const { number: folder } = this.folderOf(path, "unlink");
    this.machine.effect(what, path, () => this.change({ folder, name: basename(path), inode: null }));
  }

  /** One effect a name, deepest first: a cut leaves half a tree. */
  remove(path: string): void {
    for (const each of [...this.walk(path)].reverse()) this.drop("disk.remove", each);
  }

  symlink(target: string, path: string): void {
    if (this.node(path) !== null) throw fail("EEXIST", "symlink", path);
    this.machine.effect(
      "disk.symlink",
      path,
      () => this.add(path, "symlink", { type: "link", target, mode: 0o777, uid: 0, gid: 0 }),
      { needsSpace: true },
    );
  }

  own(path: string, owned: Partial<Pick<Inode, "mode" | "uid" | "gid">>): void {
    const number = this.find(path);
    if (number === null) throw fail("ENOENT", "chmod", path);
    this.machine.effect("disk.own", path, () => {
      const node = this.inodes.get(number) as Inode;
      this.inodes.set(number, { ...node, ...owned });
    });
  }

  stat(path: string): DiskStat | null {
    this.machine.read({ what: "disk.stat", target: path });
    const node = this.node(path);
    if (node === null) return null;
    const { type, mode, uid, gid } = node;
    return { type, mode, uid, gid, sizeBytes: node.type === "file" ? node.bytes.length : 0, modifiedMs: 0 };
  }

  read(path: string): Buffer {
    this.machine.read({ what: "disk.read", target: path });
    return this.fileAt(path, "open").file.bytes;
  }

  /** The port. */
  readonly disk: Disk = {
    read: async path => this.read(path),
    digest: async path => createHash("sha256").update(this.read(path)).digest("hex"),
    write: async (path, bytes, mode) => this.write(path, bytes, mode),
    append: async (path, bytes, mode) => this.append(path, bytes, mode),
    truncate: async (path, bytes) => this.truncate(path, bytes),
    sync: async path => this.sync(path),
    settle: async path => this.settle(path),
    rename: async (from, to) => this.rename(from, to),
    makeFolder: async (path, mode) => this.makeFolder(path, mode),
    unlink: async path => this.unlink(path),
    remove: async path => this.remove(path),
    symlink: async (target, path) => this.symlink(target, path),
    stat: async path => this.stat(path),
    readLink: async path => {
      this.machine.read({ what: "disk.read-link", target: path });
      const node = this.node(path);
      if (node?.type !== "link") throw fail(node === null ? "ENOENT" : "EINVAL", "readlink", path);
      return node.target;
    },
    list: async path => {
      this.machine.read({ what: "disk.list", target: path });
      const node = this.node(path);
      if (node?.type !== "folder") throw fail(node === null ? "ENOENT" : "ENOTDIR", "scandir", path);
      return [...node.entries.keys()].sort();
    },
    changeMode: async (path, mode) => this.own(path, { mode }),
    changeOwner: async (path, uid, gid) => this.own(path, { uid, gid }),
  };
}
