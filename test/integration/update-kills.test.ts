import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FailingEngine } from "./support/failing-engine.ts";
import { amount, childrenGone, must, outcomes, pick, randomFor, runTrials } from "./support/faults.ts";
import { cut } from "./support/killable.ts";
import { type Phase, phaseNow } from "./support/phases.ts";
import { type UpdateSubject, updateSmall } from "./support/update-subject.ts";
import { counted, type Moment, mendUpdate, methodsFor, settle, spread, type Way } from "./support/update-trials.ts";

const timeout = 8 * 3_600_000;
/** An installation, another, and a whole update, on a machine that may have more to do. */
const HOOK_MS = 1_800_000;

/** What is done after the cut, and where that is cut as well. */
interface Kill extends Moment {
  readonly again: string | null;
}

describe.each(methodsFor("update kills"))("an update by %s that is killed", { tags: ["usual"] }, method => {
  let subject: UpdateSubject;
  let whole: Awaited<ReturnType<typeof counted>>;
  const randomOf = (fault: string) => randomFor(`update ${method} ${fault}`);
  beforeAll(async () => {
    subject = await updateSmall(method);
    whole = await counted(subject);
  }, HOOK_MS);
  afterAll(async () => {
    await subject?.cleanUp();
  });
  const only = (kind: "journal" | "within"): ReadonlyMap<Phase, readonly string[]> =>
    new Map([...whole.moments].map(([phase, points]) => [phase, points.filter(point => point.startsWith(kind))]));
  const mended = () => mendUpdate(subject);
  const idsNow = async () => new Set((await outcomes(subject.home)).map(({ id }) => id));

  async function killed(fault: string, of: ReadonlyMap<Phase, readonly string[]>, count: number): Promise<void> {
    const random = randomOf(fault);
    // Every third one is cut again while it is resumed or undone.
    const trials: readonly Kill[] = spread(of, count, random).map((moment, index) => ({
      ...moment,
      again: index % 3 === 2 ? `journal:${1 + Math.floor(random() * 20)}:${pick(random, ["before", "after"])}` : null,
    }));
    await runTrials(
      fault,
      subject.name,
      trials,
      async ({ point, way, again }, note) => {
        const known = await idsNow();
        const first = await cut(subject.home, point, ...subject.command(0));
        note(await phaseNow(subject.home, known));
        must(first.wasKilled, `not killed at ${point}`, first);
        await childrenGone(subject.home, subject.newProject);
        if (again !== null && (await outcomes(subject.home)).some(({ outcome }) => outcome === "unfinished")) {
          await cut(subject.home, again, way, "--yes");
          await childrenGone(subject.home, subject.newProject);
        }
        await settle(subject, known, way);
      },
      mended,
    );
  }

  it("F20 where a step begins or ends, can be resumed and undone", { timeout }, async () => {
    const empty = [...only("journal")].filter(([, points]) => points.length === 0).map(([phase]) => phase);
    // A copy is proven where it is made.
    expect(empty).toEqual(method === "copy" ? ["restore, proof"] : []);
    await killed("killed at a step boundary", only("journal"), amount(1, 30, 240));
  });

  it("F20 inside a step, can be resumed and undone", { timeout }, async () => {
    await killed("killed inside a step", only("within"), amount(1, 16, 120));
  });

  it("F21 from outside at a random moment, can be resumed and undone", { timeout }, async () => {
    const random = randomOf("random");
    const trials = Array.from({ length: amount(1, 6, 50) }, () => ({
      // The reading and planning before the first change is left out for the most part.
      afterMs: Math.round(whole.tookMs * (0.2 + 0.8 * random())),
      way: pick<Way>(random, ["resume", "undo"]),
    }));
    await runTrials(
      "killed at a random time",
      subject.name,
      trials,
      async ({ afterMs, way }, note) => {
        const known = await idsNow();
        const killed = await cut(subject.home, afterMs, ...subject.command(0));
        must(killed.wasKilled || killed.code === 0, "it failed by itself", killed);
        note(await phaseNow(subject.home, known));
        await childrenGone(subject.home, subject.newProject);
        await settle(subject, known, way);
      },
      mended,
    );
  });

  it("F24 by an engine that answers no more, can be resumed and undone", { timeout }, async () => {
    const random = randomOf("engine");
    const engine = await FailingEngine.make();
    const calls = whole.counts.entriesAtCommand.map((entries, index) => ({ entries, call: index + 1 }));
    const inside = calls.filter(({ entries }) => entries > 0);
    try {
      await runTrials(
        "engine stops answering in the middle",
        subject.name,
        Array.from({ length: amount(1, 6, 40) }, (_, index) => ({
          call: inside[Math.floor(((index + random()) / amount(1, 6, 40)) * inside.length)]!.call,
          way: pick<Way>(random, ["resume", "undo"]),
          onFailure: pick(random, ["stop", "undo"]),
        })),
        async ({ call, way, onFailure }, note) => {
          const known = await idsNow();
          const failed = await engine.during(call, subject.home.path, ...subject.command(0), "--on-failure", onFailure);
          note(await phaseNow(subject.home, known));
          must(failed.code !== 1, "it took the engine's silence for its own bug", failed);
          must(failed.code !== 0 || engine.failures === 0, "it succeeded without an engine", failed);
          await settle(subject, known, way);
        },
        mended,
      );
    } finally {
      await engine.remove();
    }
  });
});
