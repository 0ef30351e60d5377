import { type DatabaseProof, differing } from "./database.ts";

/** A table or a sequence by its own names, as they are. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
}

export interface ChangedTable extends Relation {
  /** On that side which has more. */
  readonly rows: number;
}

/** Tables of one database. */
export interface Tables {
  readonly database: string;
  /** Of the source's server: with it goes how rows are hashed. */
  readonly major: number | undefined;
  readonly tables: readonly ChangedTable[];
}

/** What of one database a copy lacks or has too much of. */
export interface RowChanges extends Tables {
  readonly sequences: readonly Relation[];
}

/** What has to be done to a copy, so that it is again what its source is. */
export type Changes =
  | { readonly kind: "none" }
  | { readonly kind: "rows"; readonly databases: readonly RowChanges[] }
  /** Something else than rows has changed, or so much that all anew is the shorter way; why, as a part of a sentence. */
  | { readonly kind: "all"; readonly why: string };

const NAME = String.raw`"(?:[^"\\]|\\.)*"|[A-Za-z0-9_-]+`;
const ROWS = new RegExp(String.raw`^(${NAME})/(table|sequence)/(${NAME})\.(${NAME})$`);
const MANY_RELATIONS = 5000;

/**
 * Rows and sequences can follow; whatever else differs (a table that is new, a role, a large object) cannot, because only a whole dump has it.
 * A materialised view shows rows of some earlier moment, so that where there is one and rows have changed it would show too old ones.
 */
export function changesBetween(source: DatabaseProof, copy: DatabaseProof): Changes {
  const differences = differing(source, copy);
  if (differences.length === 0) return { kind: "none" };
  if (differences.length > MANY_RELATIONS) return { kind: "all", why: `${differences.length} tables and sequences have changed` };
  const found = new Map<string, { readonly tables: ChangedTable[]; readonly sequences: Relation[] }>();
  for (const { path, say } of differences) {
    const [, database = "", what, schema = "", name = ""] = ROWS.exec(path) ?? [];
    const changes = found.get(database) ?? { tables: [], sequences: [] };
    found.set(database, changes);
    const relation = { schema: unquoted(schema), name: unquoted(name) };
    const isOnBoth = (values: keyof Pick<DatabaseProof, "entries" | "sequences">) =>
      path in source[values] && path in copy[values];
    if (what === "table" && isOnBoth("entries") && isOfUsers(source, database, schema, name))
      changes.tables.push({ ...relation, rows: Math.max(rowsIn(source.entries[path]), rowsIn(copy.entries[path])) });
    else if (what === "sequence" && isOnBoth("sequences")) changes.sequences.push(relation);
    else return { kind: "all", why: say };
  }
  for (const [path, value] of Object.entries(source.entries))
    for (const [database, { tables }] of found)
      if (value === "populated" && tables.length > 0 && path.startsWith(`${database}/materialised view/`))
        return { kind: "all", why: `${path} has to be made anew of rows that have changed` };
  return {
    kind: "rows",
    databases: [...found].map(([database, changes]) => ({ database: unquoted(database), major: source.major, ...changes })),
  };
}

/** A smaller table is moved sooner than it is known which of its rows differ. */
export const FEW_ROWS = 50_000;

/** The tables of which single rows may follow: those of more than `few`. */
export function largeTables({ entries, major }: DatabaseProof, few = FEW_ROWS): readonly Tables[] {
  const found = new Map<string, ChangedTable[]>();
  for (const [path, entry] of Object.entries(entries)) {
    const [, database = "", what, schema = "", name = ""] = ROWS.exec(path) ?? [];
    if (what !== "table" || rowsIn(entry) <= few || !isOfUsers({ entries }, database, schema, name)) continue;
    const tables = found.get(database) ?? [];
    found.set(database, tables);
    tables.push({ schema: unquoted(schema), name: unquoted(name), rows: rowsIn(entry) });
  }
  return [...found].map(([database, tables]) => ({ database: unquoted(database), major, tables }));
}

/** A table of an extension has rows that are not the user's beside those that are; its columns are not part of a proof. */
const isOfUsers = ({ entries }: Pick<DatabaseProof, "entries">, database: string, schema: string, name: string): boolean =>
  `${database}/columns/${schema}.${name}` in entries;

/** `6000000 rows, sum ...` */
const rowsIn = (entry = ""): number => Number.parseInt(entry, 10) || 0;

const unquoted = (name: string): string => (name.startsWith('"') ? (JSON.parse(name) as string) : name);

/** Where rows of a hash lie in a table. */
export type Places = ReadonlyMap<string, readonly string[]>;

/** The places of rows that only one of two tables has: as many of a hash as it has more than the other. */
export function placesOnlyIn(one: Places, other: Places): readonly string[] {
  return [...one].flatMap(([hash, places]) => places.slice(other.get(hash)?.length ?? 0));
}
