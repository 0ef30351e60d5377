import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import { damaged } from "./tar-fault.ts";

/** What an age file is made of behind its header (https://c2sp.org/age): a nonce, then chunks, each sealed by itself and by its place. */
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
export const NONCE_BYTES = 16;
const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES;
const CIPHER = "chacha20-poly1305";

export const payloadKey = (fileKey: Buffer, nonce: Buffer): Buffer =>
  Buffer.from(hkdfSync("sha256", fileKey, nonce, "payload", 32));

/** The place of a chunk, and whether it is the last: so none can be left out, moved, or taken for the end. */
function chunkNonce(place: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(place), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

export function sealChunk(key: Buffer, place: number, isLast: boolean, plain: Buffer): Buffer {
  const cipher = createCipheriv(CIPHER, key, chunkNonce(place, isLast), { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws ArchiveFault */
export function openChunk(key: Buffer, place: number, isLast: boolean, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(CIPHER, key, chunkNonce(place, isLast), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch {
    throw damaged(isLast ? "it does not end as it was encrypted" : "what lies there is not what was encrypted");
  }
}

/** How many chunks so many sealed bytes are, and how many bytes they hold. @throws ArchiveFault */
export function chunksIn(sealedBytes: number): { readonly chunks: number; readonly plainBytes: number } {
  const chunks = Math.ceil(sealedBytes / SEALED_BYTES);
  const last = sealedBytes - (chunks - 1) * SEALED_BYTES;
  // A last chunk of nothing is one only of an empty file.
  if (chunks === 0 || last < TAG_BYTES || (last === TAG_BYTES && chunks > 1))
    throw damaged("it does not end as it was encrypted");
  return { chunks, plainBytes: sealedBytes - chunks * TAG_BYTES };
}

/** Where a chunk begins, behind the nonce. */
export const chunkAt = (place: number): number => place * SEALED_BYTES;
