import type { DatabaseProof } from "./database.ts";

/** What a database and its files were when visitors were let in; in the operation's folder as `baseline.json`. */
export interface Baseline {
  /** ISO 8601. */
  readonly takenAt: string;
  readonly proof: Pick<DatabaseProof, "entries"> | null;
  /** Fingerprints of folders with data: a clock that was set back makes what was written since look older. */
  readonly trees?: Readonly<Record<string, string>>;
  /** Of named volumes but the database's, by Docker's name; older versions did not look into them. */
  readonly volumes?: Readonly<Record<string, string>>;
}

const ROWS = /^(\d+) rows/;

/** What was written into tables since, a line each: `graphistry public.datasets: 3 more rows`. */
export function rowsSince(before: Pick<DatabaseProof, "entries">, now: Pick<DatabaseProof, "entries">): readonly string[] {
  const paths = [...new Set([...Object.keys(before.entries), ...Object.keys(now.entries)])].filter(path =>
    path.includes("/table/"),
  );
  return paths.sort().flatMap(path => {
    const [was, is] = [before.entries[path], now.entries[path]];
    if (was === is) return [];
    const rows = Number(ROWS.exec(is ?? "")?.[1] ?? 0) - Number(ROWS.exec(was ?? "")?.[1] ?? 0);
    const what =
      rows === 0 ? "changed rows" : `${Math.abs(rows)} ${rows > 0 ? "more" : "fewer"} row${Math.abs(rows) === 1 ? "" : "s"}`;
    return [`${path.replace("/table/", " ")}: ${what}`];
  });
}

/**
 * The same of a folder or a volume.
 * @param place what it is called
 * @param count files that are newer by their time
 * @param isOther whether it is another one than before by its fingerprint
 */
export function filesSince(place: string, count: number, isOther: boolean): readonly string[] {
  if (count > 0) return [`${place}: ${count} file${count === 1 ? "" : "s"} written`];
  return isOther ? [`${place}: changed files`] : [];
}
