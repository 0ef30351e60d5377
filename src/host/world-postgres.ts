import type { DatabaseProof } from "../domain/database.ts";
import type { RowChanges } from "../domain/database-changes.ts";
import type { PostgresActivity, PostgresImage, PostgresServer } from "../domain/postgres-facts.ts";
import type { Progress } from "./world-files.ts";

/** Where a database is reached: inside a running container. */
export interface DatabaseAccess {
  readonly containerId: string;
  /** Runs the helper: an image with psql, pg_dump and pg_restore. */
  readonly helperImage: string;
  readonly user: string;
  readonly database: string;
  /** Never in an argument list; handed over standard input. */
  readonly password: string;
}

/** What `Postgres.follow` has to know besides. */
export interface Following {
  /** A new folder, which holds rows meanwhile. */
  readonly dir: string;
  /** Where a proof of each side as it is now has listed the rows of its large tables. */
  readonly lists: { readonly source: string; readonly target: string };
  /** What the target's proof will be held against. */
  readonly like: DatabaseProof;
  /** A table of which more rows would have to be looked at one by one moves as a whole. */
  readonly many?: number;
}

export interface Postgres {
  /** A login and `SELECT 1` over TCP. @throws OperatorError DATABASE_LOGIN with Postgres's own words */
  check(
    access: DatabaseAccess,
  ): Promise<{ readonly version: string; readonly sizeBytes: number; readonly databases: readonly string[] }>;
  /** Everything that decides whether and how its data can be moved; nothing secret. @throws OperatorError DATABASE_LOGIN, DATABASE_RIGHTS */
  describe(access: DatabaseAccess): Promise<PostgresServer>;
  /** Of the above what changes from one moment to the next. */
  activity(access: DatabaseAccess): Promise<PostgresActivity>;
  /** The Postgres in an image, which is not started; null when there is none in it. @throws OperatorError NO_IMAGE */
  describeImage(image: string): Promise<PostgresImage | null>;
  /**
   * One consistent snapshot a database: globals, every database in directory format, and the proof, into `dir`, which appears whole.
   * @param isPlain not compressed
   */
  dump(access: DatabaseAccess, dir: string, progress: Progress, isPlain?: boolean): Promise<void>;
  /** Reads a dump back, every byte of it, and has pg_restore make sense of it. @throws OperatorError NO_DUMP, DUMP_DAMAGED */
  verify(dir: string, helperImage: string, progress: Progress): Promise<void>;
  /** The proof that was taken with a dump. */
  proofOf(dir: string): Promise<DatabaseProof>;
  /**
   * Into a fresh cluster; what a cut-off run left there is taken away first. The first superuser keeps its password.
   * @returns the proof of what is there afterwards
   */
  restore(access: DatabaseAccess, dir: string, progress: Progress): Promise<DatabaseProof>;
  /**
   * Makes tables and sequences in the target what they are in the source, those of a database all in one transaction.
   * @returns the proof of what is there afterwards, to be held against one like `following.like`
   */
  follow(
    source: DatabaseAccess,
    target: DatabaseAccess,
    changes: readonly RowChanges[],
    following: Following,
  ): Promise<DatabaseProof>;
  /**
   * Takes away what a restore of `dir` brought into a server that was empty before: all databases and roles, but what we come by.
   * Nothing when no restore of it began there.
   */
  empty(access: DatabaseAccess, dir: string): Promise<void>;
  /**
   * What a proof is made of, read from a running database.
   * @param like the proof that it will be held against: servers before 14 hash rows in another way than later ones
   * @param lists a new folder, in which it is written down which rows each large table of `like` has, for `follow`; none is made where no table is large
   */
  prove(access: DatabaseAccess, like?: DatabaseProof, lists?: string): Promise<DatabaseProof>;
  /** `pg_controldata`'s "Database cluster state" and PG_VERSION of a volume; null when it holds no cluster. */
  clusterState(volume: string, helperImage: string): Promise<{ readonly state: string; readonly major: string } | null>;
}
