/** A file of an archive that goes to somebody else. */
export interface ParcelMember {
  /** Relative, with slashes. */
  readonly name: string;
  readonly text: string;
}

/** Archives for people elsewhere. */
export interface Parcels {
  /**
   * Writes a `.tar.gz` (0600), reads it back from the disk, and gives it its name only when `inspect` lets what was read pass; else nothing is there.
   * @throws OperatorError EXISTS, NO_FOLDER, and what `inspect` throws
   * @returns its size
   */
  write(path: string, members: readonly ParcelMember[], inspect: (members: readonly ParcelMember[]) => void): Promise<number>;
}
