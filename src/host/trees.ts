import { chmod, lstat, mkdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";
import { OperatorError } from "../errors.ts";
import type { Executor } from "./exec.ts";
import type { Helpers } from "./helper-container.ts";
import {
  COPY_TREE,
  COUNT_SINCE,
  copied,
  counted,
  DIGEST_TREE,
  EMPTY_TREE,
  FILL_TREE,
  FINGERPRINT_TREES,
  leavingOut,
  secondsOf,
} from "./tree-scripts.ts";
import { syncFolder } from "./unpack-tree.ts";
import { COPY_RIGHTS, digestIn, READ_RIGHTS } from "./volume-copy.ts";
import type { Progress, Trees } from "./world.ts";

/**
 * Root works by itself. Anybody else may neither read what the product's containers own nor give files away, and
 * lets a helper container do it.
 *
 * Everything is copied as it is, sockets and named pipes too (a socket file is dead until its server makes it anew).
 */
export function createTrees(executor: Executor, helpers: Helpers, uid = process.getuid?.() ?? 0): Trees {
  const noHelper = (path: string): OperatorError =>
    new OperatorError("NEEDS_ROOT", `${path} may hold files of other users, and there is no image for a helper container yet.`, {
      hint: "run the command as root",
    });

  const copyInto = async (
    from: string,
    part: string,
    leaveOut: readonly string[],
    helperImage: string | null,
    progress: Progress,
  ): Promise<void> => {
    const env = leavingOut(leaveOut);
    const onLine = copied(progress);
    if (uid === 0) {
      await executor.run({ program: "sh", args: ["-c", COPY_TREE, "copy", from, part], env }, { onLine });
      return;
    }
    if (helperImage === null) throw noHelper(from);
    const copying = {
      purpose: "copy-folder",
      title: `Copying ${from}`,
      writesTo: part,
      image: helperImage,
      script: COPY_TREE,
      args: ["/graph-mgr/source", "/graph-mgr/target"],
      env,
      folders: [
        { path: from, at: "/graph-mgr/source", writable: false },
        { path: part, at: "/graph-mgr/target", writable: true },
      ],
      capabilities: COPY_RIGHTS,
    };
    await helpers.run(copying, onLine);
  };

  const remove = async (path: string, helperImage: string | null): Promise<void> => {
    if (!isAbsolute(path) || dirname(path) === path) throw new RangeError(`will not remove ${path}`);
    if (!(await there(path))) return;
    try {
      await rm(path, { recursive: true, force: true });
    } catch (error) {
      if (!hasCode(error, "EACCES", "EPERM")) throw error;
      if (helperImage === null) throw noHelper(path);
      await helpers.run({
        purpose: "remove-folder",
        title: `Removing ${path}`,
        writesTo: path,
        image: helperImage,
        script: EMPTY_TREE,
        args: ["/graph-mgr/target"],
        folders: [{ path, at: "/graph-mgr/target", writable: true }],
        capabilities: ["DAC_OVERRIDE", "FOWNER"],
      });
      await rmdir(path);
    }
    // Else a power cut could bring back what an undo has already ticked off.
    await syncFolder(dirname(path));
  };

  return {
    async copy(from, to, leaveOut, helperImage, progress = () => {}) {
      if (await there(to)) throw new OperatorError("EXISTS", `There is already ${to}.`);
      const part = `${to}.part`;
      await remove(part, helperImage);
      await mkdir(part, { mode: 0o700 });
      await chmod(part, 0o700);
      try {
        await copyInto(from, part, leaveOut, helperImage, progress);
      } catch (error) {
        await remove(part, helperImage).catch(() => undefined);
        throw error;
      }
      await rename(part, to);
      await syncFolder(dirname(to));
    },
    remove,
    async fill(from, to, helperImage) {
      if (uid === 0) {
        await executor.run({ program: "sh", args: ["-c", FILL_TREE, "fill", from, to] });
        return;
      }
      if (helperImage === null) throw noHelper(to);
      await helpers.run({
        purpose: "fill-folder",
        title: `Adding to ${to}`,
        writesTo: to,
        image: helperImage,
        script: FILL_TREE,
        args: ["/graph-mgr/source", "/graph-mgr/target"],
        folders: [
          { path: from, at: "/graph-mgr/source", writable: false },
          { path: to, at: "/graph-mgr/target", writable: true },
        ],
        capabilities: COPY_RIGHTS,
      });
    },
    async countSince(path, moment, helperImage) {
      const seconds = secondsOf(moment);
      if (uid === 0) return counted(await executor.run({ program: "sh", args: ["-c", COUNT_SINCE, "count", path, seconds] }));
      if (helperImage === null) throw noHelper(path);
      const printed = await helpers.run({
        purpose: "count-files",
        title: `Reading ${path}`,
        image: helperImage,
        script: COUNT_SINCE,
        args: ["/graph-mgr/source", seconds],
        folders: [{ path, at: "/graph-mgr/source", writable: false }],
        capabilities: READ_RIGHTS,
      });
      return counted(printed);
    },
    async fingerprint(path, helperImage) {
      if (uid === 0) return digestIn(await executor.run({ program: "sh", args: ["-c", FINGERPRINT_TREES, "fingerprint", path] }));
      if (helperImage === null) throw noHelper(path);
      const printed = await helpers.run({
        purpose: "fingerprint-files",
        title: `Reading ${path}`,
        image: helperImage,
        script: FINGERPRINT_TREES,
        args: ["/graph-mgr/source"],
        folders: [{ path, at: "/graph-mgr/source", writable: false }],
        capabilities: READ_RIGHTS,
      });
      return digestIn(printed);
    },
    async digest(path, helperImage) {
      if (uid === 0) return digestIn(await executor.run({ program: "sh", args: ["-c", DIGEST_TREE, "digest", path] }));
      if (helperImage === null) throw noHelper(path);
      const printed = await helpers.run({
        purpose: "digest-folder",
        title: `Reading ${path}`,
        image: helperImage,
        script: DIGEST_TREE,
        args: ["/graph-mgr/source"],
        folders: [{ path, at: "/graph-mgr/source", writable: false }],
        capabilities: READ_RIGHTS,
      });
      return digestIn(printed);
    },
  };
}

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

/** Anything of that name, a dangling link too. */
export async function there(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}
