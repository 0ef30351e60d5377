import { afterAll, beforeAll, describe, it } from "vitest";
import { amount, randomFor } from "./support/faults.ts";
import { SmallDisk } from "./support/small-disk.ts";
import { homeFull, outOfMemory, portTaken, wrongPassword } from "./support/update-fault-kinds.ts";
import { type UpdateSubject, updateSmall } from "./support/update-subject.ts";
import { type Counted, counted, type Fault, type Moment, methodsFor, spread, tryFault } from "./support/update-trials.ts";

const timeout = 4 * 3_600_000;
/** An installation, another, and a whole update, on a machine that may have more to do. */
const HOOK_MS = 1_800_000;

/** Faults that meet an update on an engine that others use, at a home with a small disk of its own. */
describe.runIf(process.getuid?.() === 0).each(methodsFor("update faults"))("an update by %s", { tags: ["usual"] }, method => {
  let disk: SmallDisk;
  let subject: UpdateSubject;
  let whole: Counted;
  beforeAll(async () => {
    disk = await SmallDisk.make(98_304);
    subject = await updateSmall(method, disk.home);
    whole = await counted(subject);
  }, HOOK_MS);
  afterAll(async () => {
    await subject?.cleanUp().catch(() => undefined);
    await disk?.remove();
  });
  const randomOf = (fault: Fault) => randomFor(`update ${method} ${fault.name}`);
  const tried = (fault: Fault, count: number, moments = whole.moments) =>
    tryFault(subject, fault, spread(moments, count, randomOf(fault)), randomOf(fault));

  it("F23 outlives a full disk under the home", { timeout }, () => tried(homeFull, amount(1, 12, 60)));

  it("F55 outlives a container that is killed for memory", { timeout }, () => tried(outOfMemory, amount(1, 6, 30)));

  it("F59 outlives a password that is no longer right", { timeout }, () => tried(wrongPassword, amount(1, 6, 30), whole.logins));

  it("F35 outlives somebody else on its port", { timeout }, async () => {
    const trials: readonly Moment[] = whole.gaps.flatMap(point => [
      { point, way: "resume" },
      { point, way: "undo" },
    ]);
    await tryFault(subject, portTaken, trials.slice(0, amount(1, 4, trials.length)), randomOf(portTaken));
  });
});
