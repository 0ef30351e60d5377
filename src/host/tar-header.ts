import { damaged, hostile, shown } from "./tar-fault.ts";

export const BLOCK_BYTES = 512;

/** One 512-byte header as it stands. Names are bytes: a long name that is cut here is not always valid UTF-8. */
export interface TarHeader {
  readonly name: Buffer;
  readonly linkName: Buffer;
  /** One character; old archives write NUL for a file. */
  readonly type: string;
  /** The low twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly modifiedSeconds: number;
}

// https://www.gnu.org/software/tar/manual/html_node/Standard.html
const NAME = [0, 100] as const;
const MODE = [100, 108] as const;
const UID = [108, 116] as const;
const GID = [116, 124] as const;
const SIZE = [124, 136] as const;
const MODIFIED = [136, 148] as const;
const CHECKSUM = [148, 156] as const;
const TYPE = 156;
const LINK_NAME = [157, 257] as const;
const MAGIC = [257, 265] as const;
const PREFIX = [345, 500] as const;

type Field = readonly [from: number, to: number];

/** @throws ArchiveFault damaged when the checksum or a number is wrong, hostile when a number cannot be meant. */
export function parseHeader(block: Buffer): TarHeader {
  if (octal(block, CHECKSUM) !== checksumOf(block)) throw damaged("the checksum of an entry's header is wrong");
  const name = text(block, NAME);
  const prefix = isUstar(block) ? text(block, PREFIX) : EMPTY;
  return {
    name: prefix.length === 0 ? name : Buffer.concat([prefix, SLASH, name]),
    linkName: text(block, LINK_NAME),
    type: String.fromCharCode(block[TYPE] ?? 0),
    mode: numeric(block, MODE, "mode") & 0o7777,
    uid: natural(block, UID, "owner"),
    gid: natural(block, GID, "group"),
    sizeBytes: natural(block, SIZE, "size"),
    modifiedSeconds: numeric(block, MODIFIED, "time"),
  };
}

/** Whether a block that fails its checksum was once a tar header. */
export const looksLikeHeader = (block: Buffer) => block.toString("latin1", MAGIC[0], MAGIC[0] + 5) === "ustar";

const EMPTY = Buffer.alloc(0);
const SLASH = Buffer.from("/");

/** GNU's own format has other things than a prefix in the prefix's place. */
const isUstar = (block: Buffer) => block.toString("latin1", ...MAGIC) === "ustar\u000000";

function checksumOf(block: Buffer): number {
  // Its own field counts as spaces.
  let sum = 32 * (CHECKSUM[1] - CHECKSUM[0]);
  for (let at = 0; at < BLOCK_BYTES; at++) sum += block[at] ?? 0;
  for (let at = CHECKSUM[0]; at < CHECKSUM[1]; at++) sum -= block[at] ?? 0;
  return sum;
}

function text(block: Buffer, [from, to]: Field): Buffer {
  const end = block.indexOf(0, from);
  return block.subarray(from, end < 0 || end > to ? to : end);
}

function natural(block: Buffer, field: Field, what: string): number {
  const value = numeric(block, field, what);
  if (value < 0) throw hostile(`the ${what} of ${shown(text(block, NAME).toString())} is negative`);
  return value;
}

function numeric(block: Buffer, field: Field, what: string): number {
  const value = (block[field[0]] ?? 0) & 0x80 ? base256(block, field) : octal(block, field);
  if (value === null) throw damaged(`the ${what} of ${shown(text(block, NAME).toString())} is not a number`);
  if (!Number.isSafeInteger(value)) throw hostile(`the ${what} of ${shown(text(block, NAME).toString())} is beyond all bounds`);
  return value;
}

/** Null when it is not one number that fills the field. An empty field counts as zero, as every tar takes it. */
function octal(block: Buffer, [from, to]: Field): number | null {
  const digits = /^ *([0-7]*)[ \0]*$/.exec(block.toString("latin1", from, to))?.[1];
  return digits === undefined ? null : digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** GNU's two's complement for what octal digits cannot hold: 0x80 starts a positive number, 0xff a negative one. */
function base256(block: Buffer, [from, to]: Field): number | null {
  const first = block[from];
  if (first !== 0x80 && first !== 0xff) return null;
  let value = 0n;
  for (let at = from + 1; at < to; at++) value = (value << 8n) | BigInt(block[at] ?? 0);
  return Number(first === 0xff ? value - (1n << BigInt(8 * (to - from - 1))) : value);
}
