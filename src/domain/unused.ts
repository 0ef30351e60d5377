/** What a home can do without; the words that `prune` shows. */
export type UnusedWhat =
  | "operation"
  | "attic"
  | "history"
  | "pristine"
  | "leftover"
  | "image"
  | "dump"
  | "note"
  | "instance"
  | "removed"
  | "volume";

/** One thing that nothing in the home needs. A type and not an interface, because results hold it. */
export type Unused = {
  readonly what: UnusedWhat;
  /** What it is called on the command line: unique among those that are only taken by name. */
  readonly name: string;
  /** Null where nobody can tell. */
  readonly sizeBytes: number | null;
  /** Why nothing needs it, as a part of a sentence. */
  readonly why: string;
  /** Files and folders, absolute. */
  readonly paths: readonly string[];
};

/** Of these nothing is lost that anybody could want back; all others hold data, tell of some or are a way back, and go only by name. */
export const GOES_BY_ITSELF: readonly UnusedWhat[] = ["operation", "attic", "history", "pristine", "leftover", "image"];

export const goesByItself = ({ what }: Pick<Unused, "what">): boolean => GOES_BY_ITSELF.includes(what);

/** What has no known size counts as nothing. */
export const totalBytes = (all: readonly Unused[]): number => all.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
