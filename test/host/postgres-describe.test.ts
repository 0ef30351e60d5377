import { expect, it } from "vitest";
import { serverIn } from "../../src/host/postgres-describe.ts";
import { image } from "../domain/postgres-servers.ts";

const server = {
  version: "15.14 (Debian 15.14-0+deb12u1)",
  major: 15,
  systemIdentifier: "7000000000000000001",
  checksums: false,
  superuser: true,
  tablespaces: [],
  preparedTransactions: ["gid"],
  replicationSlots: ["standby"],
  sessions: [{ database: "app", user: "app", application: "nexus", address: "172.18.0.4", state: "idle" }],
  nextTransactionId: "4294967400",
  startedAt: "2026-11-20T10:15:00.123Z",
};
const database = (name: string, over: object = {}) => ({
  name,
  sizeBytes: 7_500_000,
  tables: 0,
  encoding: "UTF8",
  collate: "C.UTF-8",
  ctype: "C.UTF-8",
  isTemplate: false,
  provider: "libc",
  collationVersion: { recorded: null, actual: null },
  changedCollations: [],
  subscriptions: [],
  extensions: [{ name: "plpgsql", version: "1.0" }],
  ...over,
});
const print = (...lines: readonly object[]) => lines.map(line => `${JSON.stringify(line)}\n`).join("");

it("reads a server and its databases, without templates, and takes libraries from the image", () => {
  const facts = serverIn(
    print(server, database("app", { subscriptions: ["feed"] }), database("template1", { isTemplate: true })),
    image(),
  );
  expect(facts).toMatchObject({
    version: "15.14",
    libc: { name: "glibc", version: "2.36" },
    subscriptions: ["feed"],
    nextTransactionId: "4294967400",
    sessions: [{ application: "nexus" }],
  });
  expect(facts.databases.map(({ name }) => name)).toEqual(["app"]);
  expect(Object.keys(facts.databases[0]!)).not.toContain("isTemplate");
  expect(Object.keys(facts)).not.toContain("superuser");
});

it("refuses a user who cannot see all of it", () => {
  expect(() => serverIn(print({ ...server, superuser: false }), image())).toThrow(
    expect.objectContaining({ code: "DATABASE_RIGHTS" }),
  );
});
