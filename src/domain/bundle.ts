/** A bundle as it was when it was surveyed; compared again before it is used. */
export interface BundleSource {
  /** Absolute. */
  readonly path: string;
  readonly kind: "archive" | "folder";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** sha256 of the archive; of a folder, of its names and contents without the image archive. Names pristine files by cut of a release. */
  readonly digest: string;
  /** `containers.tar` or `containers.tar.gz`, relative to the bundle's root; null when it brings no images. */
  readonly imageArchive: string | null;
  /** Where the bundle's root lies inside: empty, or its only top folder with a slash (`graphistry-v2.22.2/`). */
  readonly root: string;
}

/** One image that a bundle brings, checked layer by layer. */
export interface BundledImage {
  readonly tags: readonly string[];
  /** `sha256:...` of the image's configuration. */
  readonly config: string;
  /** diff ids, lowest first. */
  readonly layers: readonly string[];
}

/** What a look at a bundle found. Reading it changes nothing. */
export interface BundleContents {
  readonly source: BundleSource;
  /** Small text files (at most 1 MiB each) by path relative to the bundle's root. Holds secrets (`.env`): never journalled, never shown. */
  readonly texts: Readonly<Record<string, string>>;
  readonly images: readonly BundledImage[];
  /** Bytes that the entries take on disk, without the image archive. */
  readonly unpackedBytes: number;
}

/** Whether a bundle is still the one that was looked at, without reading it. */
export interface BundleStamp {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** When its inode was changed last: no program sets that back. */
  readonly changedMs: number;
}

/** What the files of a bundle say that tell what it is, and nothing else of it. */
export interface BundleGlance {
  readonly stamp: BundleStamp;
  /** sha256 of an archive that had to be read to its end anyway, as in `BundleSource`; null where it was not. */
  readonly digest: string | null;
  /** Those of `TELLING_FILES` that it has. Holds secrets (`.env`): never shown, never kept. */
  readonly texts: Readonly<Record<string, string>>;
}

/** Compose's own defaults, in the order in which it looks for them. */
export const COMPOSE_FILES: readonly string[] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/** What a vendor says of one release, beside the product description. */
export const RELEASE_FILE = "release.yml";
/** What an administrator must have read before the update to a release. */
export const UPGRADING_FILE = "UPGRADING.md";
/** A bundle's own description of its product. */
export const DESCRIPTION_FILE = "graph-mgr.yml";

/** Files that tell which release a bundle is, of which product, and what it asks for. */
export const TELLING_FILES: readonly string[] = [
  ...COMPOSE_FILES,
  ".env",
  "VERSION",
  "release.yml",
  "UPGRADING.md",
  "graph-mgr.yml",
];
