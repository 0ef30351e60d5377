import { createHash } from "node:crypto";
import { filePieces } from "./file-pieces.ts";

/** sha256 of a file's content, in hexadecimal digits; the file may be larger than memory. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of filePieces(path)) hash.update(piece);
  return hash.digest("hex");
}
