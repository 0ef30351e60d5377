import { describe, expect, it } from "vitest";
import { type AnyFault, allTrials, newTally, type Rehearsal, rehearse, runTrial, type Trial } from "./faults.ts";
import { seeded } from "./random.ts";
import { type Group, scenarios } from "./scenarios.ts";

/** `all` cuts off everywhere in every way, which takes minutes; otherwise a fixed sample of what has a second fault. */
const isFull = process.env.GRAPH_MGR_FAULTS === "all";
const SHARE_OF_SECOND_FAULTS = 0.1;
const TIMEOUT_MS = 900_000;
const SHOWN = 5;

/** What each file of fault runs must come to, so that all together are at least `ATLEAST`. */
export const ATLEAST = { runs: 20_000, each: 100 } as const;
export const shares: Readonly<
  Record<Group, { readonly runs: number; readonly faults: readonly AnyFault[]; readonly kinds: readonly string[] }>
> = {
  install: {
    runs: 6500,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["bundle.unpack", "pristine.keep", "images.load", "images.build", "images.tag", "current.set"],
  },
  "copy-dump": {
    runs: 5000,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["tree.copy", "database.dump", "database.restore", "database.drop-dump", "volume.copy", "volume.create"],
  },
  "copy-copy": {
    runs: 4800,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["instance.configure", "instance.verify", "release.place", "instance.record", "volume.copy"],
  },
  run: {
    runs: 3500,
    faults: ["crash", "torn", "orphan", "power", "io", "full", "signal", "read"],
    kinds: ["data.reset", "instance.launch", "instance.revive", "instance.healthy", "instance.stop"],
  },
  remove: {
    runs: 2000,
    faults: ["crash", "power", "io", "signal", "read"],
    kinds: ["containers.remove", "path.move", "volume.remove", "tree.remove", "images.remove"],
  },
};

function chosen(rehearsal: Rehearsal): readonly Trial[] {
  const trials = allTrials(rehearsal);
  if (isFull) return trials;
  const random = seeded(rehearsal.scenario.name.length);
  return trials.filter(({ recovery }) => random() < SHARE_OF_SECOND_FAULTS || recovery.length === 1);
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
