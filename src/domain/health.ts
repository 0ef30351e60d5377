/** What is seen of one service; the worst of its containers when it is scaled. */
export interface ServiceHealth {
  readonly service: string;
  readonly verdict: "healthy" | "waiting" | "failed";
  /** Why it is not healthy yet, for people. */
  readonly why: string;
}

export interface Observed {
  readonly service: string | null;
  readonly state: string;
  readonly health: "healthy" | "unhealthy" | "starting" | "none";
  readonly exitCode: number;
  readonly restartCount: number;
  readonly restartPolicy: string;
  readonly outOfMemory: boolean;
  readonly healthLog: readonly string[];
}

/** Whether it has processes: a paused one is there as well, and so is one that the engine is about to start again. */
export const isUp = ({ state }: { readonly state: string }): boolean =>
  state === "running" || state === "restarting" || state === "paused";

/** Whether the engine is to keep it running: then it is no one-shot, and an end with 0 is none that it should have come to. */
export const isLongRunning = (restartPolicy: string): boolean => restartPolicy === "always" || restartPolicy === "unless-stopped";

/**
 * A service's own health check decides. Without one it must be running; a one-shot that ended with 0 is done. What the
 * last probe said is the reason that is shown.
 */
export const healthOf = (service: string, containers: readonly Observed[]): ServiceHealth => worstOf(service, containers).health;

/** The same, with the container that it is said of: of a scaled service the one that is worst off. */
export function worstOf<Container extends Observed>(
  service: string,
  containers: readonly Container[],
): { readonly health: ServiceHealth; readonly container: Container | undefined } {
  const own = containers
    .filter(each => each.service === service)
    .map(container => ({ health: verdictOf(service, container), container }));
  return (
    own.find(({ health }) => health.verdict === "failed") ??
    own.find(({ health }) => health.verdict === "waiting") ??
    own[0] ?? { health: { service, verdict: "waiting", why: "no container yet" }, container: undefined }
  );
}

function verdictOf(service: string, seen: Observed): ServiceHealth {
  const of = (verdict: ServiceHealth["verdict"], why: string) => ({ service, verdict, why });
  const restarts = seen.restartCount > 0 ? `, restarted ${seen.restartCount} times` : "";
  if (seen.state === "exited" || seen.state === "dead") {
    if (seen.outOfMemory) return of("failed", "ended: out of memory");
    if (seen.state === "exited" && seen.exitCode === 0 && !isLongRunning(seen.restartPolicy)) return of("healthy", "");
    const meant =
      seen.exitCode === 0 && isLongRunning(seen.restartPolicy) ? `, and should run (restart: ${seen.restartPolicy})` : "";
    return of("failed", `ended with code ${seen.exitCode}${meant}${restarts}`);
  }
  if (seen.state === "restarting")
    return of(
      "waiting",
      `ended with code ${seen.exitCode} and is being restarted${restarts}${seen.outOfMemory ? ", out of memory" : ""}`,
    );
  if (seen.state !== "running") return of("waiting", seen.state);
  if (seen.health === "none" || seen.health === "healthy") return of("healthy", "");
  const probe = seen.healthLog.at(-1)?.split("\n").at(-1)?.slice(0, 160) ?? "";
  return of("waiting", `${seen.health}${probe === "" ? "" : ` (${probe})`}${restarts}`);
}
