import { lookup } from "node:dns/promises";
import { lstat, readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, release } from "node:os";
import { connect } from "node:tls";
import type { Executor } from "./exec.ts";
import { isCode } from "./node-disk.ts";
import type { Surroundings } from "./world.ts";

const ANSWER_TIMEOUT_MS = 2000;
const TIMEDATECTL_TIMEOUT_MS = 10_000;

/** What cannot be known is null, as with a name server that is silent; a name that is known not to be is told. */
const UNKNOWN_NAME = ["ENOTFOUND", "ENODATA", "EAI_NONAME"];

/** This machine, for a diagnosis. */
export function createSurroundings(executor: Executor): Surroundings {
  return {
    async system() {
      const told = await readFile("/etc/os-release", "utf8").catch(() => "");
      return {
        system: /^PRETTY_NAME="?([^"\n]*)/m.exec(told)?.[1] ?? process.platform,
        kernel: release(),
        architecture: arch(),
        node: process.version,
        processors: availableParallelism(),
        uid: process.getuid?.() ?? 0,
      };
    },
    async disk(path) {
      try {
        const { bsize, blocks, bavail, files, ffree } = await statfs(path);
        return { totalBytes: blocks * bsize, freeBytes: bavail * bsize, totalFiles: files, freeFiles: ffree };
      } catch {
        return null;
      }
    },
    async memory() {
      const told = await readFile("/proc/meminfo", "utf8").catch(() => "");
      const bytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(told)?.[1] ?? Number.NaN) * 1024;
      const [totalBytes, freeBytes] = [bytes("MemTotal"), bytes("MemAvailable") + bytes("SwapFree")];
      return Number.isNaN(totalBytes + freeBytes) ? null : { totalBytes, freeBytes };
    },
    async entry(path) {
      try {
        const stat = await lstat(path);
        const type = stat.isFile() ? "file" : stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : "other";
        return { type, mode: stat.mode & 0o7777, uid: stat.uid, sizeBytes: stat.size };
      } catch (error) {
        if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return null;
        throw error;
      }
    },
    async isSynchronized() {
      const command = { program: "timedatectl", args: ["show", "--property=NTPSynchronized"] };
      // Where no systemd runs there is nobody to ask.
      const told = await executor.run(command, { timeoutMs: TIMEDATECTL_TIMEOUT_MS }).catch(() => "");
      const [, word] = /^NTPSynchronized=(yes|no)$/m.exec(told) ?? [];
      return word === undefined ? null : word === "yes";
    },
    async addresses(host) {
      // Not a name server's own answer: what the machine's programs get, /etc/hosts included.
      const asked = lookup(host, { all: true }).then(
        found => found.map(({ address }) => address),
        (error: NodeJS.ErrnoException) => (UNKNOWN_NAME.includes(error.code ?? "") ? ("unknown" as const) : null),
      );
      const late = new Promise<null>(resolve => setTimeout(resolve, ANSWER_TIMEOUT_MS, null).unref());
      return await Promise.race([asked, late]);
    },
    servedCertificate: (port, host, address) =>
      new Promise(resolve => {
        // Not to trust it, but to look at it.
        const socket = connect({ port, host: address, rejectUnauthorized: false, ...nameOf(host) });
        const end = (certificate: Buffer | null) => {
          socket.destroy();
          resolve(certificate);
        };
        socket.setTimeout(ANSWER_TIMEOUT_MS, () => end(null));
        socket.once("error", () => end(null));
        socket.once("secureConnect", () => end(socket.getPeerX509Certificate()?.raw ?? null));
      }),
  };
}

/** An address is no name to ask for (RFC 6066). */
const nameOf = (host: string) => (/^[\d.]+$|:/.test(host) ? {} : { servername: host });
