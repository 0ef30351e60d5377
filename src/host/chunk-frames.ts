import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { OperatorError } from "../errors.ts";
import type { BackupSink, ByteSink, SinkEnd } from "./backup-bytes.ts";
import type { Sent } from "./world.ts";

/**
 * How an archive goes to another machine that may have parts of it already: frames of a letter and what belongs to it. `L`: a length (4 bytes,
 * big-endian) and so many bytes of gzip, one chunk. `R`: the sha256 (32 bytes) of a chunk that is there. `E`: the end, without which it is no whole.
 */
const [LITERAL, REFERENCE, END] = ["L", "R", "E"] as const;
/** Large enough for the list of them to be short, small enough for a changed page of a file to cost little. */
const CHUNK_BYTES = 2 ** 18;
/** Headers and what stands between contents come along with what follows. */
const SMALL_BYTES = 2 ** 12;
/** Of what one frame may unfold to, and of one frame. */
const MOST_FRAME_BYTES = 2 * CHUNK_BYTES;
/** Chunks that are compressed at once, by the threads of the pool. */
const AT_ONCE = 4;
const LEVEL = 1;

const squeeze = promisify<Buffer, { readonly level: number }, Buffer>(gzip);
const unfold = promisify<Buffer, { readonly maxOutputLength: number }, Buffer>(gunzip);

export const chunkDigest = (chunk: Buffer): string => createHash("sha256").update(chunk).digest("hex");

/** An archive's bytes as frames. @param known digests of the chunks that the other side has */
export class ChunkSink implements BackupSink {
  readonly #to: ByteSink;
  readonly #known: ReadonlySet<string>;
  readonly #underway: Promise<readonly Buffer[]>[] = [];
  readonly #hash = createHash("sha256");
  #small = Buffer.alloc(0);
  #wholeBytes = 0;
  #sentBytes = 0;

  constructor(to: ByteSink, known: ReadonlySet<string>) {
    this.#to = to;
    this.#known = known;
  }

  get sent(): Sent {
    return { wholeBytes: this.#wholeBytes, sentBytes: this.#sentBytes };
  }

  digest = async (): Promise<string> => this.#hash.copy().digest("hex");

  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.#wholeBytes += bytes.length;
    if (bytes.length < SMALL_BYTES) {
      this.#small = Buffer.concat([this.#small, bytes]);
      if (this.#small.length >= CHUNK_BYTES) await this.#flush();
      return;
    }
    await this.#flush();
    // A copy: the writer uses its memory again.
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) await this.#chunk(Buffer.from(bytes.subarray(at, at + CHUNK_BYTES)));
  }

  async finish(): Promise<SinkEnd> {
    await this.#flush();
    await this.#settle(0);
    await this.#send([Buffer.from(END)]);
    return await this.#to.finish();
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#underway);
    await this.#to.close();
  }

  async #flush(): Promise<void> {
    const small = this.#small;
    this.#small = Buffer.alloc(0);
    if (small.length > 0) await this.#chunk(small);
  }

  async #chunk(chunk: Buffer): Promise<void> {
    const framed = this.#framed(chunk);
    // It is waited for later, and may fail before.
    framed.catch(() => undefined);
    this.#underway.push(framed);
    await this.#settle(AT_ONCE - 1);
  }

  async #framed(chunk: Buffer): Promise<readonly Buffer[]> {
    const digest = this.#known.size === 0 ? "" : chunkDigest(chunk);
    if (this.#known.has(digest)) return [Buffer.from(REFERENCE), Buffer.from(digest, "hex")];
    const squeezed = await squeeze(chunk, { level: LEVEL });
    const length = Buffer.alloc(4);
    length.writeUInt32BE(squeezed.length);
    return [Buffer.from(LITERAL), length, squeezed];
  }

  async #settle(most: number): Promise<void> {
    while (this.#underway.length > most) await this.#send((await this.#underway.shift()) ?? []);
  }

  async #send(pieces: readonly Buffer[]): Promise<void> {
    const frame = Buffer.concat(pieces);
    this.#sentBytes += frame.length;
    await this.#to.write(frame);
  }
}

/**
 * The archive's bytes, a chunk at a time.
 * @param there what the other side was told that is here
 * @throws OperatorError NOT_WHOLE
 */
export async function* unframed(
  source: AsyncIterable<Buffer | string>,
  there: (digest: string) => Promise<Buffer | null>,
): AsyncGenerator<Buffer> {
  const take = taking(source);
  for (;;) {
    const letter = (await take(1)).toString("latin1");
    if (letter === END) break;
    if (letter === REFERENCE) {
      const digest = (await take(32)).toString("hex");
      const chunk = await there(digest);
      if (chunk === null || chunkDigest(chunk) !== digest) throw notWhole("a part that was sent before is not there any more");
      yield chunk;
    } else if (letter === LITERAL) {
      const length = (await take(4)).readUInt32BE();
      if (length > MOST_FRAME_BYTES) throw notWhole("a part is larger than any");
      yield await unfold(await take(length), { maxOutputLength: MOST_FRAME_BYTES }).catch(cause => {
        throw notWhole("a part cannot be read", cause);
      });
    } else throw notWhole("it is not what is sent");
  }
}

const notWhole = (why: string, cause?: unknown): OperatorError =>
  new OperatorError("NOT_WHOLE", `What arrived is not whole: ${why}.`, {
    hint: "graph-mgr resume   (on the machine that sends it)",
    ...(cause === undefined ? {} : { cause }),
  });

/** So many bytes after the other. */
function taking(source: AsyncIterable<Buffer | string>): (bytes: number) => Promise<Buffer> {
  const pieces = source[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let heldBytes = 0;
  return async bytes => {
    while (heldBytes < bytes) {
      const { done, value } = await pieces.next();
      if (done === true) throw notWhole("it ends in the middle");
      const piece = Buffer.from(value as Buffer);
      held.push(piece);
      heldBytes += piece.length;
    }
    const all = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
    held = [all.subarray(bytes)];
    heldBytes = all.length - bytes;
    return all.subarray(0, bytes);
  };
}
