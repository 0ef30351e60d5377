import { expect, it } from "vitest";
import type { ListedBackup } from "../../src/domain/backup-note.ts";
import { planPrune } from "../../src/operations/prune-backups.ts";
import { describePlan } from "../../src/plan/plan.ts";
import { kinds } from "../../src/steps/index.ts";
import { failsWith } from "../steps/one-step.ts";

const OCCASION = { now: new Date("2026-11-20T10:15:00Z"), random: "test00" };
const LAST = { last: 1, daily: 0, weekly: 0 };

const backup = (sequence: number, instance = "v1.0.0"): ListedBackup => ({
  sequence,
  path: `/srv/backups/${sequence}.tar`,
  instance,
  release: "v1.0.0",
  createdAt: "2026-11-20T02:00:00.000Z",
  sizeBytes: 1e9,
  withImages: false,
  encrypted: null,
  verified: { at: "2026-11-20T02:01:00.000Z", how: "created" },
  drilled: null,
  damaged: false,
});
const plan = (...backups: readonly ListedBackup[]) => planPrune({ home: "/srv", engine: "engine", backups }, LAST, OCCASION);

it("says what goes, what stays, and that nothing brings it back", () => {
  expect(describePlan(plan(backup(1), backup(2), backup(3)), kinds)).toMatchInlineSnapshot(`
    "Delete 2 of 3 backups (2.0 GB)
     !  1. Delete the backup 1, /srv/backups/1.tar
     !  2. Delete the backup 2, /srv/backups/2.tar
      ! cannot be undone from step 1 on
      * 3 stays
      * what is deleted cannot be brought back"
  `);
});

it("says that each instance is counted by itself, where there are several", () => {
  const { notes } = plan(backup(1), backup(2, "v1.0.0-other"), backup(3), backup(4));
  expect(notes).toContain("4 stays of v1.0.0, which is counted by itself");
  expect(notes).toContain("2 stays of v1.0.0-other, which is counted by itself");
});

it("is refused where nothing would go", () => {
  expect(() => plan(backup(1), backup(2, "v1.0.0-other"))).toThrow(failsWith("NOTHING_TO_PRUNE", "None of the 2 backups"));
});
