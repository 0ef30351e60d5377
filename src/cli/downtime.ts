import type { World } from "../host/world.ts";
import type { Plan } from "../plan/plan.ts";
import type { Run, RunEvent } from "../plan/runner.ts";
import type { Session } from "./session.ts";

/** What visitors of the public port went without while an operation was at work. */
export interface Downtime {
  readonly on: (event: Pick<RunEvent, "type" | "step">) => void;
  /** Ends the watch. Null where nobody was turned away, or nobody visits. */
  end(): Promise<number | null>;
}

type Probe = Parameters<World["ports"]["ask"]>[0];

const inputOf = (plan: Plan, kind: string): Readonly<Record<string, unknown>> | null =>
  (plan.steps.find(step => step.kind === kind)?.input as Readonly<Record<string, unknown>> | undefined) ?? null;

/**
 * The port is asked as a visitor would, from before the writers are stopped until the operation has ended. Where it was begun
 * by a run that was cut off, the time since the window was opened counts whole.
 */
export function watchDowntime(session: Session, { plan, journal }: Pick<Run<World>, "plan" | "journal">): Downtime {
  const probe = inputOf(plan, "front.open")?.["probe"] as Probe | null | undefined;
  const quiet = plan.steps.findIndex(({ kind }) => kind === "instance.quiet");
  let watch: ReturnType<Session["watchPort"]> | null = null;
  let isOver = false;
  const begunMs = session.world.now().getTime();
  return {
    on({ step }) {
      if (probe && quiet >= 0 && step >= quiet && !isOver) watch ??= session.watchPort(probe);
    },
    async end() {
      isOver = true;
      if (watch === null) return null;
      const watched = watch;
      watch = null;
      const { downtimeMs } = await watched.stop();
      const entry = (await journal.read()).find(each => each.type === "doing" && each.step === quiet);
      const opened = entry?.type === "doing" ? (entry.before as { readonly openedAt?: string } | null)?.openedAt : undefined;
      const earlierMs = opened === undefined ? 0 : Math.max(0, begunMs - Date.parse(opened));
      return downtimeMs + earlierMs;
    },
  };
}
