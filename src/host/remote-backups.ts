import { createHash } from "node:crypto";
import { PassThrough } from "node:stream";
import { parsePlace, type RemotePlace } from "../domain/backup-place.ts";
import { type BackupBytes, type BackupSink, drained, type SinkEnd } from "./backup-bytes.ts";
import { damagedBackup, noBackup } from "./backup-errors.ts";
import type { Executor } from "./exec.ts";
import { servantCommand } from "./remote-servant.ts";
import { remoteFailed, remoteFault } from "./ssh-errors.ts";
import type { BackupPrint } from "./world.ts";

/** Archives on other machines, by the system's ssh. Every question is a connection of its own; a reader keeps one. */
export function createRemoteBackups(executor: Executor) {
  async function ask(place: RemotePlace, verb: string, ...more: readonly string[]): Promise<string> {
    try {
      return await executor.run(servantCommand(place), { input: lines(verb, place.path, ...more), timeoutMs: ANSWER_MS });
    } catch (error) {
      throw remoteFault(place, error);
    }
  }
  async function expects(answer: string, place: RemotePlace, verb: string, ...more: readonly string[]): Promise<void> {
    const said = await ask(place, verb, ...more);
    if (said !== answer)
      throw odd(place, said === "taken" ? `there is already ${more[0] ?? ""}` : `it answered "${said.slice(0, 80)}"`);
  }
  return {
    exists: async (path: string): Promise<boolean> => {
      const said = await ask(parsePlace(path), "exists");
      if (said !== "there" && said !== "absent") throw odd(parsePlace(path), `it answered "${said.slice(0, 80)}"`);
      return said === "there";
    },
    remove: (path: string): Promise<void> => expects("done", parsePlace(path), "remove"),
    /** What is there under the new name stays. */
    rename: (from: string, to: string): Promise<void> => expects("done", parsePlace(from), "rename", parsePlace(to).path),
    /** Names in a folder, sorted; none where there is no folder. */
    list: async (folder: string): Promise<readonly string[]> =>
      (await ask(parsePlace(folder), "list"))
        .split("\n")
        .filter(name => name !== "")
        .sort(),
    /** Of the disk that the folder is on, or will be. */
    async freeBytes(folder: string): Promise<number> {
      const place = parsePlace(folder);
      const free = /\s(\d+)\s+\d+%/.exec((await ask(place, "room")).split("\n").at(-1) ?? "")?.[1];
      if (free === undefined) throw odd(place, "it does not say how much is free there");
      return Number(free) * 1024;
    },
    /** Counted there. @throws OperatorError NO_BACKUP, REMOTE_FAILED, HOST_KEY */
    async print(path: string): Promise<BackupPrint> {
      const place = parsePlace(path);
      const said = await ask(place, "print");
      if (said === "absent") throw noBackup(path, "is not there");
      return printIn(place, said);
    },
    /** Into a file that must not exist, in a folder that is made. */
    async write(path: string): Promise<BackupSink> {
      return new RemoteSink(executor, path);
    },
    read: (path: string): Promise<BackupBytes> => openRemote(executor, path),
  };
}

/** To read a large archive there takes its time. */
const ANSWER_MS = 6 * 3_600_000;

const lines = (...each: readonly string[]): string => each.map(line => `${line}\n`).join("");

const odd = ({ host, path }: RemotePlace, what: string) => remoteFailed(host, `look at ${path} there`, what);

function printIn(place: RemotePlace, said: string): BackupPrint {
  const found = /^([0-9a-f]{64})\s.*\n\s*(\d+)$/.exec(said);
  if (found === null) throw odd(place, "it cannot count a digest (it needs the program sha256sum)");
  return { sha256: found[1] ?? "", sizeBytes: Number(found[2]) };
}

/** Streams into a file there; what lies there in the end is read there, and must be what was sent. */
class RemoteSink implements BackupSink {
  readonly #path: string;
  readonly #place: RemotePlace;
  readonly #stream = new PassThrough({ highWaterMark: 2 ** 20 });
  readonly #answer: Promise<string>;
  readonly #hash = createHash("sha256");
  #sizeBytes = 0;

  constructor(executor: Executor, path: string) {
    this.#path = path;
    this.#place = parsePlace(path);
    this.#answer = executor.feed(servantCommand(this.#place), this.#stream).catch((error: unknown) => {
      throw remoteFault(this.#place, error);
    });
    // It is awaited with each piece; until then its failure is nobody's surprise.
    this.#answer.catch(() => this.#stream.destroy());
    this.#stream.on("error", () => {});
    this.#stream.write(lines("write", this.#place.path));
  }

  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#sizeBytes += bytes.length;
    // A copy: whoever wrote it uses its memory again.
    if (this.#stream.destroyed) await this.#lost();
    if (!this.#stream.write(Buffer.from(bytes))) await drained(this.#stream);
  }

  digest = async (): Promise<string> => this.#hash.copy().digest("hex");

  async finish(): Promise<SinkEnd> {
    this.#stream.end();
    const there = printIn(this.#place, await this.#answer);
    if (there.sha256 !== (await this.digest()) || there.sizeBytes !== this.#sizeBytes)
      throw damagedBackup(this.#path, "all of it", "what lies there is not what was sent");
    return there;
  }

  async close(): Promise<void> {
    this.#stream.destroy();
    await this.#answer.catch(() => undefined);
  }

  /** Nobody ends before everything was sent, unless something is wrong. */
  async #lost(): Promise<never> {
    await this.#answer;
    throw odd(this.#place, "it ended too early");
  }
}

/** What follows a read is asked for in advance: so much at once. */
const WINDOW_BYTES = 4 * 2 ** 20;
const LEAST_BYTES = 2 ** 17;

async function openRemote(executor: Executor, path: string): Promise<BackupBytes> {
  const place = parsePlace(path);
  const requests = new PassThrough();
  const answers = executor.pipe(servantCommand(place), requests, {});
  let held = Buffer.alloc(0);
  const more = async (): Promise<void> => {
    try {
      const { value, done } = await answers.next();
      if (done === true) throw odd(place, "it ended too early");
      held = Buffer.concat([held, value]);
    } catch (error) {
      throw remoteFault(place, error);
    }
  };
  const close = async () => {
    requests.end();
    await answers.return(undefined).catch(() => undefined);
  };
  requests.write(lines("read", place.path));
  try {
    while (!held.includes(10)) await more();
  } catch (error) {
    await close();
    throw error;
  }
  const said = held.toString("latin1").trim();
  if (!/^\d+$/.test(said)) {
    await close();
    throw noBackup(path, "is not there");
  }
  const sizeBytes = Number(said);
  let from = 0;
  held = Buffer.alloc(0);
  return {
    sizeBytes,
    storedBytes: sizeBytes,
    async read(into, offset, length, at) {
      const end = from + held.length;
      if (at < from || at >= end) {
        // What goes on where the last piece ended is read in large pieces; who jumps wants little.
        const wanted = Math.min(sizeBytes - at, at === end && end > 0 ? WINDOW_BYTES : Math.max(length, LEAST_BYTES));
        if (wanted <= 0) return { bytesRead: 0 };
        [from, held] = [at, Buffer.alloc(0)];
        requests.write(lines(`${at + 1} ${wanted}`));
        const pieces: Buffer[] = [];
        for (let have = 0; have < wanted; ) {
          held = Buffer.alloc(0);
          await more();
          pieces.push(held);
          have += held.length;
        }
        held = Buffer.concat(pieces);
      }
      return { bytesRead: held.copy(into, offset, at - from, Math.min(held.length, at - from + length)) };
    },
    close,
  };
}
