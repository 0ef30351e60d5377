import { createHash } from "node:crypto";
import type { AgeHeader } from "./age-header.ts";
import { CHUNK_BYTES, chunkAt, chunksIn, NONCE_BYTES, openChunk, payloadKey, sealChunk, TAG_BYTES } from "./age-stream.ts";
import type { BackupBytes, BackupSink, ByteSink, SinkEnd } from "./backup-bytes.ts";
import { discarded } from "./garbage.ts";
import { damaged } from "./tar-fault.ts";

/**
 * What an age file holds, from any place on. Its end is looked at first, so that one that was cut off is not begun with.
 * @param sealed the whole file; closed with this
 * @throws ArchiveFault
 */
export async function openAge(sealed: BackupBytes, { header }: AgeHeader, fileKey: Buffer): Promise<BackupBytes> {
  const begin = header.length + NONCE_BYTES;
  const key = payloadKey(fileKey, await allOf(sealed, header.length, NONCE_BYTES));
  const { chunks, plainBytes } = chunksIn(sealed.sizeBytes - begin);
  let held: { readonly place: number; readonly plain: Buffer } | null = null;
  const chunk = async (place: number): Promise<Buffer> => {
    if (held?.place === place) return held.plain;
    const at = begin + chunkAt(place);
    const bytes = await allOf(sealed, at, Math.min(CHUNK_BYTES + TAG_BYTES, sealed.sizeBytes - at));
    held = { place, plain: openChunk(key, place, place === chunks - 1, bytes) };
    return held.plain;
  };
  await chunk(chunks - 1);
  return {
    sizeBytes: plainBytes,
    storedBytes: sealed.storedBytes,
    async read(into, offset, length, at) {
      if (at >= plainBytes) return { bytesRead: 0 };
      const plain = await chunk(Math.floor(at / CHUNK_BYTES));
      const from = at % CHUNK_BYTES;
      return { bytesRead: plain.copy(into, offset, from, Math.min(plain.length, from + length)) };
    },
    close: () => sealed.close(),
  };
}

async function allOf(bytes: BackupBytes, at: number, length: number): Promise<Buffer> {
  if (at + length > bytes.sizeBytes) throw damaged("it ends in what it was encrypted with");
  const buffer = Buffer.allocUnsafe(length);
  for (let have = 0; have < length; ) {
    const { bytesRead } = await bytes.read(buffer, have, length - have, at + have);
    if (bytesRead === 0) throw damaged("it ends in what it was encrypted with");
    have += bytesRead;
  }
  return buffer;
}

/** Encrypts on the way: what is behind it never sees anything plain. */
export class AgeSink implements BackupSink {
  readonly #sink: ByteSink;
  readonly #key: Buffer;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  readonly #hash = createHash("sha256");
  #bytes = 0;
  #place = 0;

  private constructor(sink: ByteSink, key: Buffer) {
    this.#sink = sink;
    this.#key = key;
  }

  /** @param nonce random, and used once */
  static async open(sink: ByteSink, { header }: AgeHeader, fileKey: Buffer, nonce: Buffer): Promise<BackupSink> {
    await sink.write(Buffer.concat([header, nonce]));
    return new AgeSink(sink, payloadKey(fileKey, nonce));
  }

  digest = async (): Promise<string> => this.#hash.copy().digest("hex");

  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    for (let rest = bytes; rest.length > 0; ) {
      // The last chunk is sealed as such, so a full one waits for whatever follows.
      if (this.#bytes === CHUNK_BYTES) await this.#seal(false);
      const taken = rest.copy(this.#chunk, this.#bytes);
      this.#bytes += taken;
      rest = rest.subarray(taken);
    }
  }

  async finish(): Promise<SinkEnd> {
    await this.#seal(true);
    return await this.#sink.finish();
  }

  close = (): Promise<void> => this.#sink.close();

  async #seal(isLast: boolean): Promise<void> {
    const sealed = sealChunk(this.#key, this.#place, isLast, this.#chunk.subarray(0, this.#bytes));
    await this.#sink.write(sealed);
    discarded(sealed.length);
    this.#place += 1;
    this.#bytes = 0;
  }
}
