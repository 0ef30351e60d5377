import { open } from "node:fs/promises";
import { placesOnlyIn } from "../domain/database-changes.ts";
import { OperatorError } from "../errors.ts";

/**
 * Lists of the rows of a table: what `COPY (SELECT hash, ctid ...) TO STDOUT (FORMAT binary)` prints, where the hash has 64 bits and is never null. A
 * head, then for each row the number of fields (2 bytes), and each field with its length (4 bytes) before it; two bytes at the end.
 */
const HEAD = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const ROW_BYTES = 24;
const END = Buffer.from([0xff, 0xff]);
const CHUNK_ROWS = 50_000;

/** A row in words of two bytes, each as it lies there. */
const ROW = ROW_BYTES / 2;
/** The first of a row's words, the four of its hash, those of its place. */
const [FIELDS, HASH, BLOCK, SLOT] = [0, 3, 9, 11];
const TWO_FIELDS = new Uint16Array(Uint8Array.from([0, 2]).buffer)[0];

/** Where the rows lie that only one of two tables has, as `(block,slot)`. */
export interface DifferingRows {
  readonly source: readonly string[];
  readonly copy: readonly string[];
}

/**
 * Both lists are read twice and never held: first every row is added to one of many cells by its hash, those of the copy taken off again; what then stands in
 * a cell that is not empty has to be looked at one by one. A difference that nobody sees this way is for a proof to see.
 * @returns null where more than `many` rows would have to be looked at
 * @throws OperatorError COMMAND_FAILED when a list is not whole
 */
export async function differingRows(source: string, copy: string, many: number): Promise<DifferingRows | null> {
  const cells = cellsFor(await countRows(source));
  for await (const rows of rowsOf(source)) add(rows, cells, 1);
  for await (const rows of rowsOf(copy)) add(rows, cells, -1);
  const there = await inCells(source, cells, many);
  const here = await inCells(copy, cells, many);
  return there === null || here === null ? null : { source: placesOnlyIn(there, here), copy: placesOnlyIn(here, there) };
}

/** How many rows there are, and the sum of their hashes, each a number with a sign. @throws OperatorError COMMAND_FAILED when the list is not whole */
export async function sumOfRows(path: string): Promise<{ readonly rows: number; readonly sum: bigint }> {
  let [count, sum] = [0, 0n];
  for await (const rows of rowsOf(path)) {
    const bytes = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    // The halves of so many rows are exact as plain numbers.
    let [high, low] = [0, 0];
    for (let at = 2 * HASH; at < rows.byteLength; at += ROW_BYTES) {
      high += bytes.getInt32(at);
      low += bytes.getUint32(at + 4);
    }
    count += rows.length / ROW;
    sum += (BigInt(high) << 32n) + BigInt(low);
  }
  return { rows: count, sum };
}

/** A few rows in each; more cells would not stay in the processor's cache. */
const cellsFor = (rows: number): Uint32Array =>
  new Uint32Array(2 ** Math.min(24, Math.max(16, Math.ceil(Math.log2(1 + rows / 8)))));

/** The low half of a hash says which cell. */
const low = (rows: Uint16Array, at: number): number => ((rows[at + HASH + 2] ?? 0) << 16) | (rows[at + HASH + 3] ?? 0);

const high = (rows: Uint16Array, at: number): number => ((rows[at + HASH] ?? 0) << 16) | (rows[at + HASH + 1] ?? 0);

function add(rows: Uint16Array, cells: Uint32Array, sign: 1 | -1): void {
  const mask = cells.length - 1;
  for (let at = 0; at < rows.length; at += ROW) {
    const half = low(rows, at);
    // Neither half may leave a cell empty by itself, and a row of all zeros not either.
    const value = Math.imul(high(rows, at), 0x9e3779b1) + Math.imul(half, 0x85ebca6b) + 1;
    cells[half & mask] = (cells[half & mask] ?? 0) + sign * value;
  }
}

/** Places by hash of what lies in cells that are not empty. */
async function inCells(path: string, cells: Uint32Array, many: number): Promise<ReadonlyMap<string, readonly string[]> | null> {
  const mask = cells.length - 1;
  const places = new Map<string, string[]>();
  let left = many;
  for await (const rows of rowsOf(path)) {
    for (let at = 0; at < rows.length; at += ROW) {
      if (cells[low(rows, at) & mask] === 0) continue;
      left -= 1;
      if (left < 0) return null;
      const hash = `${high(rows, at)} ${low(rows, at)}`;
      const bytes = Buffer.from(rows.buffer, rows.byteOffset + 2 * at, ROW_BYTES);
      const place = `(${bytes.readUInt32BE(2 * BLOCK)},${bytes.readUInt16BE(2 * SLOT)})`;
      const own = places.get(hash);
      if (own) own.push(place);
      else places.set(hash, [place]);
    }
  }
  return places;
}

async function countRows(path: string): Promise<number> {
  const file = await open(path, "r");
  try {
    const rows = ((await file.stat()).size - HEAD.length - END.length) / ROW_BYTES;
    if (rows < 0 || !Number.isInteger(rows)) throw notWhole(path);
    return rows;
  } finally {
    await file.close();
  }
}

/** Many rows at a time; what was yielded is overwritten by the next. */
async function* rowsOf(path: string): AsyncGenerator<Uint16Array> {
  const rows = await countRows(path);
  const file = await open(path, "r");
  const chunk = Buffer.alloc(CHUNK_ROWS * ROW_BYTES);
  const read = async (bytes: number, from: number): Promise<Buffer> => {
    for (let have = 0; have < bytes; ) {
      const { bytesRead } = await file.read(chunk, have, bytes - have, from + have);
      if (bytesRead === 0) throw notWhole(path);
      have += bytesRead;
    }
    return chunk.subarray(0, bytes);
  };
  try {
    if (!(await read(HEAD.length, 0)).equals(HEAD)) throw notWhole(path);
    for (let row = 0; row < rows; row += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows - row);
      await read(count * ROW_BYTES, HEAD.length + row * ROW_BYTES);
      const words = new Uint16Array(chunk.buffer, chunk.byteOffset, count * ROW);
      for (let at = FIELDS; at < words.length; at += ROW) if (words[at] !== TWO_FIELDS) throw notWhole(path);
      yield words;
    }
    if (!(await read(END.length, HEAD.length + rows * ROW_BYTES)).equals(END)) throw notWhole(path);
  } finally {
    await file.close();
  }
}

const notWhole = (path: string): OperatorError => new OperatorError("COMMAND_FAILED", `The list of rows ${path} is not whole.`);
