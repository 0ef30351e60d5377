import type { MoveMethod } from "./move-method.ts";
import { compareVersions, type DatabaseFacts, type PostgresImage, type PostgresServer } from "./postgres-facts.ts";

/** Something that stands against moving a database, or that its owner should know. */
export interface DatabaseFinding {
  /** Stable, as those of errors (docs/formats.md). */
  readonly code: string;
  readonly say: string;
  readonly hint: string;
  /** False: it is lost or changed by the move, and nothing is wrong with that if the operator knows. */
  readonly stops: boolean;
}

/** What was found out: a server that let us in, or what it said instead. */
export type DatabaseLook =
  | { readonly server: PostgresServer }
  | { readonly code: string; readonly say: string; readonly hint: string };

/** The first Postgres whose rows can be compared. */
const OLDEST = 11;

/** Encodings that a server can have (https://www.postgresql.org/docs/current/multibyte.html); MULE_INTERNAL is on its way out. */
const ENCODING = /^(UTF8|SQL_ASCII|LATIN([1-9]|10)|ISO_8859_[5-8]|WIN(866|874|125[0-8])|KOI8[RU]|EUC_(CN|JP|KR|TW|JIS_2004))$/;

/** Everything that stands against moving this database into that image, all at once, before anything is stopped. */
export function databasePreflight(look: DatabaseLook, next: PostgresImage, method: MoveMethod): readonly DatabaseFinding[] {
  if (!("server" in look)) return [{ ...look, stops: true }];
  const { server } = look;
  const own = majors(server, next);
  const databases = server.databases.flatMap(each => [
    ...encoding(each, next, method),
    ...extensions(each, next),
    ...(method === "copy" ? collation(each) : []),
  ]);
  return [...own, ...databases, ...(method === "dump" ? lostByDump(server) : []), ...watchers(server)];
}

const finding = (code: string, stops: boolean, say: string, hint: string): DatabaseFinding => ({ code, say, hint, stops });

function majors(server: PostgresServer, next: PostgresImage): readonly DatabaseFinding[] {
  if (server.major < OLDEST)
    return [
      finding(
        "DATABASE_TOO_OLD",
        true,
        `The database server is Postgres ${server.version}; its rows can be compared from Postgres ${OLDEST} on.`,
        "update to a release in between first",
      ),
    ];
  if (next.major >= server.major) return [];
  return [
    finding(
      "DATABASE_OLDER",
      true,
      `The new release has Postgres ${next.version}, which is older than the ${server.version} that the data is of.`,
      "choose a release with the same Postgres, or a newer one",
    ),
  ];
}

/** `en_US.UTF-8` and `en_US.utf8` are one. */
const locale = (name: string): string => {
  const [language = "", codeset = ""] = name.split(".");
  return `${language}.${codeset.toLowerCase().replaceAll(/[^a-z0-9]/g, "")}`;
};

function encoding(database: DatabaseFacts, next: PostgresImage, method: MoveMethod): readonly DatabaseFinding[] {
  const { name, encoding: own } = database;
  const found: DatabaseFinding[] = [];
  if (!ENCODING.test(own)) {
    found.push(
      finding(
        "DATABASE_ENCODING",
        true,
        `The database ${name} has the encoding ${own}, which graph-mgr cannot move.`,
        "dump it by hand with an encoding that newer servers know, such as UTF8",
      ),
    );
  }
  const known = next.locales === null ? null : new Set(["C", "POSIX", ...next.locales].map(locale));
  // Whoever sorts, a database has a locale of the C library as well.
  const wanted = [...new Set([database.collate, database.ctype])];
  for (const each of wanted.filter(one => known !== null && !known.has(locale(one)))) {
    found.push(
      finding(
        "DATABASE_LOCALE",
        true,
        `The database ${name} has the locale ${each}, which the new release's image has not${method === "copy" ? ", so the server would let nobody in" : ""}.`,
        "ask the vendor for an image that has it",
      ),
    );
  }
  if (database.provider === "icu" && next.icu === null) {
    found.push(
      finding(
        "DATABASE_LOCALE",
        true,
        `The database ${name} is sorted by ICU, which the new release's image has not.`,
        "ask the vendor for an image that has it",
      ),
    );
  }
  return found;
}

function extensions(database: DatabaseFacts, next: PostgresImage): readonly DatabaseFinding[] {
  return database.extensions.flatMap(({ name, version }) => {
    const there = next.extensions[name];
    if (there !== undefined && compareVersions(there, version) >= 0) return [];
    return [
      finding(
        "DATABASE_EXTENSION",
        true,
        there === undefined
          ? `The database ${database.name} uses the extension ${name}, which the new release's image has not.`
          : `The database ${database.name} uses the extension ${name} ${version}, and the new release's image has only ${there}.`,
        `if nothing needs it: DROP EXTENSION ${name}   (in ${database.name}, with graph-mgr postgres shell)`,
      ),
    ];
  });
}

function collation({ name, collationVersion: { recorded, actual } }: DatabaseFacts): readonly DatabaseFinding[] {
  if (recorded === null || recorded === actual) return [];
  return [
    finding(
      "DATABASE_COLLATION",
      true,
      `The database ${name} was made with version ${recorded} of its collation and runs with ${actual ?? "none"}: its indexes may be wrong already.`,
      "--postgres dump   (a restore builds every index anew)",
    ),
  ];
}

function lostByDump(server: PostgresServer): readonly DatabaseFinding[] {
  return [
    ...(server.preparedTransactions.length === 0
      ? []
      : [
          finding(
            "DATABASE_PREPARED",
            true,
            `Prepared transactions are open (${server.preparedTransactions.slice(0, 3).join(", ")}), and a dump has none of what they changed.`,
            "end them with COMMIT PREPARED or ROLLBACK PREPARED; see pg_prepared_xacts",
          ),
        ]),
    ...(server.tablespaces.length === 0
      ? []
      : [
          finding(
            "DATABASE_TABLESPACES",
            true,
            `The database server keeps data outside of its volume, in the tablespaces ${server.tablespaces.join(", ")}.`,
            "move it with `ALTER DATABASE ... SET TABLESPACE pg_default`, then drop them",
          ),
        ]),
  ];
}

/** Whoever reads along by replication reads the old server, and nothing tells them of the new one. */
function watchers(server: PostgresServer): readonly DatabaseFinding[] {
  const slots = server.replicationSlots.join(", ");
  const subscriptions = server.subscriptions.join(", ");
  return [
    ...(slots === ""
      ? []
      : [
          finding(
            "DATABASE_SLOTS",
            false,
            `Somebody replicates from this database (${slots}); that ends with the move and has to be set up again.`,
            "if nobody does any more: SELECT pg_drop_replication_slot(...)",
          ),
        ]),
    ...(subscriptions === ""
      ? []
      : [
          finding(
            "DATABASE_SUBSCRIPTIONS",
            false,
            `This database subscribes to another one (${subscriptions}); a dump brings the subscription, but switched off.`,
            "switch it on afterwards: ALTER SUBSCRIPTION ... ENABLE",
          ),
        ]),
  ];
}
