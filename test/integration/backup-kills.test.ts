import { execa } from "execa";
import { afterAll, beforeAll, describe, it } from "vitest";
import { backupCreated, backupRestored } from "./support/backup-subjects.ts";
import { TestHome } from "./support/cli.ts";
import type { Subject } from "./support/fault-subjects.ts";
import { amount, randomFor, sample } from "./support/faults.ts";
import { engineSilent, killedAt, metBy, momentsIn, type Whole, wholeRun } from "./support/subject-trials.ts";
import { homeFull } from "./support/update-fault-kinds.ts";

const timeout = 4 * 3_600_000;
const HOOK_MS = 1_800_000;

const operations = [
  { title: "backup create: the source serves on, and nothing that is not whole is listed", make: backupCreated },
  { title: "backup restore: what is there is not touched, and the new one is whole or gone", make: backupRestored },
] as const;

describe.runIf(process.getuid?.() === 0).each(operations)("$title", ({ make }) => {
  let home: TestHome;
  let subject: Subject;
  let whole: Whole;
  const randomOf = (fault: string) => randomFor(`${subject.name} ${fault}`);
  beforeAll(async () => {
    home = await TestHome.make();
    // A disk of its own, which can be filled.
    await execa("mount", ["-t", "tmpfs", "-o", "size=96m,mode=0700", "graph-mgr-test", home.path]);
    subject = await make(home);
    whole = await wholeRun(subject);
  }, HOOK_MS);
  afterAll(async () => {
    await subject?.cleanUp().catch(() => undefined);
    await execa("umount", ["--lazy", home.path]);
    await home.remove();
  });

  it("F01 F20 killed where a step begins or ends", { timeout }, async () => {
    const fault = "killed at a step boundary";
    await killedAt(
      fault,
      subject,
      sample(randomOf(fault), momentsIn(whole).boundary, amount(2, 8, 200)),
      randomOf(`${fault} ways`),
    );
  });

  it("F20 killed inside a step", { timeout }, async () => {
    const fault = "killed inside a step";
    await killedAt(
      fault,
      subject,
      sample(randomOf(fault), momentsIn(whole).within, amount(1, 6, 100)),
      randomOf(`${fault} ways`),
    );
  });

  it("F21 killed from outside at a random moment", { timeout }, async () => {
    const random = randomOf("random");
    const moments = Array.from({ length: amount(1, 4, 30) }, () => Math.round(whole.tookMs * (0.2 + 0.8 * random())));
    await killedAt("killed at a random time", subject, moments, random);
  });

  it("F24 with an engine that goes away in the middle", { timeout }, async () => {
    await engineSilent(subject, whole, amount(1, 4, 40), randomOf("engine"));
  });

  it("F23 with a full disk", { timeout }, async () => {
    const random = randomOf(homeFull.name);
    await metBy(homeFull, subject, sample(random, momentsIn(whole).boundary, amount(1, 6, 40)), random);
  });
});
