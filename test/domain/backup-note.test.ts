import { describe, expect, it } from "vitest";
import { backupName, sequenceIn } from "../../src/domain/backup-name.ts";
import { choosePath, type ListedBackup, prunable } from "../../src/domain/backup-note.ts";

const of = (sequence: number, day: string, isGood = true, instance = "v1.0.0"): ListedBackup => ({
  sequence,
  path: `/backups/${sequence}.tar`,
  instance,
  release: "v1.0.0",
  createdAt: `2026-11-${day}:00:00.000Z`,
  sizeBytes: 1,
  withImages: false,
  encrypted: null,
  verified: isGood ? { at: "2026-11-30T00:00:00.000Z", how: "created" } : null,
  drilled: null,
  damaged: false,
});
const NONE = { last: 0, daily: 0, weekly: 0 };
const gone = (backups: readonly ListedBackup[], keep: Partial<typeof NONE>) =>
  prunable(backups, { ...NONE, ...keep }).map(({ sequence }) => sequence);

describe("which backups go", () => {
  it("F67 of seven bad ones and a good one the good one stays, whatever is asked for", () => {
    const bad = [2, 3, 4, 5, 6, 7, 8].map(each => of(each, `0${each}T10`, false));
    expect(gone([of(1, "01T10"), ...bad], { last: 1 })).toEqual([]);
    expect(gone([...bad, of(9, "09T10")], { last: 1 })).toEqual([2, 3, 4, 5, 6, 7, 8]);
    expect(gone(bad, { last: 1 })).toEqual([]);
  });

  it("F67 the newest good one stays when none is to be kept", () => {
    expect(gone([of(1, "01T10"), of(2, "02T10"), of(3, "03T10", false)], {})).toEqual([1]);
  });

  it("the newest ones stay by their numbers, whatever the clock said", () => {
    expect(gone([of(1, "09T10"), of(2, "08T10"), of(3, "01T10")], { last: 2 })).toEqual([1]);
  });

  it("bad ones do not count as kept", () => {
    expect(gone([of(1, "01T10"), of(2, "02T10"), of(3, "03T10", false), of(4, "04T10")], { last: 2 })).toEqual([1, 3]);
  });

  it("the newest of each day and of each week", () => {
    // 2026-11-01 is a Sunday.
    const all = [of(1, "01T10"), of(2, "02T09"), of(3, "02T10"), of(4, "07T10"), of(5, "08T10"), of(6, "09T10")];
    expect(gone(all, { daily: 3 })).toEqual([1, 2, 3]);
    expect(gone(all, { daily: 5 })).toEqual([2]);
    expect(gone(all, { weekly: 2 })).toEqual([1, 2, 3, 4]);
    expect(gone(all, { weekly: 3 })).toEqual([2, 3, 4]);
    expect(gone(all, { last: 2, daily: 3, weekly: 3 })).toEqual([2, 3]);
  });

  it("of each instance by itself", () => {
    expect(gone([of(1, "01T10"), of(2, "02T10", true, "v2.0.0"), of(3, "03T10")], { last: 1 })).toEqual([1]);
  });
});

describe("how backups are called", () => {
  it("by number, instance and time", () => {
    const name = backupName(17, "v2.22.2-training", "2026-11-20T10:15:00.000Z", false);
    expect(name).toBe("17-v2.22.2-training-20261120T101500Z.tar");
    expect(sequenceIn(name)).toBe(17);
  });

  it("and say so when they are encrypted", () => {
    const name = backupName(17, "v2.22.2", "2026-11-20T10:15:00.000Z", true);
    expect(name).toBe("17-v2.22.2-20261120T101500Z.tar.age");
    expect(sequenceIn(name)).toBe(17);
  });

  it.each([
    "v2.22.2.tar",
    ".17-v2.22.2-20261120T101500Z.tar.unread",
    "17-v2.22.2-20261120T101500Z",
    "x17-v2-20261120T101500Z.tar",
  ])("%s is none", name => expect(sequenceIn(name)).toBe(null));

  it("a number is one of the list, anything else a file", () => {
    const backups = [of(3, "01T10"), of(5, "02T10")];
    expect(choosePath(backups, "5", path => `/cwd/${path}`)).toBe("/backups/5.tar");
    expect(choosePath(backups, "5.tar", path => `/cwd/${path}`)).toBe("/cwd/5.tar");
    expect(() => choosePath(backups, "4", path => path)).toThrow("there is 3, 5");
  });
});
