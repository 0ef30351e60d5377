/** What a test does with a line that the README tells the operator to type. */
export interface Way {
  /** As it stands there, without the remark behind it. */
  readonly line: string;
  /** Words behind it: names that no other test has, and what a script says where a terminal would ask. */
  readonly more?: string;
  /** Other commands that make what the line is about. */
  readonly before?: readonly string[];
  /** It is not run here: why, and which test runs the like. */
  readonly elsewhere?: string;
}

/** `NAME` is of this run alone; instances are called after it. */
const NAMED = { more: "--name NAME --yes" };
const YES = { more: "--yes" };
const OWN = (name: string): string => `v2.22.2-NAME${name}`;
/** Leaves a copy that was stopped between two of its steps. */
const cutCopy = (name: string): string =>
  `count() { grep -ls doing HOME/.graph-mgr/operations/*/journal.jsonl | wc -l; }; had=$(count); graph-mgr copy ${OWN("")} --name NAME${name} --data none --no-launch --yes & copy=$!; until [ "$(count)" -gt "$had" ]; do sleep 0.02; done; kill -TERM $copy; wait $copy; [ $? = 4 ]`;
const CUT = [
  { line: "graph-mgr operations", before: [cutCopy("c")] },
  { line: "graph-mgr resume", ...YES },
  { line: "graph-mgr undo", before: [cutCopy("d")], ...YES },
];
const BACK = `graph-mgr install --attach HOME/.graph-mgr/removed/${OWN("t")}-*/ --yes; graph-mgr stop ${OWN("t")}`;
const FOR_GOOD = {
  line: "graph-mgr remove v2.22.2-training --volumes --confirm v2.22.2-training",
  before: [BACK],
  ...YES,
};
const backup = (line: string, way: Partial<Way> = {}): Way => ({ line: `graph-mgr backup ${line}`, ...way });

export const README_WAYS: readonly Way[] = [
  {
    line: "npm ci && npm run build && npm link",
    elsewhere: "it would replace what other tests run; scripts/test.sh begins with it",
  },
  { line: "graph-mgr install graphistry-v2.22.2.tar.gz", ...NAMED },
  { line: "graph-mgr copy v2.22.2 --name training --data dump", ...YES },
  { line: "graph-mgr list" },
  { line: "graph-mgr status v2.22.2-training" },
  { line: "graph-mgr stop v2.22.2-training" },
  { line: "graph-mgr launch v2.22.2-training" },
  { line: "graph-mgr update graphistry-v2.23.0.tar.gz", ...YES },
  { line: "graph-mgr rollback", more: "--accept-loss --yes" },
  backup("create", YES),
  backup("restore 1", YES),
  { line: "graph-mgr stop v2.22.2-training" },
  { line: "graph-mgr remove v2.22.2-training", ...YES },
  FOR_GOOD,
  ...CUT,
];

/** Every line that is set apart to be typed, or looked at, with the remark behind it taken away. */
export const linesOf = (page: string): readonly string[] =>
  page
    .split("\n")
    .filter(line => line.startsWith("    ") && line.trim() !== "")
    .map(line => line.trim().split(/\s{2,}/)[0] ?? "");
