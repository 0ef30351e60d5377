import { it } from "vitest";
import type { TestHome } from "./cli.ts";
import { FailingEngine } from "./failing-engine.ts";
import type { Subject } from "./fault-subjects.ts";
import { amount, childrenGone, helpersOf, must, next, outcomes, pick, runTrials, sample, wasOver } from "./faults.ts";
import { type Counts, countsIn, cut, interrupted } from "./killable.ts";
import type { Fault, Way } from "./update-trials.ts";

/** One run of a subject's operation without a fault. */
export interface Whole {
  readonly counts: Counts;
  readonly tookMs: number;
}

export async function wholeRun(subject: Subject): Promise<Whole> {
  const whole = await cut(subject.home, "count", ...subject.command(0));
  must(whole.code === 0, "the operation failed without a fault", whole);
  await subject.serves(0);
  await subject.remove(0);
  return { counts: countsIn(whole), tookMs: whole.tookMs };
}

/** Before and after each entry of the journal, and around each program that is started within a step. */
export function momentsIn({ counts: { journal, entriesAtCommand } }: Whole): Record<"boundary" | "within", readonly string[]> {
  const sides = (point: string) => [`${point}:before`, `${point}:after`];
  return {
    boundary: Array.from({ length: journal }, (_, index) => sides(`journal:${index + 1}`)).flat(),
    within: entriesAtCommand.flatMap((entries, index) =>
      entries === 0 ? [] : sides(`within:${entries}.${1 + index - entriesAtCommand.indexOf(entries)}`),
    ),
  };
}

const isPast = ({ code, stderr }: { readonly code: number; readonly stderr: string }): boolean =>
  code === 3 && stderr.includes("Cannot go back past");
const idsOf = async (home: TestHome) => new Set((await outcomes(home)).map(({ id }) => id));

/** Whatever state the operation is in that was begun since `known`: it ends well one way or the other, and nothing is left over. */
async function settle(subject: Subject, number: number, known: ReadonlySet<string>, way: Way): Promise<void> {
  const { home } = subject;
  const own = async () => (await outcomes(home)).find(({ id }) => !known.has(id))?.outcome;
  if ((await own()) === "unfinished") {
    const asked = await next(home, way, "--yes");
    const last = isPast(asked) ? await next(home, "resume", "--yes") : asked;
    must(last.code === 0 || wasOver(last), `${way} failed`, last);
  } else if ((await helpersOf(home)).length > 0) {
    // Killed while it only looked: whoever asks to go on has that cleared away.
    must((await next(home, way, "--yes")).code === 3, `${way} found something unfinished`);
  }
  must((await helpersOf(home)).length === 0, "helper containers are left");
  if ((await own()) !== "done") return await subject.isGone(number);
  await subject.serves(number);
  await subject.remove(number);
}

interface Trial {
  readonly number: number;
  readonly way: Way;
}
/** The trials of one fault, numbered so that what they make has names of its own, resumed and undone by turns. */
async function tried<T extends Trial>(
  fault: string,
  subject: Subject,
  trials: readonly T[],
  strike: (trial: T) => Promise<void>,
): Promise<void> {
  let current = 0;
  await runTrials(
    fault,
    subject.name,
    trials,
    async trial => {
      current = trial.number;
      const known = await idsOf(subject.home);
      await strike(trial);
      await settle(subject, trial.number, known, trial.way);
    },
    async () => {
      if ((await next(subject.home, "undo", "--yes")).code !== 0) await next(subject.home, "resume", "--yes");
      await subject.remove(current).catch(() => undefined);
    },
  );
}

const numbered = <T>(from: number, random: () => number, all: readonly T[]): readonly (Trial & { readonly of: T })[] => {
  const odd = pick(random, [0, 1]);
  return all.map((of, index) => ({ number: from + index, of, way: (index + odd) % 2 === 0 ? "resume" : "undo" }));
};

/** kill -9 at moments of the journal or within steps, or at milliseconds after the start. Every third one is cut again while it is resumed or undone. */
async function killedAt(
  fault: string,
  subject: Subject,
  moments: readonly (string | number)[],
  random: () => number,
): Promise<void> {
  const { home } = subject;
  const trials = numbered(1000, random, moments).map((trial, index) => ({
    ...trial,
    again: index % 3 === 2 ? `journal:${1 + Math.floor(random() * 20)}:${pick(random, ["before", "after"])}` : null,
  }));
  await tried(fault, subject, trials, async ({ number, of, way, again }) => {
    const first = await cut(home, of, ...subject.command(number));
    must(first.wasKilled || (typeof of === "number" && first.code === 0), `not killed at ${of}`, first);
    await childrenGone(home, subject.slug(number));
    if (again !== null && (await outcomes(home)).some(({ outcome }) => outcome === "unfinished")) {
      await cut(home, again, way, "--yes");
      await childrenGone(home, subject.slug(number));
    }
  });
}

/** From one of its calls on, the engine answers no more; afterwards it is back. */
async function engineSilent(subject: Subject, { counts }: Whole, count: number, random: () => number): Promise<void> {
  const engine = await FailingEngine.make();
  const inside = counts.entriesAtCommand.flatMap((entries, index) => (entries > 0 ? [index + 1] : []));
  try {
    await tried(
      "engine stops answering in the middle",
      subject,
      numbered(2000, random, sample(random, inside, count)),
      async ({ number, of }) => {
        const failed = await engine.during(of, subject.home.path, ...subject.command(number));
        must(failed.code !== 1, "it took the engine's silence for its own bug", failed);
        must(failed.code !== 0 || engine.failures === 0, "it succeeded without an engine", failed);
      },
    );
  } finally {
    await engine.remove();
  }
}

interface Tested {
  readonly subject: Subject;
  readonly whole: Whole;
  /** A stream for each purpose, so that one test can be repeated alone. */
  readonly randomOf: (fault: string) => () => number;
}

const TIMEOUT_MS = 4 * 3_600_000;

/** The tests that every operation has: it is killed at each moment, or the engine goes away under it. */
export function itOutlivesKills(tested: () => Tested): void {
  const killed = async (fault: string, momentsOf: (tested: Tested) => readonly (string | number)[]) => {
    const { subject, randomOf } = tested();
    await killedAt(fault, subject, momentsOf(tested()), randomOf(`${fault} ways`));
  };
  const timeout = TIMEOUT_MS;

  it("F01 F20 killed where a step begins or ends", { timeout }, async () => {
    const fault = "killed at a step boundary";
    await killed(fault, ({ whole, randomOf }) => sample(randomOf(fault), momentsIn(whole).boundary, amount(2, 8, 200)));
  });

  it("F20 killed inside a step", { timeout }, async () => {
    const fault = "killed inside a step";
    await killed(fault, ({ whole, randomOf }) => sample(randomOf(fault), momentsIn(whole).within, amount(1, 6, 100)));
  });

  it("F21 killed from outside at a random moment", { timeout }, async () => {
    await killed("killed at a random time", ({ whole, randomOf }) => {
      const random = randomOf("random");
      return Array.from({ length: amount(1, 4, 30) }, () => Math.round(whole.tookMs * (0.2 + 0.8 * random())));
    });
  });

  it("F24 with an engine that goes away in the middle", { timeout }, async () => {
    const { subject, whole, randomOf } = tested();
    await engineSilent(subject, whole, amount(1, 4, 40), randomOf("engine"));
  });
}

/** A fault that meets it while it stands still at these moments, and is taken away again before the operator goes on. */
export async function metBy(
  fault: Fault<Subject>,
  subject: Subject,
  moments: readonly string[],
  random: () => number,
): Promise<void> {
  await tried(fault.name, subject, numbered(3000, random, moments), async ({ number, of }) => {
    let heal: () => Promise<void> = async () => undefined;
    const result = await interrupted(subject.home, of, subject.command(number), async () => {
      heal = await fault.strike(subject, random);
    }).finally(() => heal());
    must(result.code !== 1, "a fault from outside was taken for a bug", result);
  });
}
