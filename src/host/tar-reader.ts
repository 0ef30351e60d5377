import { nameOf } from "./name-bytes.ts";
import { isZero, TarBytes, type TarSource } from "./tar-bytes.ts";
import { damaged, hostile, notTar, shown, tooLarge, utf8 } from "./tar-fault.ts";
import { BLOCK_BYTES, looksLikeHeader, parseHeader, type TarHeader } from "./tar-header.ts";
import { LIMITS, type Limits } from "./tar-limits.ts";
import { type PaxRecords, parsePax } from "./tar-pax.ts";

export type EntryType = "file" | "folder" | "link" | "hardlink";

/** One thing in an archive. Nothing is judged here but the form: what a name or a link may be is for the caller to say. */
export interface TarEntry {
  /** As written, without NUL, valid UTF-8 or of an own tree as `nameOf` has it; a folder's may end with a slash. */
  readonly path: string;
  readonly type: EntryType;
  /** The low twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** 0 for all but files. */
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Empty for files and folders. */
  readonly linkTarget: string;
  /** To be read once and before the next entry is asked for; what is left is skipped. Pieces are valid until the next one. */
  readonly content: AsyncIterable<Buffer>;
}

const TYPES: Readonly<Record<string, EntryType>> = { "0": "file", "\0": "file", "1": "hardlink", "2": "link", "5": "folder" };
const PIPE = "6";
const REFUSED: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a named pipe",
  S: "a sparse file, which cannot be checked",
  M: "a part of another volume",
};

/** What headers before an entry's own said about it. One way of saying it an entry: tars disagree on which of two wins. */
interface Said {
  readonly pax: PaxRecords | null;
  readonly longName: string | null;
  readonly longLink: string | null;
}

const NOTHING: Said = { pax: null, longName: null, longLink: null };

/**
 * The entries of a tar stream: ustar, PAX, and GNU with long names. Strict: it ends with two zero blocks and nothing
 * else after them, every header's checksum is right, and what tars read differently is refused.
 *
 * @throws ArchiveFault
 */
export async function* readTar(source: TarSource, limits: Limits = LIMITS): AsyncGenerator<TarEntry> {
  const bytes = new TarBytes(source);
  const count = { globals: 0, entries: 0, totalBytes: 0, namesBytes: 0 };
  let global: PaxRecords = {};
  let said = NOTHING;
  try {
    for (let first = true; ; first = false) {
      const block = bytes.atHand(BLOCK_BYTES) ?? (await (first ? bytes.upTo(BLOCK_BYTES) : bytes.exactly(BLOCK_BYTES)));
      if (first && block !== null && block.length < BLOCK_BYTES) throw notTar("it is not a tar archive");
      if (block === null) throw first ? notTar("it is empty") : damaged("it ends without an end mark");
      if (isZero(block)) {
        if (said !== NOTHING) throw damaged("it ends where an entry was announced");
        return await end(bytes);
      }
      const header = headerOf(block, first);
      if ("xgLK".includes(header.type)) {
        const text = await extension(bytes, header, limits.extensionBytes);
        if (header.type === "g") {
          if (said !== NOTHING) throw hostile("a global header stands between an entry and its own");
          // Nothing else stops a stream of these.
          if (++count.globals > limits.globalHeaders) throw tooLarge(`it has more than ${limits.globalHeaders} global headers`);
          global = { ...global, ...parsePax(text, "global") };
        } else said = heard(said, header.type, text, limits);
        continue;
      }
      if (header.type === PIPE && limits.isOwnTree === true && header.sizeBytes === 0) {
        said = NOTHING;
        continue;
      }
      const entry = entryOf(header, global, said, limits);
      said = NOTHING;
      if (++count.entries > limits.entries) throw tooLarge(`it has more than ${limits.entries} entries`);
      count.totalBytes += entry.sizeBytes;
      count.namesBytes += entry.path.length + entry.linkTarget.length;
      if (count.totalBytes > limits.totalBytes) throw tooLarge(`its entries take more than ${limits.totalBytes / 2 ** 30} GiB`);
      if (count.namesBytes > limits.namesBytes)
        throw tooLarge(`the names of its entries take more than ${limits.namesBytes / 2 ** 20} MiB`);
      let left = entry.sizeBytes;
      const pieces = async function* () {
        while (left > 0) {
          const piece = await bytes.must(left);
          left -= piece.length;
          yield piece;
        }
      };
      yield { ...entry, content: { [Symbol.asyncIterator]: pieces } };
      const skipBytes = left + padding(entry.sizeBytes);
      if (skipBytes > 0) await bytes.skip(skipBytes);
    }
  } finally {
    await bytes.close();
  }
}

const padding = (sizeBytes: number) => (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;

function headerOf(block: Buffer, first: boolean): TarHeader {
  try {
    return parseHeader(block);
  } catch (error) {
    throw first && !looksLikeHeader(block) ? notTar("it is not a tar archive") : error;
  }
}

async function end(bytes: TarBytes): Promise<void> {
  const second = await bytes.exactly(BLOCK_BYTES);
  if (second === null || !isZero(second)) throw damaged("it has half an end mark");
  for (let piece = await bytes.some(LIMITS.chunkBytes); piece !== null; piece = await bytes.some(LIMITS.chunkBytes)) {
    if (!isZero(piece)) throw damaged("there is something behind its end");
  }
}

async function extension(bytes: TarBytes, header: TarHeader, mostBytes: number): Promise<Buffer> {
  if (header.sizeBytes > mostBytes) throw tooLarge(`a header of it takes more than ${mostBytes / 2 ** 20} MiB`);
  const text = header.sizeBytes === 0 ? Buffer.alloc(0) : await bytes.exactly(header.sizeBytes);
  if (text === null) throw damaged("it ends too early");
  await bytes.skip(padding(header.sizeBytes));
  return text;
}

function heard(said: Said, type: string, text: Buffer, limits: Limits): Said {
  if (said.pax !== null || (type === "x" && (said.longName !== null || said.longLink !== null))) {
    throw hostile("two headers say different things about one entry");
  }
  if (type === "x") return { ...said, pax: parsePax(text, "entry") };
  if ((type === "L" ? said.longName : said.longLink) !== null) throw hostile("an entry has two long names");
  const end = text.length > 0 && text[text.length - 1] === 0 ? text.length - 1 : text.length;
  const name = textOf(text.subarray(0, end), limits);
  return type === "L" ? { ...said, longName: name } : { ...said, longLink: name };
}

function entryOf(header: TarHeader, global: PaxRecords, said: Said, limits: Limits): Omit<TarEntry, "content"> {
  const pax = { ...global, ...said.pax };
  const path = pax.path ?? said.longName ?? textOf(header.name, limits);
  if (path.includes("\0")) throw hostile(`the name ${shown(path)} has a NUL in it`);
  const type = typeOf(header, path);
  const sizeBytes = sizeOf(header, pax, path);
  if (type !== "file" && sizeBytes > 0) throw hostile(`${shown(path)} is no file and yet has content`);
  const linkTarget =
    type === "link" || type === "hardlink" ? (pax.linkpath ?? said.longLink ?? textOf(header.linkName, limits)) : "";
  if (linkTarget.includes("\0")) throw hostile(`the target of ${shown(path)} has a NUL in it`);
  const uid = pax.uid ?? header.uid;
  const gid = pax.gid ?? header.gid;
  // The last one means "leave it as it is" to chown.
  if (uid >= 0xffffffff || gid >= 0xffffffff) throw hostile(`${shown(path)} belongs to an impossible owner`);
  const modifiedMs = Math.round((pax.modifiedSeconds ?? header.modifiedSeconds) * 1000);
  return { path, type, mode: header.mode, uid, gid, sizeBytes, modifiedMs, linkTarget };
}

function typeOf(header: TarHeader, path: string): EntryType {
  const type = TYPES[header.type];
  if (type === undefined)
    throw hostile(`${shown(path)} is ${REFUSED[header.type] ?? `of the unknown type ${shown(header.type)}`}`);
  // The oldest tars have no type for folders.
  return type === "file" && path.endsWith("/") ? "folder" : type;
}

/** An extended header may say a size only where the header's own field has no room for it, or says the same. */
function sizeOf(header: TarHeader, pax: PaxRecords, path: string): number {
  if (pax.sizeBytes === undefined || pax.sizeBytes === header.sizeBytes) return header.sizeBytes;
  if (pax.sizeBytes <= 0o77777777777) throw hostile(`${shown(path)} has two sizes`);
  return pax.sizeBytes;
}

function textOf(bytes: Buffer, { isOwnTree = false }: Limits): string {
  const text = isOwnTree ? nameOf(bytes) : utf8(bytes);
  if (text === null) throw hostile(`the name ${shown(bytes.toString("latin1"))} is not valid UTF-8`);
  return text;
}
