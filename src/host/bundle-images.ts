import type { BundledImage } from "../domain/bundle.ts";
import { damaged, shown, utf8 } from "./tar-fault.ts";

/** A file of an image archive, after it streamed by. */
export interface ArchiveMember {
  readonly sha256: string;
  /** Of what is below the compression; null when that cannot be looked below. */
  readonly unfoldedSha256: string | null;
  /** Null when it cannot be a manifest. */
  readonly text: Buffer | null;
}

/** Finds a member by path, also behind links; null when there is none. */
type Find = (path: string) => ArchiveMember | null;

/**
 * The images that `manifest.json` lists. Engines since 1.10 write it, and read it rather than anything else; since 25
 * an OCI layout stands around it (https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
 *
 * @throws ArchiveFault damaged when a part is missing or has another digest than it must have
 */
export function imagesOf(find: Find): readonly BundledImage[] {
  const manifest = json(find, "manifest.json");
  if (!Array.isArray(manifest) || manifest.length === 0) throw damaged("its manifest.json lists no images");
  const images = manifest.map((each: unknown) => imageOf(find, each));
  checkNames(
    find,
    images.flatMap(image => image.tags),
  );
  return images;
}

function imageOf(find: Find, entry: unknown): BundledImage {
  const configPath = property(entry, "Config");
  const layerPaths = property(entry, "Layers") ?? [];
  const tags = property(entry, "RepoTags") ?? [];
  if (typeof configPath !== "string" || !isTexts(layerPaths) || !isTexts(tags))
    throw damaged("its manifest.json is not in order");
  const name = tags[0] ?? configPath;
  const digest = /(?:^|[/:])([0-9a-f]{64})(?:\.json)?$/.exec(configPath)?.[1];
  const config = find(configPath);
  if (config === null) throw damaged(`the configuration of the image ${shown(name)} is missing`);
  if (digest !== config.sha256) throw damaged(`the configuration of the image ${shown(name)} is not what its name says`);
  const layers = property(property(json(find, configPath), "rootfs"), "diff_ids") ?? [];
  if (!isTexts(layers)) throw damaged(`the configuration of the image ${shown(name)} lists no layers`);
  if (layers.length !== layerPaths.length) {
    throw damaged(`the image ${shown(name)} should have ${layers.length} layers and has ${layerPaths.length}`);
  }
  for (const [index, path] of layerPaths.entries())
    checkLayer(find, path, layers[index] ?? "", `layer ${index + 1} of the image ${shown(name)}`);
  return { tags, config: `sha256:${digest}`, layers };
}

function checkLayer(find: Find, path: string, diffId: string, what: string): void {
  const layer = find(path);
  if (layer === null) throw damaged(`${what} is missing`);
  // zstd cannot be looked below here; then the name, a digest that was compared, vouches for the blob.
  if (layer.unfoldedSha256 === null && path === `blobs/sha256/${layer.sha256}`) return;
  if (`sha256:${layer.unfoldedSha256}` !== diffId) throw damaged(`${what} is not what the image's configuration says`);
}

/**
 * Names stand in the archive twice, and engines take them from different places: a name that is in one place only
 * would be lost, or be another one, without any digest that tells.
 */
function checkNames(find: Find, tags: readonly string[]): void {
  const repositories = find("repositories") === null ? null : json(find, "repositories");
  const index = find("index.json") === null ? null : property(json(find, "index.json"), "manifests");
  const full = (Array.isArray(index) ? index : [])
    .map((each: unknown) => property(property(each, "annotations"), "io.containerd.image.name"))
    .filter(each => typeof each === "string");
  for (const tag of tags) {
    const colon = tag.lastIndexOf(":");
    const listed = typeof property(property(repositories, tag.slice(0, colon)), tag.slice(colon + 1)) === "string";
    const annotated = full.length === 0 || full.some(each => each === tag || each.endsWith(`/${tag}`));
    if ((repositories !== null && !listed) || !annotated) throw damaged(`its lists of names do not agree on ${shown(tag)}`);
  }
}

function json(find: Find, path: string): unknown {
  const text = find(path)?.text;
  if (!text) throw damaged(`its ${shown(path)} is missing`);
  try {
    return JSON.parse(utf8(text) ?? "");
  } catch {
    throw damaged(`its ${shown(path)} is not valid JSON`);
  }
}

function property(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(each => typeof each === "string");
