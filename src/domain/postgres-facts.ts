/** Which C library, as far as an image says it: glibc and musl sort texts differently, and so do versions of glibc. */
export interface Libc {
  readonly name: "glibc" | "musl" | "unknown";
  /** `2.36`; null when the image does not say it. */
  readonly version: string | null;
}

/** The Postgres in an image, without a server that runs. */
export interface PostgresImage {
  readonly major: number;
  /** `15.14`, or `18beta1` */
  readonly version: string;
  /** As `uname -m` says it: `x86_64`. */
  readonly architecture: string;
  readonly libc: Libc;
  /** Version of the ICU library, which sorts texts where a database asks for it; null without one. */
  readonly icu: string | null;
  /** `debian 12`; empty when the image does not say it. */
  readonly system: string;
  /** Extensions that `CREATE EXTENSION` would find, by name, with the version that it would make. */
  readonly extensions: Readonly<Record<string, string>>;
  /** Locales of the C library; null where any name will do (musl) or none can be listed. */
  readonly locales: readonly string[] | null;
}

export interface DatabaseFacts {
  readonly name: string;
  readonly sizeBytes: number;
  /** Tables, views and sequences of users: none in a database that nobody has used. */
  readonly tables: number;
  /** `UTF8` */
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** Who sorts. */
  readonly provider: "libc" | "icu" | "builtin";
  /** Version of the collation when the database was made, and of the library now; null where it has none (`C`, `C.UTF-8`) or the server is older than 15. */
  readonly collationVersion: { readonly recorded: string | null; readonly actual: string | null };
  /** Collations, besides the database's own, that indexes use and whose library is another version now. */
  readonly changedCollations: readonly string[];
  readonly extensions: readonly { readonly name: string; readonly version: string }[];
}

/** Somebody else who is connected. */
export interface ClientSession {
  readonly database: string;
  readonly user: string;
  readonly application: string;
  /** Null for one that came by the socket. */
  readonly address: string | null;
  readonly state: string;
}

/** A running database server, with nothing secret. */
export interface PostgresActivity {
  /** Client sessions but those of graph-mgr. */
  readonly sessions: readonly ClientSession[];
  /**
   * The next transaction id that the server gives. It does not move by reading; besides users, autovacuum moves it too.
   * A text, because it counts in 64 bits.
   */
  readonly nextTransactionId: string;
}

export interface PostgresServer extends PostgresImage, PostgresActivity {
  readonly systemIdentifier: string;
  readonly checksums: boolean;
  /** All that can be entered, templates left out. */
  readonly databases: readonly DatabaseFacts[];
  readonly preparedTransactions: readonly string[];
  readonly replicationSlots: readonly string[];
  readonly subscriptions: readonly string[];
  readonly tablespaces: readonly string[];
  /** ISO 8601. */
  readonly startedAt: string;
}

/** `glibc 2.36` */
export const libcText = ({ name, version }: Libc): string =>
  name === "unknown" ? "an unknown C library" : `${name}${version === null ? "" : ` ${version}`}`;

/** Negative when `a` is the older of two versions like `15.9` and `15.14`; what follows the numbers is not looked at. */
export function compareVersions(a: string, b: string): number {
  const parts = (text: string) => (/^\d+(\.\d+)*/.exec(text)?.[0] ?? "").split(".").map(Number);
  const [left, right] = [parts(a), parts(b)];
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
