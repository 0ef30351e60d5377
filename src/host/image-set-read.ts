import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { MEMBERS, partName } from "../domain/backup.ts";
import type { BundledImage } from "../domain/bundle.ts";
import { type ImageSetManifest, type ImageSetSource, parseImageSet } from "../domain/image-set.ts";
import { OperatorError } from "../errors.ts";
import { digestText, memberHeader } from "./backup-members.ts";
import { chunksOf } from "./bundle-archive.ts";
import { readImageArchive } from "./image-archive.ts";
import { isZero } from "./tar-bytes.ts";
import { ArchiveFault } from "./tar-fault.ts";
import { decompressed } from "./tar-gunzip.ts";
import { BLOCK_BYTES, parseHeader } from "./tar-header.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";
import { codeOf, openToRead } from "./unpack-tree.ts";

const READ_BYTES = 2 ** 18;
const MOST_MANIFEST_BYTES = 16 * 2 ** 20;
const DIGEST_BYTES = 130;
/** The digest's header, itself with what fills its block, and the end. */
const TAIL_BYTES = 4 * BLOCK_BYTES;

const damagedImages = (path: string, what: string): OperatorError =>
  new OperatorError("IMAGES_DAMAGED", `The exported images ${path} are damaged: ${what}.`, {
    hint: "copy the file again, or export them again; nothing was changed",
  });

const noImages = (path: string, what: string): OperatorError =>
  new OperatorError("NO_IMAGE_FILE", `${path} ${what}.`, { hint: "make one where the images are: graph-mgr export --to FILE" });

/** What reads may throw, in the operator's words. */
const inWords = (path: string, error: unknown): unknown => {
  if (error instanceof ArchiveFault)
    return error.kind === "notTar" ? noImages(path, "holds no exported images") : damagedImages(path, error.message);
  return codeOf(error) === "EIO" ? damagedImages(path, "the disk cannot read it (EIO)") : error;
};

interface Read {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly manifest: ImageSetManifest;
}

/**
 * The image archive, as it is below the compression; then what the file says of itself. Each byte is held against the digest of all,
 * also those that no part's own digest is about; so nothing of it counts before its end.
 * @throws OperatorError NO_IMAGE_FILE, IMAGES_DAMAGED
 */
async function* readSet(path: string): AsyncGenerator<Buffer, Read> {
  const file = await openToRead(path).catch((error: unknown) => {
    throw ["ENOENT", "ENOTDIR"].includes(codeOf(error)) ? noImages(path, "is not there") : error;
  });
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw noImages(path, "is no file");
    if (stat.size < TAIL_BYTES) throw noImages(path, "holds no exported images");
    const all = createHash("sha256");
    const entries = readTar(hashed(file, stat.size - TAIL_BYTES, all));
    const members = new Members(path, entries);
    await members.text(MEMBERS.readme, MOST_MANIFEST_BYTES);
    const raw = members.parts();
    yield* decompressed(unclosed(raw));
    for await (const _ of raw);
    const text = await members.text(MEMBERS.manifest, MOST_MANIFEST_BYTES);
    const said = await members.text(MEMBERS.digest, DIGEST_BYTES);
    if (!(await entries.next()).done) throw damagedImages(path, "there is something behind its digest");
    const digest = all.digest("hex");
    if (said !== digestText(digest, createHash("sha256").update(text).digest("hex")))
      throw damagedImages(path, "it is not what was written");
    const manifest = parseImageSet(text);
    if (manifest === null) throw damagedImages(path, `${MEMBERS.manifest} is not what exported images have`);
    await checkTail(path, file, stat.size, said, manifest.createdAt);
    return { digest, sizeBytes: stat.size, manifest };
  } catch (error) {
    throw inWords(path, error);
  } finally {
    await file.close();
  }
}

/** What the digest is not about: it stands there as it was written, with nothing behind it. */
async function checkTail(path: string, file: FileHandle, sizeBytes: number, said: string, createdAt: string): Promise<void> {
  const tail = Buffer.alloc(TAIL_BYTES);
  await file.read(tail, 0, TAIL_BYTES, sizeBytes - TAIL_BYTES);
  const header = memberHeader(MEMBERS.digest, DIGEST_BYTES, Math.trunc(Date.parse(createdAt) / 1000));
  const isOurs =
    tail.subarray(0, BLOCK_BYTES).equals(header) &&
    parseHeader(header).sizeBytes === DIGEST_BYTES &&
    tail.toString("latin1", BLOCK_BYTES, BLOCK_BYTES + DIGEST_BYTES) === said &&
    isZero(tail.subarray(BLOCK_BYTES + DIGEST_BYTES));
  if (!isOurs) throw damagedImages(path, "it does not end as it should");
}

/** The file as it streams by; so much of it from its beginning on goes into the hash. */
async function* hashed(file: FileHandle, countedBytes: number, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  let done = 0;
  for await (const piece of chunksOf(file, READ_BYTES)) {
    hash.update(piece.subarray(0, Math.max(0, Math.min(piece.length, countedBytes - done))));
    done += piece.length;
    yield piece;
  }
}

/** Whoever stops reading does not end the source. */
async function* unclosed(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

/** The members, which come in one order and no other. */
class Members {
  readonly #path: string;
  readonly #entries: AsyncGenerator<TarEntry>;
  #ahead: TarEntry | null = null;

  constructor(path: string, entries: AsyncGenerator<TarEntry>) {
    this.#path = path;
    this.#entries = entries;
  }

  async text(name: string, mostBytes: number): Promise<string> {
    const entry = await this.#next();
    if (entry?.path !== name || entry.type !== "file" || entry.sizeBytes > mostBytes) {
      if (name === MEMBERS.readme) throw noImages(this.#path, "holds no exported images");
      throw damagedImages(this.#path, `${name} is not where it should be`);
    }
    const pieces: Buffer[] = [];
    for await (const piece of entry.content) pieces.push(Buffer.from(piece));
    const text = Buffer.concat(pieces).toString("utf8");
    if (name === MEMBERS.readme && !text.startsWith(IMAGES_README_START)) throw noImages(this.#path, "holds no exported images");
    return text;
  }

  /** All that is left of the image archive, as it is compressed. */
  async *parts(): AsyncGenerator<Buffer> {
    for (let number = 1; ; number++) {
      const entry = await this.#next();
      if (entry === null) return;
      if (entry.path !== partName("images", "gzip", number) || entry.type !== "file") {
        this.#ahead = entry;
        return;
      }
      yield* entry.content;
    }
  }

  async #next(): Promise<TarEntry | null> {
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead ?? (await this.#entries.next()).value ?? null;
  }
}

/** How the first member begins, by which such a file is known. */
export const IMAGES_README_START = "graph-mgr images, format 1";

/** What a file of exported images holds, once all of it was read. */
interface CheckedImageSet {
  readonly source: ImageSetSource;
  readonly sizeBytes: number;
  readonly manifest: ImageSetManifest;
}

/** Reads every byte, checks every layer, and writes nothing. @throws OperatorError NO_IMAGE_FILE, IMAGES_DAMAGED */
export async function checkImageSet(path: string): Promise<CheckedImageSet> {
  let found: Read | null = null;
  const pieces = (async function* () {
    found = yield* readSet(path);
  })();
  const images = await readImageArchive(unclosed(pieces)).catch((error: unknown) => {
    throw inWords(path, error);
  });
  for await (const _ of pieces);
  const { digest, sizeBytes, manifest } = found ?? never();
  if (!holds(images, manifest)) throw damagedImages(path, "its images are not those that its manifest names");
  return { source: { path, digest }, sizeBytes, manifest };
}

function never(): never {
  throw new Error("a file was read to its end and nothing was found");
}

/** One image each, and no name in the archive: a load moves no tag. */
function holds(archive: readonly BundledImage[], { images, imageStore }: ImageSetManifest): boolean {
  const key = ({ layers }: { readonly layers: readonly string[] }, id: string) =>
    imageStore === "classic" ? `${id} ${layers.join()}` : layers.join();
  const there = archive.map(image => key(image, image.config)).sort();
  const named = images.map(image => key(image, image.id)).sort();
  return archive.every(({ tags }) => tags.length === 0) && there.join("\n") === named.join("\n");
}

/**
 * The image archive for the engine. Its last piece is held back until all else was read and the digest compared: an engine that
 * got another archive than the one that was checked sees it end too early, and takes nothing of it.
 */
export async function* imageArchiveOf({ path, digest }: ImageSetSource): AsyncGenerator<Buffer> {
  const pieces = readSet(path);
  let held: Buffer | null = null;
  try {
    for (let next = await pieces.next(); ; next = await pieces.next()) {
      if (next.done === true) {
        if (next.value.digest !== digest) throw damagedImages(path, "it is not what it was when it was checked");
        break;
      }
      if (held !== null) yield held;
      held = Buffer.from(next.value);
    }
  } finally {
    await pieces.return({} as Read);
  }
  if (held !== null) yield held;
}
