/** What an archive may be at most. Whatever is larger is refused while it is read, long before it fills a disk. */
export const LIMITS = {
  entries: 200_000,
  /** Of all contents, and of what a compressed archive unfolds to. */
  totalBytes: 200 * 2 ** 30,
  /** Of all names together: they are kept in memory to find two that collide. */
  namesBytes: 32 * 2 ** 20,
  /** Of one long name or extended header. */
  extensionBytes: 2 ** 20,
  /** Deflate reaches 1030 at most, images and configuration 2 to 10; a large file of zeros at the front passes `ratioFromBytes`. */
  ratio: 250,
  ratioFromBytes: 256 * 2 ** 20,
  /** How much is unfolded at once, and read from a file at once. */
  chunkBytes: 2 ** 19,
  readBytes: 2 ** 20,
} as const;
