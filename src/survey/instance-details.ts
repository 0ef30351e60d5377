import { loginIn } from "../domain/database-login.ts";
import { isUp, worstOf } from "../domain/health.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { ContainerDetail, DatabaseAccess, World } from "../host/world.ts";

export interface ServiceDetail {
  readonly service: string;
  readonly state: string;
  readonly health: string;
  /** Why it is not healthy; empty when it is. */
  readonly why: string;
  /** Start of the container's present run, ISO 8601; null before the first. */
  readonly since: string | null;
  readonly image: string;
  readonly imageId: string;
  readonly restarts: number;
}

export interface InstanceDetails {
  readonly services: readonly ServiceDetail[];
  readonly volumes: readonly { readonly key: string; readonly name: string; readonly sizeBytes: number | null }[];
  /** Null while it does not run, or where there is no Postgres. */
  readonly database: { readonly version: string; readonly sizeBytes: number } | null;
}

/** The close look of `status NAME`: sizes are measured, the database is asked. */
export async function surveyDetails(world: World, record: InstanceRecord): Promise<InstanceDetails> {
  const own = (await world.engine.containers()).filter(
    ({ project, labels }) => project === record.project && labels["com.docker.compose.oneoff"] !== "True",
  );
  const containers = await world.engine.inspect(own.map(({ id }) => id));
  return {
    services: record.services.map(service => serviceDetail(service, record, containers)),
    volumes: await volumeSizes(world, record),
    database: await databaseOf(world, record, containers),
  };
}

/** @param containers of the instance */
export function serviceDetail(
  service: string,
  record: Pick<InstanceRecord, "images" | "stoppedPolicies">,
  containers: readonly ContainerDetail[],
): ServiceDetail {
  const isPartlyUp = containers.some(isUp);
  // While nothing is up it was stopped; beside others that run, what `stop` took away says what should run, too.
  const policyOf = ({ restartPolicy }: ContainerDetail) =>
    (isPartlyUp ? record.stoppedPolicies?.[service] : undefined) ?? restartPolicy;
  const { health: seen, container } = worstOf(
    service,
    containers.map(each => ({ ...each, restartPolicy: policyOf(each) })),
  );
  const image = record.images[service];
  const isDown = isPartlyUp && (seen.verdict === "failed" || container?.state === "paused");
  return {
    service,
    state: container?.state ?? "missing",
    // Of what is down the engine tells the last look that it took.
    health: isDown ? "unhealthy" : container !== undefined && isUp(container) ? container.health : "none",
    why: seen.verdict === "healthy" ? "" : seen.why,
    since: container === undefined || container.startedAt.startsWith("0001") ? null : container.startedAt,
    image: image?.reference ?? container?.imageName ?? "",
    imageId: container?.image ?? image?.id ?? "",
    restarts: container?.restartCount ?? 0,
  };
}

/** An image that is there, with Postgres's programs where it has a database. */
export const helperImageOf = (record: InstanceRecord): string | undefined =>
  (record.product.postgres === null ? undefined : record.images[record.product.postgres.service]?.id) ??
  Object.values(record.images)[0]?.id;

async function volumeSizes(world: World, record: InstanceRecord): Promise<InstanceDetails["volumes"]> {
  const there = new Set((await world.engine.volumes()).map(({ name }) => name));
  const helper = helperImageOf(record);
  const names = [...new Set(record.volumes.map(({ name }) => name))].filter(name => there.has(name));
  const sizes = helper === undefined || names.length === 0 ? {} : await world.engine.volumeSizeBytes(names, helper);
  return record.volumes.map(({ key, name }) => ({ key, name, sizeBytes: sizes[name] ?? null }));
}

async function databaseOf(
  world: World,
  record: InstanceRecord,
  containers: readonly ContainerDetail[],
): Promise<InstanceDetails["database"]> {
  const access = await runningDatabase(world, record, containers);
  if (access === null) return null;
  const { version, sizeBytes } = await world.postgres.check(access);
  return { version, sizeBytes };
}

/** How its database is reached; null while it does not run, or where there is no Postgres. Holds the password. */
export async function runningDatabase(
  world: Pick<World, "compose">,
  record: InstanceRecord,
  containers: readonly ContainerDetail[],
): Promise<DatabaseAccess | null> {
  const database = record.product.postgres;
  const container = containers.find(({ service, state }) => service === database?.service && state === "running");
  const helperImage = database === null ? undefined : record.images[database.service]?.id;
  if (database === null || container === undefined || helperImage === undefined) return null;
  const model = await world.compose.resolve({ name: record.project, dir: record.dir, envFiles: record.envFiles });
  const { user, database: name, password = "" } = loginIn(model.services[database.service]?.environment);
  return { containerId: container.id, helperImage, user, database: name, password };
}
