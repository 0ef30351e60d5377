import { closeSync, constants, openSync, writeSync } from "node:fs";
import { type FileHandle, lchown, link, lutimes, mkdir, open, rename, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OperatorError } from "../errors.ts";
import { BundleTree } from "./bundle-tree.ts";
import { changed } from "./tar-fault.ts";
import type { TarEntry } from "./tar-reader.ts";
import { inParallel, pathExists, removeTree, syncFolder } from "./unpack-tree.ts";

/** What of a bundle is written: everything below `root` but the image archive. */
export interface Selection {
  readonly root: string;
  readonly imageArchive: string | null;
}

type Attributes = Pick<TarEntry, "mode" | "uid" | "gid" | "modifiedMs">;

/** Files lose what would let them act as another user; folders keep the sticky bit that a shared one needs. */
const FILE_MODE = 0o777;
const FOLDER_MODE = 0o1777;
const STAGING_MODE = 0o700;

/**
 * Writes entries into `to`, which appears whole or not at all: they go to `to.part` first, closed to other users. Only
 * plain files and folders are made while entries come, so that nothing that an entry brought can lead a later one
 * elsewhere; links, owners and modes come last.
 *
 * @param confirm asked when all entries were written and before `to` appears; throws when they were the wrong ones
 * @throws OperatorError EXISTS
 * @throws ArchiveFault
 */
export async function unpackEntries(
  entries: AsyncIterable<TarEntry>,
  selection: Selection,
  to: string,
  confirm: () => Promise<void>,
): Promise<void> {
  const staging = `${to}.part`;
  await mustBeFree(to);
  await removeTree(staging);
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await mkdir(staging, { mode: STAGING_MODE });
  try {
    const unpacking = new Unpacking(staging, selection);
    for await (const entry of entries) await unpacking.add(entry);
    await confirm();
    await unpacking.finish();
    // An empty folder would be replaced by the rename in silence.
    await mustBeFree(to);
    await rename(staging, to);
    await syncFolder(dirname(to));
  } catch (error) {
    await removeTree(staging).catch(() => {});
    throw error;
  }
}

async function mustBeFree(path: string): Promise<void> {
  if (await pathExists(path))
    throw new OperatorError("EXISTS", `${path} is there already.`, { hint: "give another name, or move it away" });
}

class Unpacking {
  readonly #tree = new BundleTree();
  readonly #staging: string;
  readonly #selection: Selection;
  /** By path below the staging folder, as are the next two. Null: it was only named in paths. */
  readonly #folders = new Map<string, Attributes | null>([["", null]]);
  readonly #links = new Map<string, TarEntry>();
  readonly #files = new Map<string, Attributes>();

  constructor(staging: string, selection: Selection) {
    this.#staging = staging;
    this.#selection = selection;
  }

  async add(entry: TarEntry): Promise<void> {
    const { path: inBundle, file } = this.#tree.admit(entry);
    const { root, imageArchive } = this.#selection;
    if (`${inBundle}/` === root || (root === "" && inBundle === "")) {
      this.#folders.set("", entry);
      return;
    }
    // Above the root there is nothing but folders on the way to it.
    if (!inBundle.startsWith(root)) return;
    const path = inBundle.slice(root.length);
    if (path === imageArchive) return;
    await this.#makeParents(path);
    if (entry.type === "folder") await this.#makeFolder(path, entry);
    else if (entry.type === "link") this.#links.set(path, entry);
    else if (entry.type === "hardlink") await this.#secondName(path, file);
    else await this.#write(path, entry);
  }

  /** @throws ArchiveFault when the whole turns out to be another bundle than the one that was selected from */
  async finish(): Promise<void> {
    const { root, imageArchive } = this.#selection;
    if (this.#tree.root !== root || this.#tree.settle(root) !== imageArchive) throw changed("it is laid out in another way");
    for (const [path, entry] of this.#links) {
      await symlink(entry.linkTarget, this.#at(path));
      if (isRoot()) await lchown(this.#at(path), entry.uid, entry.gid);
      await lutimes(this.#at(path), seconds(entry), seconds(entry));
    }
    await inParallel(this.#files, ([path, entry]) => this.#settle(path, constants.O_RDWR, entry, entry.mode & FILE_MODE));
    // The deepest first: a folder may be closed to ourselves from here on.
    for (const [path, entry] of [...this.#folders].sort(([a], [b]) => (a < b ? 1 : -1))) {
      await this.#settle(path, constants.O_RDONLY | constants.O_DIRECTORY, entry, (entry?.mode ?? 0o755) & FOLDER_MODE);
    }
  }

  /** Owner, mode and time, and all of it to the disk. */
  async #settle(path: string, flags: number, entry: Attributes | null, mode: number): Promise<void> {
    await using(await open(this.#at(path), flags | constants.O_NOFOLLOW), async file => {
      if (entry !== null && isRoot()) await file.chown(entry.uid, entry.gid);
      // After the owner: a change of owner may take bits away.
      await file.chmod(mode);
      if (entry !== null) await file.utimes(seconds(entry), seconds(entry));
      await file.sync();
    });
  }

  #at(path: string): string {
    return path === "" ? this.#staging : join(this.#staging, path);
  }

  async #makeParents(path: string): Promise<void> {
    for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
      await this.#makeFolder(path.slice(0, slash), null);
    }
  }

  async #makeFolder(path: string, entry: Attributes | null): Promise<void> {
    if (!this.#folders.has(path)) await mkdir(this.#at(path), { mode: STAGING_MODE });
    if (entry !== null || !this.#folders.has(path)) this.#folders.set(path, entry);
  }

  async #write(path: string, entry: TarEntry): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    // Synchronous: most files are a few hundred bytes, and a detour over threads takes ten times as long as the write.
    const file = openSync(this.#at(path), flags, 0o600);
    try {
      for await (const piece of entry.content) {
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      }
    } finally {
      closeSync(file);
    }
    this.#files.set(path, entry);
  }

  async #secondName(path: string, fileInBundle: string): Promise<void> {
    const { root, imageArchive } = this.#selection;
    const file = fileInBundle.slice(root.length);
    if (!fileInBundle.startsWith(root) || file === imageArchive) throw changed("it is laid out in another way");
    await link(this.#at(file), this.#at(path));
  }
}

async function using(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

const seconds = (entry: Attributes) => entry.modifiedMs / 1000;

/** Only root may give files away; for everybody else they belong to who unpacks them. */
const isRoot = () => process.geteuid?.() === 0;
