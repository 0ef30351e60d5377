import type { Subject } from "./fault-subjects.ts";
import { amount, helpersOf, must, next, outcomes, pick, randomFor, runTrials, sample, wasOver } from "./faults.ts";
import { type Counts, countsIn, cut, interrupted } from "./killable.ts";
import { doneEntry, momentsOf, PHASES, type Phase, phaseNow } from "./phases.ts";
import type { UpdateSubject } from "./update-subject.ts";

export type Way = "resume" | "undo";

/** Something that happens to an operation that stands still at a moment. */
export interface Fault<S extends Subject = UpdateSubject> {
  /** A row of docs/reliability.md. */
  readonly name: string;
  /** @returns what takes it away again, before the operator goes on, and once more afterwards: so it may be done twice */
  strike(subject: S, random: () => number): Promise<() => Promise<void>>;
  /** The update may not be gone on with: what was wrong has gone into the new data. Then `resume` ends in an undo by itself. */
  readonly mayStay?: true;
  /** The update itself dies of it. */
  readonly kills?: true;
}

export interface Moment {
  readonly point: string;
  readonly way: Way;
}

export interface Counted {
  readonly counts: Counts;
  readonly moments: ReadonlyMap<Phase, readonly string[]>;
  /** When nobody listens on the public port: the old one's front has stopped, or the maintenance page. */
  readonly gaps: readonly string[];
  /** When a database runs whose password still matters: the old one's until its data has moved, then the new one's. */
  readonly logins: ReadonlyMap<Phase, readonly string[]>;
  readonly tookMs: number;
}

/** One update without a fault, and when what happened in it. */
export async function counted(subject: UpdateSubject): Promise<Counted> {
  const whole = await cut(subject.home, "count", ...subject.command(0));
  must(whole.code === 0, "the update failed without a fault", whole);
  await subject.serves(0);
  const counts = countsIn(whole);
  const moments = await momentsOf(subject.home, counts.entriesAtCommand);
  const done = (kind: string) => doneEntry(subject.home, kind);
  const gaps = await Promise.all(["instance.quiet", "maintenance.down"].map(done));
  const [moved, started] = [
    (await done("database.catch-up")) || (await done("database.dump")) || (await done("instance.quiet")),
    (await done("database.restore")) || (await done("instance.launch")),
  ];
  const hasLogin = (entry: number) => entry < moved || entry > started;
  const logins = new Map(
    [...moments].map(([phase, points]) => [
      phase,
      points.filter(point => /^journal/.test(point) && hasLogin(Number(point.split(":")[1]))),
    ]),
  );
  await subject.remove(0);
  return { counts, moments, logins, gaps: gaps.map(entry => `journal:${entry}:after`), tookMs: whole.tookMs };
}

/** So many moments, over the phases by turns from one that chance takes; half of them are resumed. Of a phase that has no more there are fewer. */
export function spread(moments: ReadonlyMap<Phase, readonly string[]>, count: number, random: () => number): readonly Moment[] {
  const any = PHASES.map(phase => moments.get(phase) ?? []).filter(points => points.length > 0);
  const phases = any.map(points => sample(random, points, Math.ceil(count / any.length)));
  const first = Math.floor(random() * phases.length);
  const turns = Array.from({ length: count }, (_, index) => ({ turn: Math.floor(index / phases.length), index }));
  return turns.flatMap(({ turn, index }): readonly Moment[] => {
    const point = phases[(first + index) % phases.length]?.[turn];
    return point === undefined ? [] : [{ point, way: (turn + index) % 2 === 0 ? "resume" : "undo" }];
  });
}

/** Both methods, or one of them by chance where there is little time. */
export const methodsFor = (name: string): readonly ("dump" | "copy")[] =>
  amount(0, 1, 1) === 1 ? ["dump", "copy"] : [pick(randomFor(name), ["dump", "copy"] as const)];

/** After a trial that failed: the old release serves again, and the next trial begins where this one did. */
export async function mendUpdate({ home, newProject, remove }: UpdateSubject): Promise<void> {
  if ((await next(home, "undo", "--yes")).code !== 0) await next(home, "resume", "--yes");
  const { instances } = await home
    .json<{ readonly instances: readonly { readonly name: string; readonly project: string }[] }>("list")
    .catch(() => ({ instances: [] }));
  if (instances.some(({ project }) => project === newProject)) await remove(0).catch(() => undefined);
  await next(home, "launch", "--yes");
}

const idsOf = async ({ home }: UpdateSubject) => new Set((await outcomes(home)).map(({ id }) => id));

/** Whatever state the update is in now: it ends well one way or the other, and nothing is left over. */
export async function settle(
  subject: UpdateSubject,
  known: ReadonlySet<string>,
  way: Way,
  { mayStay = false, heal = async () => undefined }: { readonly mayStay?: boolean; readonly heal?: () => Promise<void> } = {},
): Promise<void> {
  const { home } = subject;
  const own = async () => (await outcomes(home)).find(({ id }) => id.includes("-update-") && !known.has(id))?.outcome;
  if ((await own()) === "unfinished") {
    const asked = await next(home, way, "--yes");
    // Visitors were let in already: then there is only the way forward.
    const isPast = asked.code === 3 && asked.stderr.includes("Cannot go back past");
    const last = isPast ? await next(home, "resume", "--yes") : asked;
    must(last.code === 0 || wasOver(last) || (mayStay && last.code === 5), `${way} failed`, last);
    must((await helpersOf(home)).length === 0, "helper containers are left");
    await heal();
  } else if ((await helpersOf(home)).length > 0) {
    // Killed while it only looked; then there is nothing to go on with, and whoever asks for it has that cleared away.
    const asked = await next(home, way, "--yes");
    must(asked.code === 3, `${way} found something unfinished`, asked);
  }
  if ((await own()) !== "done") return await subject.isGone(0);
  await subject.serves(0);
  await subject.remove(0);
}

export async function tryFault(
  subject: UpdateSubject,
  fault: Fault,
  moments: readonly Moment[],
  random: () => number,
): Promise<void> {
  const { home } = subject;
  await runTrials(
    fault.name,
    subject.name,
    moments,
    async ({ point, way }, note) => {
      const known = await idsOf(subject);
      let heal: () => Promise<void> = async () => undefined;
      const result = await interrupted(home, point, subject.command(0), async pid => {
        note(await phaseNow(home, known));
        if (fault.kills) process.kill(pid, "SIGKILL");
        heal = await fault.strike(subject, random);
      }).finally(() => heal());
      must(result.wasKilled || result.code !== 1, "a fault from outside was taken for a bug", result);
      await settle(subject, known, way, { mayStay: fault.mayStay === true, heal });
    },
    () => mendUpdate(subject),
  );
}
