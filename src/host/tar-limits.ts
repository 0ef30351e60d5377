/** What an archive may be at most. Whatever is larger is refused while it is read, long before it fills a disk. */
export const LIMITS = {
  entries: 200_000,
  /** One at the front is what programs write. */
  globalHeaders: 100,
  /** Of all contents, and of what a compressed archive unfolds to. */
  totalBytes: 200 * 2 ** 30,
  /** Of all names together: they are kept in memory to find two that collide. */
  namesBytes: 32 * 2 ** 20,
  /** Of one long name or extended header. */
  extensionBytes: 2 ** 20,
  /** Zeros reach 230 to 1030, images and configuration 2 to 10. Below `ratioFromBytes` a file of zeros at the front is let pass. */
  ratio: 200,
  ratioFromBytes: 256 * 2 ** 20,
  /** How much is unfolded at once, and read from a file at once. */
  chunkBytes: 2 ** 19,
  readBytes: 2 ** 20,
} as const;

export type Limits = { readonly [Limit in keyof typeof LIMITS]: number } & {
  /** A tree of the administrator's own: names may be any bytes, and named pipes are passed over, which hold nothing. */
  readonly isOwnTree?: boolean;
};
