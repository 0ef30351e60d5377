import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Result } from "./support/cli.ts";
import { copyProduct, installProduct, installTiny, mend, type Subject } from "./support/fault-subjects.ts";
import {
  childrenGone,
  helpersOf,
  isFull,
  must,
  next,
  outcomes,
  pick,
  randomFor,
  runTrials,
  sample,
  wasOver,
} from "./support/faults.ts";
import { countsIn, cut } from "./support/killable.ts";

const HOUR_MS = 3_600_000;

/** What is done after the first cut. With two words the first is cut as well, at a boundary of its own. */
const WAYS = ["resume", "undo", "undo undo", "resume resume", "undo resume", "resume undo"] as const;

interface Trial {
  readonly number: number;
  readonly point: string;
  readonly way: (typeof WAYS)[number];
  /** Where the second command is cut. */
  readonly second: string;
}

/** How many of the moments `npm test` tries; `npm run test:faults` tries all. */
const operations: readonly { readonly make: () => Promise<Subject>; readonly title: string; readonly sampled: number }[] = [
  { title: "install of a small bundle", make: installTiny, sampled: 4 },
  { title: "install of a release", make: installProduct, sampled: 1 },
  { title: "copy with a dump", make: () => copyProduct("dump"), sampled: 2 },
  { title: "copy of stopped volumes", make: () => copyProduct("copy"), sampled: 1 },
];

it("what ships cannot be told to kill itself", () => {
  const dist = resolve(import.meta.dirname, "../../dist");
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter(name => name.endsWith(".js"));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) expect(readFileSync(resolve(dist, name), "utf8"), name).not.toContain("GRAPH_MGR_TEST_KILL");
  const killable = resolve(import.meta.dirname, "../../dist-test");
  const hooked = readdirSync(killable, { recursive: true, encoding: "utf8" }).filter(
    name => name.endsWith(".js") && readFileSync(resolve(killable, name), "utf8").includes("GRAPH_MGR_TEST_KILL"),
  );
  expect(hooked).toHaveLength(1);
});

describe.each(operations)("F20 $title, killed where a step begins or ends", ({ title, make, sampled }) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await make();
  });
  afterAll(async () => {
    await subject?.cleanUp();
  });

  it("can be resumed and undone", { timeout: isFull ? 4 * HOUR_MS : 900_000 }, async () => {
    const { home } = subject;
    const random = randomFor(title);
    const whole = await cut(home, "count", ...subject.command(0));
    must(whole.code === 0, "the operation failed without a kill", whole);
    await subject.serves(0);
    await subject.remove(0);
    const { journal } = countsIn(whole);
    must(journal > 10, `only ${journal} journal entries`);

    const moments = Array.from({ length: journal }, (_, index) => [
      `journal:${index + 1}:before`,
      `journal:${index + 1}:after`,
    ]).flat();
    const all = (isFull ? moments : sample(random, moments, sampled)).flatMap(point =>
      isFull
        ? ([
            [point, 0],
            [point, 1],
          ] as const)
        : [[point, pick(random, [0, 1])] as const],
    ); // prettier-ignore
    const trials: readonly Trial[] = all.map(([point, odd], index) => ({
      number: index + 1,
      point,
      // Every moment is followed by an undo at least once and by a resume at least once; every other one is cut again.
      way: pick(
        random,
        WAYS.filter(way => way.startsWith(odd === 0 ? "resume" : "undo") && way.includes(" ") === (index % 3 === 1)),
      ), // prettier-ignore
      second: `journal:${1 + Math.floor(random() * journal)}:${pick(random, ["before", "after"])}`,
    }));

    let current = 0;
    await runTrials(
      "killed at a step boundary",
      subject.name,
      trials,
      async trial => {
        current = trial.number;
        await runTrial(subject, trial);
      },
      () => mend(subject, current, () => subject.remove(current)),
    );
  });
});

const isPastReturn = ({ code, stderr }: Result): boolean => code === 3 && stderr.includes("Cannot go back past");

async function runTrial(subject: Subject, { number, point, way, second }: Trial): Promise<void> {
  const { home } = subject;
  const first = await cut(home, point, ...subject.command(number));
  must(first.wasKilled, `not killed at ${point}`, first);
  await childrenGone(home, subject.slug(number));
  const closed = (await outcomes(home)).at(-1)?.outcome;
  if (closed === "done") {
    // Killed after the last entry: nothing is unfinished.
    must((await next(home, "undo", "--yes")).code === 3, "a finished operation was undone");
    await subject.serves(number);
    return await subject.remove(number);
  }
  if (closed !== "unfinished") {
    // Killed before the first: nothing was begun.
    must((await next(home, "resume", "--yes")).code === 3, "resumed what was not begun");
    return await subject.isGone(number);
  }
  const [then, finally_] = way.split(" ") as [string, string | undefined];
  if (finally_ !== undefined) {
    const again = await cut(home, second, then, "--yes");
    must(again.wasKilled || again.code === 0 || isPastReturn(again) || wasOver(again), `${then} failed`, again);
    await childrenGone(home, subject.slug(number));
  }
  const left = (await outcomes(home)).at(-1)?.outcome;
  if (left === "unfinished") {
    const asked = await next(home, finally_ ?? then, "--yes");
    // Visitors were let in already: then there is only the way forward.
    const last = isPastReturn(asked) ? await next(home, "resume", "--yes") : asked;
    must(last.code === 0 || wasOver(last), `${way} failed`, last);
    must((await helpersOf(home)).length === 0, "helper containers are left");
  }
  if ((await outcomes(home)).at(-1)?.outcome === "undone") return await subject.isGone(number);
  await subject.serves(number);
  await subject.remove(number);
}
