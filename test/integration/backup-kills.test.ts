import { afterAll, beforeAll, describe, it } from "vitest";
import { backupCreated, backupRestored } from "./support/backup-subjects.ts";
import type { Subject } from "./support/fault-subjects.ts";
import { amount, randomFor, sample } from "./support/faults.ts";
import { SmallDisk } from "./support/small-disk.ts";
import { itOutlivesKills, metBy, momentsIn, type Whole, wholeRun } from "./support/subject-trials.ts";
import { homeFull } from "./support/update-fault-kinds.ts";

const timeout = 4 * 3_600_000;
const HOOK_MS = 1_800_000;

const operations = [
  { title: "backup create: the source serves on, and nothing that is not whole is listed", make: backupCreated },
  { title: "backup restore: what is there is not touched, and the new one is whole or gone", make: backupRestored },
] as const;

describe.runIf(process.getuid?.() === 0).each(operations)("$title", ({ make }) => {
  let disk: SmallDisk;
  let subject: Subject;
  let whole: Whole;
  const randomOf = (fault: string) => randomFor(`${subject.name} ${fault}`);
  beforeAll(async () => {
    disk = await SmallDisk.make(98_304);
    subject = await make(disk.home);
    whole = await wholeRun(subject);
  }, HOOK_MS);
  afterAll(async () => {
    await subject?.cleanUp().catch(() => undefined);
    await disk?.remove();
  });

  itOutlivesKills(() => ({ subject, whole, randomOf }));

  it("F23 with a full disk", { timeout }, async () => {
    const random = randomOf(homeFull.name);
    await metBy(homeFull, subject, sample(random, momentsIn(whole).boundary, amount(1, 6, 40)), random);
  });
});
