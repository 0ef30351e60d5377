import { isLongRunning, isUp } from "../domain/health.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { ContainerSummary, World } from "../host/world.ts";

export type InstanceState = "created" | "running" | "partial" | "stopped" | "missing";
export type InstanceHealth = "healthy" | "starting" | "unhealthy" | "none";

/** What `list` says of an instance, from its record and one `docker ps`. */
export interface InstanceStatus {
  readonly record: InstanceRecord;
  readonly state: InstanceState;
  readonly health: InstanceHealth;
  readonly containers: readonly ContainerSummary[];
}

/** Also those that were started by hand, e.g. through `current`. */
const containersOf = ({ project }: InstanceRecord, all: readonly ContainerSummary[]): readonly ContainerSummary[] =>
  all.filter(each => each.project === project && each.labels["com.docker.compose.oneoff"] !== "True");

/**
 * Restart policies, by container, of those that ended with 0 beside others that are up: one-shots that are done, or services
 * that somebody stopped. `docker ps` does not say, so it is asked, and only then.
 */
export async function surveyEnded(
  { engine }: Pick<World, "engine">,
  records: readonly InstanceRecord[],
  all: readonly ContainerSummary[],
): Promise<ReadonlyMap<string, string>> {
  const ended = records.flatMap(record => {
    const own = containersOf(record, all);
    return own.some(isUp) ? own.filter(({ state, exitCode }) => state === "exited" && exitCode === 0) : [];
  });
  const details = await engine.inspect(ended.map(({ id }) => id));
  return new Map(details.map(({ id, restartPolicy }) => [id, restartPolicy]));
}

/**
 * `missing`: the folder is gone; `created`: it has no containers; `partial`: some of its long-running services, or some
 * containers of one, are down or paused. What ended with 0 and is not to be kept running is a one-shot that is done.
 * @param policies of `surveyEnded`
 */
export function statusOf(
  record: InstanceRecord,
  all: readonly ContainerSummary[],
  hasFolder: boolean,
  policies: ReadonlyMap<string, string>,
): InstanceStatus {
  const containers = containersOf(record, all);
  const up = containers.filter(isUp);
  // What `stop` took away counts: it stands for what the service is.
  const isDone = ({ id, service, state, exitCode }: ContainerSummary): boolean =>
    state === "exited" && exitCode === 0 && !isLongRunning(record.stoppedPolicies?.[service ?? ""] ?? policies.get(id) ?? "no");
  const isWhole = record.services.every(service => {
    const own = containers.filter(each => each.service === service);
    return own.length > 0 && own.every(each => (isUp(each) && each.state !== "paused") || isDone(each));
  });
  const state: InstanceState = !hasFolder
    ? "missing"
    : containers.length === 0
      ? "created"
      : up.length === 0
        ? "stopped"
        : isWhole
          ? "running"
          : "partial";
  const seen = new Set(up.map(({ health }) => health));
  const health: InstanceHealth =
    up.length === 0
      ? "none"
      : !isWhole || seen.has("unhealthy")
        ? "unhealthy"
        : seen.has("starting") || up.some(each => each.state === "restarting")
          ? "starting"
          : seen.has("healthy")
            ? "healthy"
            : "none";
  return { record, state, health, containers };
}
