import { damaged } from "./tar-fault.ts";

/** Chunks one behind the other, from a place where some can be left out unread. */
export interface TarSource extends AsyncIterable<Buffer> {
  /** Goes on so many bytes further on. */
  readonly jump?: (bytes: number) => void;
}

/** Takes a stream apart into blocks and pieces, without copying what lies in one chunk. */
export class TarBytes {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #jump: TarSource["jump"];
  #chunk: Buffer = EMPTY;

  constructor(source: TarSource) {
    this.#chunks = source[Symbol.asyncIterator]();
    this.#jump = source.jump;
  }

  /** Exactly so many bytes when they are at hand; else null, and nothing was taken. Spares most headers a wait. */
  atHand(bytes: number): Buffer | null {
    if (this.#chunk.length < bytes) return null;
    const piece = this.#chunk.subarray(0, bytes);
    this.#chunk = this.#chunk.subarray(bytes);
    return piece;
  }

  /** The next piece, at most `mostBytes` long; null at the end. */
  async some(mostBytes: number): Promise<Buffer | null> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return null;
      this.#chunk = next.value;
    }
    const piece = this.#chunk.subarray(0, mostBytes);
    this.#chunk = this.#chunk.subarray(piece.length);
    return piece;
  }

  /** So many bytes, or what is left; null when nothing is. */
  async upTo(bytes: number): Promise<Buffer | null> {
    const first = await this.some(bytes);
    if (first === null || first.length === bytes) return first;
    const pieces = [first];
    for (let have = first.length; have < bytes; ) {
      const piece = await this.some(bytes - have);
      if (piece === null) break;
      pieces.push(piece);
      have += piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Exactly so many bytes; null when the stream ends just here. */
  async exactly(bytes: number): Promise<Buffer | null> {
    const found = await this.upTo(bytes);
    if (found !== null && found.length < bytes) throw damaged("it ends too early");
    return found;
  }

  /** Like `some`, where the stream must not end. */
  async must(mostBytes: number): Promise<Buffer> {
    const piece = await this.some(mostBytes);
    if (piece === null) throw damaged("it ends too early");
    return piece;
  }

  async skip(bytes: number): Promise<void> {
    if (this.#jump !== undefined && bytes > this.#chunk.length) {
      this.#jump(bytes - this.#chunk.length);
      this.#chunk = EMPTY;
      return;
    }
    for (let left = bytes; left > 0; ) left -= (await this.must(left)).length;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

const EMPTY = Buffer.alloc(0);
const ZEROS = Buffer.alloc(65_536);

export function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = bytes.subarray(at, at + ZEROS.length);
    if (!piece.equals(ZEROS.subarray(0, piece.length))) return false;
  }
  return true;
}
