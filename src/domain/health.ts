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

/**
 * A service's own health check decides. Without one it must be running; a one-shot that ended with 0 is done. What the
 * last probe said is the reason that is shown.
 */
export function healthOf(service: string, containers: readonly Observed[]): ServiceHealth {
  const own = containers.filter(each => each.service === service);
  if (own.length === 0) return { service, verdict: "waiting", why: "no container yet" };
  const verdicts = own.map(each => verdictOf(service, each));
  return (
    verdicts.find(({ verdict }) => verdict === "failed") ??
    verdicts.find(({ verdict }) => verdict === "waiting") ?? { service, verdict: "healthy", why: "" }
  );
}

function verdictOf(service: string, seen: Observed): ServiceHealth {
  const of = (verdict: ServiceHealth["verdict"], why: string) => ({ service, verdict, why });
  const restarts = seen.restartCount > 0 ? `, restarted ${seen.restartCount} times` : "";
  if (seen.state === "exited" || seen.state === "dead") {
    if (seen.outOfMemory) return of("failed", "ended: out of memory");
    if (seen.state === "exited" && seen.exitCode === 0 && seen.restartPolicy !== "always") return of("healthy", "");
    return of("failed", `ended with code ${seen.exitCode}${restarts}`);
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
