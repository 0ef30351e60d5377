import { afterAll, beforeAll, describe, it } from "vitest";
import { FailingEngine } from "./support/failing-engine.ts";
import { copyProduct, installTiny, mend, type Subject } from "./support/fault-subjects.ts";
import { childrenGone, helpersOf, isFull, must, next, outcomes, pick, randomFor, runTrials, wasOver } from "./support/faults.ts";
import { countsIn, cut } from "./support/killable.ts";

const HOUR_MS = 3_600_000;
const timeout = isFull ? 4 * HOUR_MS : 900_000;

const operations = [
  { title: "install of a small bundle", make: installTiny },
  { title: "copy with a dump", make: () => copyProduct("dump") },
] as const;

describe.each(operations)("$title", ({ title, make }) => {
  let subject: Subject;
  let engine: FailingEngine;
  beforeAll(async () => {
    subject = await make();
    engine = await FailingEngine.make();
  });
  afterAll(async () => {
    await engine?.remove();
    await subject?.cleanUp();
  });

  it("F21 killed from outside at a random moment, can be resumed and undone", { timeout }, async () => {
    const { home } = subject;
    const random = randomFor(`${title} random`);
    const whole = await cut(home, "count", ...subject.command(0));
    must(whole.code === 0, "the operation failed without a kill", whole);
    await subject.serves(0);
    await subject.remove(0);
    // The reading and planning before the first change is left out for the most part.
    const trials = Array.from({ length: isFull ? 50 : 2 }, (_, index) => ({
      number: index + 1,
      afterMs: Math.round(whole.tookMs * (0.2 + 0.8 * random())),
      way: pick(random, ["resume", "undo"] as const),
    }));
    let current = 0;
    await runTrials(
      "killed at a random time",
      subject.name,
      trials,
      async ({ number, afterMs, way }) => {
        current = number;
        const killed = await cut(home, afterMs, ...subject.command(number));
        must(killed.wasKilled || killed.code === 0, "it failed by itself", killed);
        await childrenGone(home, subject.slug(number));
        await settle(subject, number, way);
      },
      () => mend(subject, current, () => subject.remove(current)),
    );
  });

  it("F24 with an engine that goes away in the middle, can be resumed and undone when it is back", { timeout }, async () => {
    const { home } = subject;
    const random = randomFor(`${title} engine`);
    const { command: commands } = countsIn(await count(subject));
    const trials = Array.from({ length: isFull ? 30 : 2 }, (_, index) => ({
      number: 1000 + index,
      fromCall: 1 + Math.floor(random() * commands),
      way: pick(random, ["resume", "undo"] as const),
      onFailure: pick(random, ["stop", "undo"] as const),
    }));
    let current = 0;
    await runTrials(
      "engine stops answering in the middle",
      subject.name,
      trials,
      async ({ number, fromCall, way, onFailure }) => {
        current = number;
        const failed = await engine.during(fromCall, home.path, ...subject.command(number), "--on-failure", onFailure);
        must(failed.code !== 1, "it took the engine's silence for its own bug", failed);
        must(failed.code !== 0 || engine.failures === 0, "it succeeded without an engine", failed);
        await settle(subject, number, way);
      },
      () => mend(subject, current, () => subject.remove(current)),
    );
  });
});

async function count(subject: Subject) {
  const whole = await cut(subject.home, "count", ...subject.command(999));
  must(whole.code === 0, "the operation failed without a fault", whole);
  await subject.remove(999);
  return whole;
}

/** Whatever state the operation is in now: it ends well one way or the other. */
async function settle(subject: Subject, number: number, way: "resume" | "undo"): Promise<void> {
  const { home } = subject;
  if ((await outcomes(home)).at(-1)?.outcome === "unfinished") {
    const last = await next(home, way, "--yes");
    must(last.code === 0 || wasOver(last), `${way} failed`, last);
    must((await helpersOf(home)).length === 0, "helper containers are left");
  }
  if ((await outcomes(home)).at(-1)?.outcome === "done" && (await isThere(subject, number))) {
    await subject.serves(number);
    return await subject.remove(number);
  }
  await subject.isGone(number);
}

async function isThere({ home, command }: Subject, number: number): Promise<boolean> {
  const name = command(number)[command(number).indexOf("--name") + 1]!;
  const { instances } = await home.json<{ readonly instances: readonly { readonly name: string }[] }>("list");
  return instances.some(each => each.name.endsWith(`-${name}`));
}
