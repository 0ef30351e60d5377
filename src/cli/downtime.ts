import { about, span } from "../domain/units.ts";
import type { BootClock, World } from "../host/world.ts";
import type { Entry } from "../plan/journal.ts";
import type { Plan } from "../plan/plan.ts";
import type { Run, RunEvent } from "../plan/runner.ts";
import type { Session } from "./session.ts";

/** What visitors of the public port went without. A type and not an interface, because errors tell it as well. */
export type DowntimeFacts = {
  readonly downtimeMs: number;
  /** Where a part of it is by a clock that may have been set meanwhile. */
  readonly downtimeApproximate?: true;
  /** They still go without it: more is to come. */
  readonly downtimeGoesOn?: true;
};

/** The same while an operation is at work. */
export interface Downtime {
  readonly on: (event: Pick<RunEvent, "type" | "step">) => void;
  /**
   * Ends the watch. Null where nobody was turned away: it did not come to that, nobody visits, or it was stopped before.
   * @param isServed somebody should answer again by now, or in a moment, which is waited for
   */
  end(isServed?: boolean): Promise<DowntimeFacts | null>;
}

/** For people. */
export function downtimeText({ downtimeMs, downtimeApproximate, downtimeGoesOn }: DowntimeFacts): string {
  const long = downtimeApproximate === true ? about(downtimeMs / 1000) : span(downtimeMs);
  return downtimeGoesOn === true
    ? `Visitors have gone without it for ${long} so far, and still do.`
    : `Visitors went without it for ${long}.`;
}

/** A front that was started again answers within seconds. */
const ANSWERS_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 200;

interface Watch {
  isDown(): boolean;
  stop(): Promise<{ readonly downtimeMs: number; readonly isDown: boolean }>;
  /** Of one that does not look for itself. */
  served?(): void;
}

function untilServed({ elapsedMs }: Pick<World, "elapsedMs">): Watch {
  const began = elapsedMs();
  let took: number | null = null;
  return {
    isDown: () => took === null,
    stop: async () => ({ downtimeMs: took ?? elapsedMs() - began, isDown: took === null }),
    served: () => {
      took ??= elapsedMs() - began;
    },
  };
}

type Probe = Parameters<World["ports"]["ask"]>[0];
type Opening = {
  readonly openedAt?: string;
  readonly openedBoot?: BootClock | null;
  readonly containers?: readonly { readonly service: string; readonly running: boolean }[];
};

const inputOf = (plan: Plan, kind: string): Readonly<Record<string, unknown>> | null =>
  (plan.steps.find(step => step.kind === kind)?.input as Readonly<Record<string, unknown>> | undefined) ?? null;

/**
 * The port is asked as a visitor would, from before the writers are stopped until the operation has ended. Of a move to another machine, whose
 * ports this one may not even reach, it is the time until it serves there, or here again. Where it was begun by a run that was cut off, the
 * time since the window was opened counts whole.
 */
export async function watchDowntime(
  session: Session,
  { plan, journal }: Pick<Run<World>, "plan" | "journal">,
): Promise<Downtime> {
  const probe = inputOf(plan, "front.open")?.["probe"] as Probe | null | undefined;
  const quiet = plan.steps.findIndex(({ kind }) => kind === "instance.quiet");
  const there = plan.steps.findIndex(({ kind }) => kind === "migrate.open");
  const begun = await readOf(journal);
  const opened = openingIn(begun, quiet);
  const servesThere = begun.some(entry => entry.type === "done" && entry.step === there);
  const begin = (): Watch | null =>
    probe ? session.watchPort(probe) : there >= 0 && !servesThere ? untilServed(session.world) : null;
  let watch: { readonly port: Watch; readonly before: ReturnType<typeof sinceOpened> } | null = null;
  let isOver = false;
  return {
    on({ type, step }) {
      if (quiet < 0 || step < quiet || isOver) return;
      const port = watch?.port ?? begin();
      if (port === null) return;
      watch ??= { port, before: sinceOpened(session.world, opened) };
      if ((type === "done" && step === there) || (type === "undone" && step === quiet)) port.served?.();
    },
    async end(isServed = false) {
      isOver = true;
      if (watch === null) return null;
      const { port, before } = watch;
      watch = null;
      const { world } = session;
      if (!wasServed(plan, await readOf(journal), quiet)) {
        await port.stop();
        return null;
      }
      for (const until = world.elapsedMs() + ANSWERS_WITHIN_MS; isServed && port.isDown() && world.elapsedMs() < until; )
        await world.pause(LOOK_EVERY_MS, new AbortController().signal);
      const { downtimeMs, isDown } = await port.stop();
      const { ms, isExact } = await before;
      return {
        downtimeMs: downtimeMs + ms,
        ...(isExact ? {} : { downtimeApproximate: true }),
        ...(isDown ? { downtimeGoesOn: true } : {}),
      };
    },
  };
}

/** A run that is watched while it goes on. */
export async function watchedRun(
  session: Session,
  given: Run<World>,
): Promise<{ readonly run: Run<World>; readonly downtime: Pick<Downtime, "end"> }> {
  const downtime = await watchDowntime(session, given);
  const on = (event: RunEvent) => {
    downtime.on(event);
    given.on(event);
  };
  return { run: { ...given, on }, downtime };
}

/** What is wrong with a journal is for the run to say. */
const readOf = (journal: Run<World>["journal"]): Promise<readonly Entry[]> => journal.read().catch(() => []);

/** Whether more than what the window leaves running ran before it was opened. */
function wasServed({ steps }: Plan, entries: readonly Entry[], quiet: number): boolean {
  const begun = entries.find(entry => entry.type === "doing" && entry.step === quiet);
  const before = begun?.type === "doing" ? (begun.before as Opening | null) : null;
  const { keep = [] } = (steps[quiet]?.input ?? {}) as { readonly keep?: readonly string[] };
  return before?.containers?.some(({ service, running }) => running && !keep.includes(service)) ?? true;
}

/** How a run before opened the window; null where none did, or it was closed again. */
function openingIn(entries: readonly Entry[], quiet: number): Opening | null {
  const own = entries.filter(entry => "step" in entry && entry.step === quiet);
  const begun = own.findLast(({ type }) => type === "doing");
  if (begun?.type !== "doing" || own.at(-1)?.type === "undone") return null;
  return begun.before as Opening | null;
}

async function sinceOpened(world: World, opened: Opening | null): Promise<{ readonly ms: number; readonly isExact: boolean }> {
  if (opened === null) return { ms: 0, isExact: true };
  const [now, then] = [await world.sinceBoot(), opened.openedBoot ?? null];
  // Where a container has an uptime of its own, that begins anew under the same boot.
  if (now !== null && then !== null && now.boot === then.boot && now.ms >= then.ms)
    return { ms: now.ms - then.ms, isExact: true };
  if (opened.openedAt === undefined) return { ms: 0, isExact: false };
  return { ms: Math.max(0, world.now().getTime() - Date.parse(opened.openedAt)), isExact: false };
}
