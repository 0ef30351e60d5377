import { describe, expect, it } from "vitest";
import { type AnyFault, allTrials, newTally, type Rehearsal, rehearse, runTrial, type Trial } from "./faults.ts";
import { seeded } from "./random.ts";
import { type Group, scenarios } from "./scenarios.ts";

/**
 * `all` cuts off everywhere in every way, which takes minutes. Otherwise every fault strikes everywhere once, followed by
 * each way to go on, and of the rest (other seeds, second faults) a fixed sample, larger of the short operations.
 */
const isFull = process.env.GRAPH_MGR_FAULTS === "all";
const LONG_MOMENTS = 60;
/** An update has so many steps that are others' steps as well that a part of its moments is enough. */
const LONGEST_MOMENTS = 280;
const SHARE_OF_FIRST = 0.3;
const SHARE_OF_REST = { short: 0.15, long: 0.01, longest: 0.005 };
/** Of operations that are longer still, and made of what others are made of: a fixed sample of everything. */
const SPARSE: Readonly<Record<string, number>> = { "update via path": 0.015 };
const TIMEOUT_MS = 900_000;
const SHOWN = 5;

/** What each file of fault runs must come to, so that all together are at least `ATLEAST`. */
export const ATLEAST = { runs: 20_000, each: 100 } as const;
export const shares: Readonly<
  Record<Group, { readonly runs: number; readonly faults: readonly AnyFault[]; readonly kinds: readonly string[] }>
> = {
  install: {
    runs: 5300,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["bundle.unpack", "pristine.keep", "images.load", "images.build", "images.tag", "current.set"],
  },
  "copy-dump": {
    runs: 4400,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["tree.copy", "database.dump", "database.restore", "database.drop-dump", "volume.copy", "volume.create"],
  },
  "copy-copy": {
    runs: 3100,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["instance.configure", "instance.verify", "release.place", "instance.record", "volume.copy"],
  },
  run: {
    runs: 3100,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["data.reset", "instance.launch", "instance.revive", "instance.healthy", "instance.stop"],
  },
  backup: {
    runs: 3000,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["backup.write", "backup.accept", "backup.delete", "backup.reclaim", "schedule.units", "schedule.timer", "boot.turn"],
  },
  restore: {
    runs: 3000,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["backup.images", "backup.dump", "backup.tree", "backup.volume", "backup.note-drill", "networks.close"],
  },
  images: {
    runs: 300,
    faults: ["crash", "power", "io"],
    kinds: ["images.export", "images.import"],
  },
  migrate: {
    runs: 1000,
    faults: ["crash", "power", "io"],
    kinds: [
      "migrate.install",
      "migrate.images",
      "migrate.ahead",
      "migrate.send",
      "migrate.open",
      "migrate.commit",
      "migrate.note",
      "maintenance.retire",
    ],
  },
  maintenance: {
    runs: 640,
    faults: ["crash", "power", "io"],
    kinds: ["maintenance.up", "maintenance.down"],
  },
  doctor: {
    runs: 150,
    faults: ["crash"],
    kinds: ["files.modes", "containers.policies", "helpers.sweep", "cache.drop"],
  },
  update: {
    runs: 1700,
    faults: ["crash", "torn", "power", "io", "full", "signal", "read"],
    kinds: [
      "instance.quiet",
      "configuration.merge",
      "configuration.keep",
      "tree.carry",
      "scratch.drop",
      "data.baseline",
      "database.alone",
      "database.list",
      "database.catch-up",
      "instance.rest",
      "front.open",
      "front.answers",
      "update.commit",
    ],
  },
  prepare: {
    runs: 500,
    faults: ["crash", "power", "io"],
    kinds: ["images.load", "images.unload"],
  },
  path: {
    runs: 300,
    faults: ["power"],
    kinds: ["instance.quiet", "configuration.merge", "volume.copy", "database.dump", "instance.forget"],
  },
  rollback: {
    runs: 1100,
    faults: ["crash", "power", "io"],
    kinds: ["instance.quiet", "front.open", "instance.revive"],
  },
  adopt: {
    runs: 300,
    faults: ["crash", "power", "io"],
    kinds: ["pristine.none"],
  },
  config: {
    runs: 1000,
    faults: ["crash", "torn", "power", "io", "full", "signal", "read"],
    kinds: ["config.keep", "config.write", "config.note", "instance.recreate", "instance.recreate-back"],
  },
  remove: {
    runs: 1600,
    faults: ["crash", "power", "io", "signal", "read"],
    kinds: ["containers.remove", "path.move", "volume.remove", "tree.remove", "images.remove", "unused.remove"],
  },
};

function chosen(rehearsal: Rehearsal): readonly Trial[] {
  const trials = allTrials(rehearsal);
  if (isFull) return trials;
  const sparse = SPARSE[rehearsal.scenario.name];
  const { length } = rehearsal.moments;
  const isLongest = length >= LONGEST_MOMENTS;
  const share = SHARE_OF_REST[length < LONG_MOMENTS ? "short" : isLongest ? "longest" : "long"];
  const random = seeded(rehearsal.scenario.name.length);
  if (sparse !== undefined) return trials.filter(() => random() < sparse);
  return trials.filter(
    ({ fault, recovery, seed }) =>
      random() < share ||
      ((seed === 0 || fault === "read") && recovery.length === 1 && (!isLongest || random() < SHARE_OF_FIRST)),
  );
}

/**
 * Cuts off every operation of a group at every journal write and every effect. After going on with it the host is as if
 * nothing had happened, after going back as before; what is not the operation's own is never written to, and two Postgres
 * servers never run on one volume: both are looked at after every single effect.
 */
export function faultRuns(group: Group): void {
  const tally = newTally();

  describe(`cut off anywhere, then resumed or undone`, () => {
    for (const [name, build] of Object.entries(scenarios[group])) {
      it(name, { timeout: TIMEOUT_MS }, async () => {
        const rehearsal = await rehearse(await build());
        const failures: string[] = [];
        for (const trial of chosen(rehearsal)) {
          try {
            await runTrial(rehearsal, trial, tally);
          } catch (error) {
            failures.push(String(error));
            if (failures.length === SHOWN) break;
          }
        }
        expect(failures.join("\n\n")).toBe("");
      });
    }

    it("has had its share of faults, steps and runs", () => {
      const { runs, faults, kinds } = shares[group];
      const few = [
        ...faults.filter(fault => (tally.faults.get(fault) ?? 0) < ATLEAST.each),
        ...kinds.filter(kind => (tally.kinds.get(kind) ?? 0) < ATLEAST.each),
      ];
      expect(few).toEqual([]);
      expect(tally.runs).toBeGreaterThanOrEqual(runs);
    });
  });
}
