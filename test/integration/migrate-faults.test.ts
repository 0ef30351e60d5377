import { afterAll, beforeAll, describe, it } from "vitest";
import type { Subject } from "./support/fault-subjects.ts";
import { amount, randomFor, sample } from "./support/faults.ts";
import { connectionCut, engineThereGone, migrated } from "./support/migrate-subject.ts";
import { SecondMachine } from "./support/second-machine.ts";
import { backupBundle, backupHome } from "./support/small-backup.ts";
import { SmallProduct } from "./support/small-product.ts";
import { itOutlivesKills, metBy, momentsIn, type Whole, wholeRun } from "./support/subject-trials.ts";
import type { Fault } from "./support/update-trials.ts";

const timeout = 4 * 3_600_000;
const HOOK_MS = 1_800_000;

/** Two machines, and one instance that moves from the one to the other: after each fault it serves here or there, with everything. */
describe.runIf(process.getuid?.() === 0)("migrate", () => {
  let second: SecondMachine;
  let small: SmallProduct;
  let subject: Subject;
  let whole: Whole;
  const randomOf = (fault: string) => randomFor(`migrate ${fault}`);
  beforeAll(async () => {
    second = await SecondMachine.up();
    small = await SmallProduct.make();
    subject = await migrated(await backupHome(await backupBundle(small)), second);
    whole = await wholeRun(subject);
  }, HOOK_MS);
  afterAll(async () => {
    await subject?.cleanUp().catch(() => undefined);
    await small?.remove();
    await second?.down();
  });

  itOutlivesKills(() => ({ subject, whole, randomOf }));

  const met = async (fault: Fault<Subject>, count: number) => {
    const { boundary, within } = momentsIn(whole);
    await metBy(fault, subject, sample(randomOf(fault.name), [...boundary, ...within], count), randomOf(`${fault.name} ways`));
  };
  it("F77 with a connection that is cut", { timeout }, () => met(connectionCut(second), amount(1, 6, 40)));

  it("F24 with an engine that goes away there", { timeout }, () => met(engineThereGone(second), amount(1, 4, 40)));
});
