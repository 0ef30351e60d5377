import { expect, it } from "vitest";
import { chooseMove, safeMoves } from "../../src/operations/database-move.ts";
import type { Estimable } from "../../src/operations/window-estimate.ts";
import { database, image, server } from "../domain/postgres-servers.ts";

/** The old release serves, and most of a dump could move meanwhile. */
const RUNS = {
  databaseRuns: true,
  inner: ["postgres"],
  product: { health: { windowSeconds: 2 }, postgres: { service: "postgres" } },
};
const facts = (over: object | null = {}, more: object = {}) =>
  ({
    database: over === null ? null : { old: null, oldImage: image(), next: image(), ...over },
    databaseVolumeBytes: 0,
    treeBytes: 0,
    ...RUNS,
    ...more,
  }) as unknown as Estimable;
const methods = (given: Estimable) => safeMoves(given, false).map(({ method }) => method);

it("names every method that is safe, the one that auto takes first", () => {
  expect(methods(facts())).toEqual(["copy", "dump"]);
  expect(safeMoves(facts(), false)[1]?.reasons.join(" ")).toContain("though a copy would be safe as well");
});

it("F32 names no copy between majors, and nothing for an older server", () => {
  expect(methods(facts({ next: image({ major: 17, version: "17.1" }) }))).toEqual(["dump"]);
  expect(methods(facts({ next: image({ major: 14, version: "14.9" }) }))).toEqual([]);
});

it("names none while it is not known what the new release brings, where there is no database, and where nobody can log in", () => {
  expect([methods(facts({ next: null })), methods(facts(null)), methods(facts({ oldImage: null }))]).toEqual([[], [], []]);
  expect(methods(facts({ old: { code: "BAD_LOGIN", say: "no", hint: "" } }))).toEqual([]);
});

const holding = (sizeBytes: number, volumeBytes: number, over: object = {}, more: object = {}) =>
  facts(
    { old: { server: server({ databases: [database({ sizeBytes })], ...over }) } },
    { databaseVolumeBytes: volumeBytes, ...more },
  );

it("auto copies what is small, and what a dump would not bring through the window faster", () => {
  for (const [database, volume] of [
    [8e6, 50e6],
    [8e6, 700e6],
    [1.2e9, 2.4e9],
    [100e9, 120e9],
  ] as const)
    expect(chooseMove(holding(database, volume), "auto", false).method).toBe("copy");
});

it("auto dumps a large volume whose databases follow sooner than it is copied, and says how long either takes", () => {
  expect(chooseMove(holding(2e9, 40e9), "auto", false)).toEqual({
    method: "dump",
    reasons: [
      "The database moves by dump. A copy of the volume would be safe as well, but visitors would wait about 3 min for it, and about 40 s for a dump.",
    ],
  });
});

it("auto counts with what can be moved ahead: of a server that runs, and not of what is only gone through", () => {
  const sizes = [1.2e9, 8.3e9] as const;
  expect(chooseMove(holding(...sizes), "auto", false).method).toBe("dump");
  expect(chooseMove(holding(...sizes), "auto", true).method).toBe("copy");
  expect(chooseMove(holding(...sizes, {}, { inner: [] }), "auto", false).method).toBe("copy");
});

it("auto copies where something stands against a dump alone, however long that takes", () => {
  const { method, reasons } = chooseMove(holding(2e9, 40e9, { preparedTransactions: ["two"] }), "auto", false);
  expect([method, reasons[0]]).toEqual(["copy", expect.stringMatching(/so the files can be taken as they are\.$/)]);
});
