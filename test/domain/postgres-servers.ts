import type { DatabaseFacts, PostgresImage, PostgresServer } from "../../src/domain/postgres-facts.ts";

export const image = (over: Partial<PostgresImage> = {}): PostgresImage => ({
  major: 15,
  version: "15.14",
  architecture: "x86_64",
  libc: { name: "glibc", version: "2.36" },
  icu: "72.1",
  system: "debian 12",
  extensions: { plpgsql: "1.0", pgcrypto: "1.3" },
  locales: ["C", "C.utf8", "POSIX", "en_US.utf8"],
  ...over,
});

export const database = (over: Partial<DatabaseFacts> = {}): DatabaseFacts => ({
  name: "graphistry",
  sizeBytes: 1_200_000_000,
  tables: 12,
  encoding: "UTF8",
  collate: "en_US.UTF-8",
  ctype: "en_US.UTF-8",
  provider: "libc",
  collationVersion: { recorded: "2.36", actual: "2.36" },
  changedCollations: [],
  extensions: [{ name: "plpgsql", version: "1.0" }],
  ...over,
});

export const server = (over: Partial<PostgresServer> = {}): PostgresServer => ({
  ...image(),
  systemIdentifier: "7000000000000000001",
  checksums: false,
  databases: [database()],
  preparedTransactions: [],
  replicationSlots: [],
  subscriptions: [],
  tablespaces: [],
  sessions: [],
  nextTransactionId: "1234",
  startedAt: "2026-11-20T10:15:00.000Z",
  ...over,
});
