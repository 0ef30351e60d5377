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
