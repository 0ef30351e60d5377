import { open } from "node:fs/promises";

const PIECE_BYTES = 2 ** 19;

/** A file from its beginning to its end, however large it is. All pieces lie in the same memory: each is valid until the next one is asked for. */
export async function* filePieces(path: string | Buffer): AsyncGenerator<Buffer> {
  const memory = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const file = await open(path, "r");
  try {
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, PIECE_BYTES, null);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
