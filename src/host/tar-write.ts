import { bytesOf } from "./name-bytes.ts";
import { BLOCK_BYTES } from "./tar-header.ts";
import type { EntryType, TarEntry } from "./tar-reader.ts";

/** One entry as it is to be written. */
export interface EntryHeader extends Omit<TarEntry, "modifiedMs" | "content"> {
  readonly modifiedSeconds: number;
}

const TYPE: Readonly<Record<EntryType, string>> = { file: "0", hardlink: "1", link: "2", folder: "5" };
const NAME_BYTES = 100;

/** What stands before an entry's content: its header, and before that a longer name than a header has room for. */
export function entryHeader(entry: EntryHeader): Buffer {
  const path = bytesOf(entry.type === "folder" ? `${entry.path}/` : entry.path);
  const target = bytesOf(entry.linkTarget);
  return Buffer.concat([
    ...(target.length > NAME_BYTES ? [longer("K", target)] : []),
    ...(path.length > NAME_BYTES ? [longer("L", path)] : []),
    block(TYPE[entry.type], path, target, entry),
  ]);
}

/** What stands behind so many bytes of content. */
export const paddingFor = (sizeBytes: number): Buffer => Buffer.alloc((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES);

/** What ends an archive. */
export const END_BLOCKS = Buffer.alloc(2 * BLOCK_BYTES);

function longer(type: "K" | "L", name: Buffer): Buffer {
  const text = Buffer.concat([name, Buffer.alloc(1)]);
  const header = block(type, Buffer.from("././@LongLink"), Buffer.alloc(0), {
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: text.length,
    modifiedSeconds: 0,
  });
  return Buffer.concat([header, text, paddingFor(text.length)]);
}

type Numbers = Pick<EntryHeader, "mode" | "uid" | "gid" | "sizeBytes" | "modifiedSeconds">;

/** GNU's format: its numbers have room for everything, and every tar reads it. */
function block(type: string, path: Buffer, target: Buffer, numbers: Numbers): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  path.copy(header, 0, 0, NAME_BYTES);
  number(header, numbers.mode, 100, 8);
  number(header, numbers.uid, 108, 8);
  number(header, numbers.gid, 116, 8);
  number(header, numbers.sizeBytes, 124, 12);
  number(header, Math.trunc(numbers.modifiedSeconds), 136, 12);
  header.write(type, 156, "latin1");
  target.copy(header, 157, 0, NAME_BYTES);
  header.write("ustar  \0", 257, "latin1");
  header.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** Octal digits where they have room, else GNU's two's complement. */
function number(header: Buffer, value: number, at: number, width: number): void {
  const digits = value.toString(8);
  if (value >= 0 && digits.length < width) {
    header.write(digits.padStart(width - 1, "0"), at, "latin1");
    return;
  }
  let left = BigInt.asUintN(8 * (width - 1), BigInt(value));
  for (let place = at + width - 1; place > at; place--, left >>= 8n) header[place] = Number(left & 0xffn);
  header[at] = value < 0 ? 0xff : 0x80;
}
