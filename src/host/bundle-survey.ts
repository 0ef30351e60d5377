import type { BundledImage } from "../domain/bundle.ts";
import { MOST_TEXT_BYTES, textOf } from "./bundle-text.ts";
import { BundleTree, IMAGE_ARCHIVES } from "./bundle-tree.ts";
import { readImageArchive } from "./image-archive.ts";
import { ArchiveFault, tooLarge } from "./tar-fault.ts";
import { LIMITS } from "./tar-limits.ts";
import type { TarEntry } from "./tar-reader.ts";

export interface BundleSurvey {
  /** Null when there is no compose file. */
  readonly root: string | null;
  readonly isEmpty: boolean;
  readonly imageArchive: string | null;
  readonly images: readonly BundledImage[];
  readonly texts: Readonly<Record<string, string>>;
  readonly unpackedBytes: number;
}

/** For each of two: files in the upper folders, where configuration lies (more is refused), and deeper ones (more is left out). */
const MOST_TEXTS_BYTES = 32 * 2 ** 20;
const UPPER_DEPTH = 4;
const DISK_BLOCK_BYTES = 4096;

type Images = { readonly images: readonly BundledImage[] } | { readonly fault: ArchiveFault };

/**
 * Looks at everything in a bundle once, in whatever order it comes.
 *
 * @throws ArchiveFault
 */
export async function surveyEntries(entries: AsyncIterable<TarEntry>, limits = LIMITS): Promise<BundleSurvey> {
  const tree = new BundleTree();
  const texts = new TextShelf();
  const archives = new Map<string, Images>();
  const sizes = new Map<string, number>();
  let unpackedBytes = 0;
  for await (const entry of entries) {
    const { path } = tree.admit(entry);
    const bytes = entry.type === "folder" ? DISK_BLOCK_BYTES : Math.ceil(entry.sizeBytes / DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES;
    unpackedBytes += bytes;
    if (entry.type !== "file") continue;
    if (mayBeImageArchive(path, tree)) {
      sizes.set(path, bytes);
      archives.set(path, await imagesIn(path, entry, limits));
    } else if (entry.sizeBytes <= MOST_TEXT_BYTES) {
      await texts.put(path, entry);
    }
  }
  const root = tree.root;
  const imageArchive = root === null ? null : tree.settle(root);
  const found = imageArchive === null ? undefined : archives.get(root + imageArchive);
  if (found && "fault" in found) throw found.fault;
  return {
    root,
    isEmpty: tree.isEmpty,
    imageArchive,
    images: found?.images ?? [],
    texts: texts.below(root ?? "", tree),
    unpackedBytes: unpackedBytes - (sizes.get((root ?? "") + imageArchive) ?? 0),
  };
}

/** Where the root is, and with it which file is the image archive, is known for sure only at the end. */
function mayBeImageArchive(path: string, tree: BundleTree): boolean {
  const [first = "", second, third] = path.split("/");
  if (second === undefined) return IMAGE_ARCHIVES.includes(first);
  return third === undefined && IMAGE_ARCHIVES.includes(second) && tree.onlyTop === `${first}/`;
}

async function imagesIn(path: string, entry: TarEntry, limits: typeof LIMITS): Promise<Images> {
  try {
    return { images: await readImageArchive(entry.content, limits) };
  } catch (error) {
    if (!(error instanceof ArchiveFault)) throw error;
    const name = path.split("/").at(-1);
    return { fault: new ArchiveFault(error.kind === "notTar" ? "damaged" : error.kind, `in its ${name}, ${error.message}`) };
  }
}

class TextShelf {
  readonly #texts = new Map<string, string>();
  #upperBytes = 0;
  #deepBytes = 0;

  async put(path: string, entry: TarEntry): Promise<void> {
    const upper = path.split("/").length <= UPPER_DEPTH;
    if (!upper && this.#deepBytes + entry.sizeBytes > MOST_TEXTS_BYTES) return;
    const text = await textOf(entry);
    if (text === null) return;
    if (upper) this.#upperBytes += entry.sizeBytes;
    else this.#deepBytes += entry.sizeBytes;
    if (this.#upperBytes > MOST_TEXTS_BYTES) {
      throw tooLarge(`the small text files in its upper folders take more than ${MOST_TEXTS_BYTES / 2 ** 20} MiB`);
    }
    this.#texts.set(path, text);
  }

  /** By path below `root`; what is a link to a text is that text. */
  below(root: string, tree: BundleTree): Readonly<Record<string, string>> {
    for (const alias of tree.aliases) {
      const text = this.#texts.get(tree.fileBehind(alias) ?? "");
      if (text !== undefined) this.#texts.set(alias, text);
    }
    const inside = [...this.#texts].filter(([path]) => path.startsWith(root)).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(inside.map(([path, text]) => [path.slice(root.length), text]));
  }
}
