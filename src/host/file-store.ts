import { basename, dirname, join } from "node:path";
import { OperatorError } from "../errors.ts";
import type { Disk } from "./disk.ts";
import { isCode } from "./node-disk.ts";
import type { Files } from "./world.ts";

/**
 * Files of the home and of instances, over a `Disk`. Every change is atomic and survives a power cut: written beside,
 * synced, renamed, and the folder synced. Without the first sync a rename can outlive the content and leave an empty file.
 */
export function createFileStore(disk: Disk): Files {
  const beside = (path: string) => join(dirname(path), `.${basename(path)}.graph-mgr-part`);

  /** Folders whose own name is known to survive a power cut. */
  const safe = new Set<string>();

  const makeFolder = async (path: string): Promise<void> => {
    if (safe.has(path)) return;
    const parent = dirname(path);
    if ((await disk.stat(path)) === null) {
      if (parent !== path) await makeFolder(parent);
      await disk.makeFolder(path, 0o700);
    }
    // Also one that is there already: a run that was killed may have made it and not come to this line.
    await disk.sync(parent);
    safe.add(path);
  };

  return {
    makeFolder,
    async read(path) {
      const stat = await disk.stat(path);
      if (stat === null) return null;
      if (stat.type === "folder") return null;
      return (await disk.read(path)).toString("utf8");
    },
    async write(path, text, mode) {
      await makeFolder(dirname(path));
      const old = await disk.stat(path);
      const part = beside(path);
      await disk.remove(part);
      await disk.write(part, Buffer.from(text), 0o600);
      if (old?.type === "file" && mode === undefined) {
        const own = await disk.stat(part);
        if (own !== null && (own.uid !== old.uid || own.gid !== old.gid)) await disk.changeOwner(part, old.uid, old.gid);
        await disk.changeMode(part, old.mode);
      } else if (mode !== undefined && mode !== 0o600) await disk.changeMode(part, mode);
      await disk.sync(part);
      await disk.rename(part, path);
      await disk.sync(dirname(path));
    },
    async remove(path) {
      const part = beside(path);
      const [old, left] = [await disk.stat(path), await disk.stat(part)];
      // A write that was cut off leaves its own file behind.
      if (left !== null) {
        await disk.remove(part);
        // Before the file itself goes: who finds that gone does not look for the other any more.
        await disk.sync(dirname(path));
      }
      if (old === null) return;
      await disk.remove(path);
      await disk.sync(dirname(path));
    },
    async clearPart(path) {
      if ((await disk.stat(beside(path))) === null) return;
      await disk.remove(beside(path));
      await disk.sync(dirname(path));
    },
    exists: async path => (await disk.stat(path)) !== null,
    isFolder: async path => (await disk.stat(path))?.type === "folder",
    async list(path) {
      return (await disk.stat(path))?.type === "folder" ? await disk.list(path) : [];
    },
    async rename(from, to) {
      if ((await disk.stat(to)) !== null) throw new OperatorError("EXISTS", `${to} is already there.`);
      await makeFolder(dirname(to));
      await disk.rename(from, to);
      await disk.sync(dirname(to));
      if (dirname(from) !== dirname(to)) await disk.sync(dirname(from));
    },
    mode: async path => (await disk.stat(path))?.mode ?? null,
    async changeMode(path, mode) {
      await disk.changeMode(path, mode);
      await disk.sync(path);
    },
    async readLink(path) {
      return (await disk.stat(path))?.type === "link" ? await disk.readLink(path) : null;
    },
    async imprint(path) {
      const type = (await disk.stat(path))?.type;
      if (type === "folder") return type;
      if (type === "link") return `link ${await disk.readLink(path)}`;
      if (type !== "file") return null;
      try {
        return `sha256:${await disk.digest(path)}`;
      } catch (error) {
        if (isCode(error, "EACCES")) return null;
        throw error;
      }
    },
    async replaceLink(path, target) {
      if (target === null) {
        if ((await disk.stat(dirname(path))) === null) return;
        await disk.remove(beside(path));
        if ((await disk.stat(path)) !== null) await disk.unlink(path);
      } else {
        await makeFolder(dirname(path));
        await disk.remove(beside(path));
        await disk.symlink(target, beside(path));
        await disk.rename(beside(path), path);
      }
      await disk.sync(dirname(path));
    },
  };
}
