import { expect, it } from "vitest";
import { databasePreflight } from "../../src/domain/database-preflight.ts";
import { database, image, server } from "./postgres-servers.ts";

const codes = (...given: Parameters<typeof databasePreflight>) =>
  databasePreflight(...given).map(({ code, stops }) => `${code}${stops ? "" : " (said)"}`);

it("finds nothing against a database that can be moved", () => {
  expect(databasePreflight({ server: server() }, image(), "dump")).toEqual([]);
  expect(databasePreflight({ server: server() }, image(), "copy")).toEqual([]);
});

it("F59 passes on what Postgres said to a login that failed", () => {
  const said = { code: "DATABASE_LOGIN", say: "password authentication failed", hint: "see .env" };
  expect(databasePreflight(said, image(), "dump")).toEqual([{ ...said, stops: true }]);
});

it("F60 F61 F62 names everything that stands against it at once", () => {
  const bad = server({
    databases: [
      database({
        encoding: "MULE_INTERNAL",
        extensions: [
          { name: "postgis", version: "3.3.2" },
          { name: "pgcrypto", version: "1.4" },
        ],
      }),
      database({ name: "other", collate: "de_DE.UTF-8", ctype: "de_DE.UTF-8" }),
    ],
    preparedTransactions: ["gid-1"],
    replicationSlots: ["standby"],
    subscriptions: ["feed"],
    tablespaces: ["fast"],
  });
  const found = databasePreflight({ server: bad }, image(), "dump");
  expect(found.map(({ code, stops }) => `${code}${stops ? "" : " (said)"}`)).toEqual([
    "DATABASE_ENCODING",
    "DATABASE_EXTENSION",
    "DATABASE_EXTENSION",
    "DATABASE_LOCALE",
    "DATABASE_PREPARED",
    "DATABASE_TABLESPACES",
    "DATABASE_SLOTS (said)",
    "DATABASE_SUBSCRIPTIONS (said)",
  ]);
  expect(found.map(({ say }) => say)).toMatchInlineSnapshot(`
    [
      "The database graphistry has the encoding MULE_INTERNAL, which graph-mgr cannot move.",
      "The database graphistry uses the extension postgis, which the new release's image has not.",
      "The database graphistry uses the extension pgcrypto 1.4, and the new release's image has only 1.3.",
      "The database other has the locale de_DE.UTF-8, which the new release's image has not.",
      "Prepared transactions are open (gid-1), and a dump has none of what they changed.",
      "The database server keeps data outside of its volume, in the tablespaces fast.",
      "Somebody replicates from this database (standby); that ends with the move and has to be set up again.",
      "This database subscribes to another one (feed); a dump brings the subscription, but switched off.",
    ]
  `);
  for (const { hint } of found) expect(hint).not.toBe("");
});

it("F61 takes an extension that is there in the same version or a newer one", () => {
  const uses = (version: string) => server({ databases: [database({ extensions: [{ name: "pgcrypto", version }] })] });
  expect(codes({ server: uses("1.2") }, image(), "dump")).toEqual([]);
  expect(codes({ server: uses("1.3") }, image(), "dump")).toEqual([]);
  expect(codes({ server: uses("1.10") }, image(), "dump")).toEqual(["DATABASE_EXTENSION"]);
});

it("F60 knows a locale however it is spelt, and asks nothing where any will do", () => {
  const as = (collate: string) => server({ databases: [database({ collate, ctype: collate })] });
  expect(codes({ server: as("en_US.utf8") }, image(), "dump")).toEqual([]);
  expect(codes({ server: as("C.UTF-8") }, image(), "dump")).toEqual([]);
  expect(codes({ server: as("C") }, image({ locales: ["en_US.utf8"] }), "dump")).toEqual([]);
  expect(codes({ server: as("fr_FR.UTF-8") }, image(), "dump")).toEqual(["DATABASE_LOCALE"]);
  expect(codes({ server: as("fr_FR.UTF-8") }, image({ locales: null }), "dump")).toEqual([]);
  const icu = server({ databases: [database({ provider: "icu" })] });
  expect(codes({ server: icu }, image({ icu: null }), "dump")).toEqual(["DATABASE_LOCALE"]);
});

it("F33 a collation that has changed already stands against a copy, and a dump cures it", () => {
  const stale = server({ databases: [database({ collationVersion: { recorded: "2.31", actual: "2.36" } })] });
  expect(codes({ server: stale }, image(), "copy")).toEqual(["DATABASE_COLLATION"]);
  expect(codes({ server: stale }, image(), "dump")).toEqual([]);
});

it("F32 F54 refuses servers that are too old, and releases that are older than the data", () => {
  expect(codes({ server: server({ major: 10, version: "10.23" }) }, image(), "dump")).toEqual(["DATABASE_TOO_OLD"]);
  expect(codes({ server: server({ major: 17, version: "17.6" }) }, image(), "dump")).toEqual(["DATABASE_OLDER"]);
});
