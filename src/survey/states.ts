import type { InstanceRecord } from "../domain/instance.ts";
import type { ContainerSummary } from "../host/world.ts";

export type InstanceState = "created" | "running" | "partial" | "stopped" | "missing";
export type InstanceHealth = "healthy" | "starting" | "unhealthy" | "none";

/** What `list` says of an instance, from its record and one `docker ps`. */
export interface InstanceStatus {
  readonly record: InstanceRecord;
  readonly state: InstanceState;
  readonly health: InstanceHealth;
  readonly containers: readonly ContainerSummary[];
}

const isUp = ({ state }: ContainerSummary): boolean => state === "running" || state === "restarting" || state === "paused";

/**
 * `missing`: the folder is gone; `created`: it has no containers; `partial`: some of its long-running services are down.
 * A service that ended with 0 is taken for a one-shot that is done.
 */
export function statusOf(record: InstanceRecord, all: readonly ContainerSummary[], hasFolder: boolean): InstanceStatus {
  // Also those that were started by hand, e.g. through `current`.
  const containers = all.filter(
    ({ project, labels }) => project === record.project && labels["com.docker.compose.oneoff"] !== "True",
  );
  const up = containers.filter(isUp);
  const upServices = new Set(up.map(({ service }) => service));
  const isWhole = record.services.every(
    service => upServices.has(service) || containers.some(each => each.service === service && each.exitCode === 0),
  );
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
      : seen.has("unhealthy")
        ? "unhealthy"
        : seen.has("starting") || up.some(each => each.state === "restarting")
          ? "starting"
          : seen.has("healthy")
            ? "healthy"
            : "none";
  return { record, state, health, containers };
}
