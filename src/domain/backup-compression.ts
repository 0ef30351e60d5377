// Apart from the rest of the format, because the help names these without reading its schemas.

/** How the streams of a backup are compressed. The tar itself never is, so that its parts can be found without reading all of it. */
export const COMPRESSIONS = ["gzip", "zstd", "none"] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What a stream's parts are called, behind its name: `folder.tar.gz.00000001`. */
export const SUFFIX: Readonly<Record<Compression, string>> = { gzip: ".tar.gz", zstd: ".tar.zst", none: ".tar" };
