import { createHash } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Arrival, parseAhead, parseArrival, parseThere } from "../domain/arrival.ts";
import { parseImageList } from "../domain/image-set.ts";
import { sshTargetText } from "../domain/ssh-target.ts";
import { EXIT, type ExitCode, OperatorError } from "../errors.ts";
import type { BackupSink } from "./backup-bytes.ts";
import type { BackupStreams } from "./backups.ts";
import { ChunkSink } from "./chunk-frames.ts";
import type { Command } from "./command.ts";
import type { Executor } from "./exec.ts";
import type { ImageStreams } from "./image-sets.ts";
import { installScript, onceScript, PROGRAM_PARTS, type RemoteProgram, remoteProgram } from "./remote-program.ts";
import { sshCommand, sshScript } from "./ssh.ts";
import { inSshWords } from "./ssh-errors.ts";
import type { Remote, Sent, There } from "./world.ts";

/** What graph-mgr there may exit with and have said why on its standard output. */
const SAID: readonly number[] = Object.values(EXIT).filter(code => code !== EXIT.ok);
const MOST_ANSWER_BYTES = 64 * 2 ** 20;
/** An operation there may wait for the health of a product. */
const BUSY_MS = 30 * 60_000;
const ASK_EVERY_MS = 2000;

interface Parts {
  readonly executor: Executor;
  readonly backups: BackupStreams;
  readonly imageSets: ImageStreams;
  /** Where this program stands here. */
  readonly root: URL;
  readonly elapsedMs: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Other machines, by the system's ssh and this very program over there. */
export function createRemote({ executor, backups, imageSets, root, elapsedMs, pause }: Parts): Remote {
  const rootPath = fileURLToPath(root).replace(/\/$/, "");
  let known: Promise<RemoteProgram> | null = null;
  const program = (): Promise<RemoteProgram> => {
    known ??= remoteProgram(rootPath);
    return known;
  };
  const packed = (): Readable =>
    Readable.from(executor.pipe({ program: "tar", args: ["cf", "-", "-C", rootPath, ...PROGRAM_PARTS] }, null), {
      objectMode: false,
    });

  /** Standard output of what runs there. */
  const run = async (there: There, command: Command, source: Readable | null): Promise<string> => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const piece of executor.pipe(command, source, { passes: SAID })) {
        bytes += piece.length;
        if (bytes > MOST_ANSWER_BYTES) throw strange(there, "it says more than can be held");
        pieces.push(Buffer.from(piece));
      }
    } catch (error) {
      throw withoutNode(there, inSshWords(error, there));
    }
    return Buffer.concat(pieces).toString("utf8");
  };
  const words = (there: There, ...own: readonly string[]): readonly string[] => [
    ...(there.home === null ? [] : ["--home", there.home]),
    ...own,
    "--json",
    "--yes",
    "--no-input",
  ];
  const said = async (there: There, text: Promise<string>): Promise<unknown> => answerOf(there, await text);
  const call = async (there: There, own: readonly string[], source: Readable | null = null): Promise<unknown> => {
    const { bin } = await program();
    return await said(there, run(there, sshCommand(there, ["node", bin, ...words(there, ...own)]), source));
  };
  const isInstalled = async (there: There): Promise<boolean> => {
    const { bin } = await program();
    const text = await run(there, sshScript(there, `if [ -e ${bin} ]; then echo yes; else echo no; fi`), null);
    return text.trim() === "yes";
  };
  /** Also where it is not installed, which a look may not change. */
  const look = async (there: There, ...own: readonly string[]): Promise<unknown> => {
    if (await isInstalled(there)) return await call(there, own);
    const plain = words(there, ...own);
    // Refuses what is not plain.
    sshCommand(there, plain);
    return await said(there, run(there, sshScript(there, onceScript(plain)), packed()));
  };
  /** Something that is written here while it is read there. */
  const streamed = async (there: There, own: readonly string[], write: (to: BackupSink) => Promise<void>): Promise<void> => {
    const pass = new PassThrough();
    pass.on("error", () => {});
    const answer = call(there, own, pass).then(
      value => ({ value }),
      (error: unknown) => {
        // Whoever writes must not wait for a reader that is gone.
        pass.destroy();
        return { error };
      },
    );
    let failure: unknown = null;
    try {
      await write(sinkInto(pass));
    } catch (error) {
      failure = error;
      // A half is never taken for a whole: the end that tells is missing.
      pass.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    const result = await answer;
    if ("error" in result && !(failure !== null && isOwn(failure))) throw result.error;
    if (failure !== null) throw failure;
  };
  /** Again until nothing of an earlier connection is at work there any more. */
  const patient = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (const until = elapsedMs() + BUSY_MS; ; await pause(ASK_EVERY_MS, new AbortController().signal)) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof OperatorError) || error.code !== "LOCKED" || elapsedMs() > until) throw error;
      }
    }
  };
  const arrival = async (there: There, move: string): Promise<Arrival> => {
    const found = parseArrival(await patient(() => call(there, ["receive", "state", move])));
    if (found === null) throw strange(there, "its answer is not what was asked for");
    return found;
  };
  /** Digests of what was sent ahead. */
  const ahead = async (there: There, move: string): Promise<ReadonlySet<string>> => {
    const found = parseAhead(await patient(() => call(there, ["receive", "chunks", move])));
    if (found === null) throw strange(there, "its answer is not what was asked for");
    return new Set(found.chunks);
  };
  const order = async (there: There, action: string, move: string): Promise<void> => {
    await patient(() => call(there, ["receive", action, move]));
  };

  return {
    isInstalled,
    arrival,
    async look(there, ports) {
      const found = parseThere(await look(there, "receive", "look", ports.length === 0 ? "none" : ports.join(",")));
      if (found === null) throw strange(there, "its answer is not what was asked for");
      return found;
    },
    images: async there => parseImageList(JSON.stringify(await look(there, "export", "--have")), sshTargetText(there.target)),
    async install(there) {
      await run(there, sshScript(there, installScript(await program())), packed());
    },
    sendImages: (there, job, progress) => streamed(there, ["receive", "images"], to => imageSets.stream(job, to, progress)),
    hasAhead: async (there, move) => (await ahead(there, move)).size > 0,
    sendAhead: (there, move, job, progress) =>
      streamed(there, ["receive", "ahead", move], to => backups.stream(job, new ChunkSink(to, new Set()), progress)),
    async send(there, move, job, ports, progress) {
      const known = await ahead(there, move);
      let sent: Sent = { wholeBytes: 0, sentBytes: 0 };
      await streamed(there, ["receive", "instance", move, ...ports], async to => {
        const sink = new ChunkSink(to, known);
        await backups.stream(job, sink, progress);
        sent = sink.sent;
      });
      return sent;
    },
    resume: (there, move) => order(there, "resume", move),
    launch: (there, move) => order(there, "launch", move),
    stop: (there, move) => order(there, "stop", move),
    takeBack: (there, move) => order(there, "back", move),
  };
}

/** Of this machine, and not of the pipe that the other end closed. */
const isOwn = (failure: unknown): boolean =>
  !(failure instanceof Error && "code" in failure && /^(EPIPE|ERR_STREAM)/.test(String(failure.code)));

/** Waits for the reader, however slow that is. */
function sinkInto(pass: PassThrough): BackupSink {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  return {
    write: bytes =>
      new Promise((done, failed) => {
        hash.update(bytes);
        sizeBytes += bytes.length;
        // A write that is under way when its reader goes is never answered.
        const gone = () => failed(Object.assign(new Error("the reader is gone"), { code: "EPIPE" }));
        pass.once("close", gone);
        // The writer uses its memory again.
        pass.write(Buffer.from(bytes), error => {
          pass.off("close", gone);
          if (error) failed(error);
          else done();
        });
      }),
    digest: async () => hash.copy().digest("hex"),
    async finish() {
      pass.end();
      return { sizeBytes, sha256: hash.digest("hex") };
    },
    // What was not finished was left in the middle.
    close: async () => {
      if (!pass.writableEnded) pass.destroy(new Error("the writer left in the middle"));
    },
  };
}

const strange = ({ target }: There, what: string): OperatorError =>
  new OperatorError("REMOTE_STRANGE", `${sshTargetText(target)} does not answer as graph-mgr does: ${what}.`, {
    hint: "see whether its shell prints something at each login, and whether another program is called there",
  });

const withoutNode = ({ target }: There, error: unknown): unknown =>
  error instanceof OperatorError && /node: (?:command )?not found|code 127/i.test(error.message)
    ? new OperatorError("NO_NODE", `There is no Node.js on ${sshTargetText(target)} that ssh would find.`, {
        hint: "install Node.js 20.19 or newer there",
        cause: error,
      })
    : error;

/** The one document of a graph-mgr there, or the error that it says. */
function answerOf(there: There, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw strange(there, text.trim() === "" ? "it says nothing" : `it says "${text.trim().slice(0, 200)}"`);
  }
  const error = typeof value === "object" && value !== null && "error" in value ? value.error : null;
  if (typeof error !== "object" || error === null) return value;
  const { code, message, hint } = error as Readonly<Record<string, unknown>>;
  const exit: ExitCode = EXIT.refused;
  throw new OperatorError(String(code), `On ${sshTargetText(there.target)}: ${String(message)}`, {
    exit,
    ...(typeof hint === "string" ? { hint: `there: ${hint}` } : {}),
  });
}
