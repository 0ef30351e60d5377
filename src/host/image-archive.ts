import { createHash } from "node:crypto";
import type { BundledImage } from "../domain/bundle.ts";
import { type ArchiveMember, imagesOf } from "./bundle-images.ts";
import { BundleTree } from "./bundle-tree.ts";
import { ArchiveFault, damaged, shown, tooLarge } from "./tar-fault.ts";
import { decompressed, isGzip, peeked } from "./tar-gunzip.ts";
import { LIMITS } from "./tar-limits.ts";
import { readTar, type TarEntry } from "./tar-reader.ts";

/** What may be a manifest or a configuration is kept until all is known; the largest seen take some hundred KiB. */
const MOST_TEXT_BYTES = 8 * 2 ** 20;
const MOST_TEXTS_BYTES = 32 * 2 ** 20;
const ZSTD = "28b52ffd";

/**
 * Reads what `docker save` wrote, compressed or not, and checks every configuration and layer against the digest that it
 * must have. Layers stream by: manifests and layers come in any order, so digests are kept and compared at the end.
 *
 * @throws ArchiveFault
 */
export async function readImageArchive(source: AsyncIterable<Buffer>, limits = LIMITS): Promise<readonly BundledImage[]> {
  const tree = new BundleTree();
  const members = new Map<string, ArchiveMember>();
  let textBytes = 0;
  for await (const entry of readTar(decompressed(source, limits), limits)) {
    const { path } = tree.admit(entry);
    if (entry.type !== "file") continue;
    const member = await readMember(path, entry, limits);
    textBytes += member.text?.length ?? 0;
    if (textBytes > MOST_TEXTS_BYTES) throw tooLarge(`its manifests take more than ${MOST_TEXTS_BYTES / 2 ** 20} MiB`);
    const name = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1];
    if (name !== undefined && name !== member.sha256) throw damaged(`the content of ${shown(path)} is not what its name says`);
    members.set(path, member);
  }
  return imagesOf(path => members.get(tree.fileBehind(path) ?? "") ?? null);
}

async function readMember(path: string, entry: TarEntry, limits: typeof LIMITS): Promise<ArchiveMember> {
  const asItIs = createHash("sha256");
  const { start, whole } = await peeked(entry.content);
  // Most layers are tars; what can be a manifest begins with a bracket.
  const kept: Buffer[] | null = entry.sizeBytes <= MOST_TEXT_BYTES && /^(7b|5b)/.test(start) ? [] : null;
  const passing = (async function* () {
    for await (const piece of whole) {
      asItIs.update(piece);
      kept?.push(Buffer.from(piece));
      yield piece;
    }
  })();
  if (isGzip(start)) {
    const unfolded = createHash("sha256");
    try {
      for await (const piece of decompressed(passing, limits)) unfolded.update(piece);
    } catch (error) {
      throw error instanceof ArchiveFault ? new ArchiveFault(error.kind, `in ${shown(path)}, ${error.message}`) : error;
    }
    return { sha256: asItIs.digest("hex"), unfoldedSha256: unfolded.digest("hex"), text: null };
  }
  for await (const _ of passing);
  const sha256 = asItIs.digest("hex");
  return { sha256, unfoldedSha256: start.startsWith(ZSTD) ? null : sha256, text: kept && Buffer.concat(kept) };
}
