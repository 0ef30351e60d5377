import { utf8 } from "./tar-fault.ts";
import type { TarEntry } from "./tar-reader.ts";

/** What is larger is no text that a bundle is known by. */
export const MOST_TEXT_BYTES = 2 ** 20;

/** A file's whole content; null when it is no text. */
export async function textOf({ sizeBytes, content }: Pick<TarEntry, "sizeBytes" | "content">): Promise<string | null> {
  const pieces: Buffer[] = [];
  if (sizeBytes > 0) for await (const piece of content) pieces.push(piece);
  return asText(Buffer.concat(pieces));
}

export function asText(bytes: Buffer): string | null {
  const text = utf8(bytes);
  return text === null || text.includes("\0") ? null : text;
}
