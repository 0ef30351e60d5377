import { dirname } from "node:path";
import { loginIn } from "../domain/database-login.ts";
import type { InstanceRecord } from "../domain/instance.ts";
import type { PostgresServer } from "../domain/postgres-facts.ts";
import { OperatorError } from "../errors.ts";
import type { DatabaseAccess, World } from "../host/world.ts";
import { type InstanceFacts, surveyInstance } from "./instance.ts";

/** An instance and its database; nothing secret. */
export interface PostgresFacts {
  readonly instance: InstanceFacts;
  readonly service: string;
  readonly helperImage: string;
  /** Null while its container does not run. */
  readonly server: PostgresServer | null;
  /** Of the volume, while the container does not run; null when there is no cluster in it. */
  readonly clusterState: string | null;
}

export interface DumpFacts extends PostgresFacts {
  readonly to: string;
  /** Whether something is there already, and whether the folder that it would be put into is there. */
  readonly isTaken: boolean;
  readonly hasParent: boolean;
}

/** How a running instance's database is reached. Holds the password. @throws OperatorError NO_POSTGRES, DATABASE_DOWN, NO_PASSWORD */
export async function databaseAccess(world: World, record: InstanceRecord): Promise<DatabaseAccess> {
  const { service, helperImage } = databaseOf(record);
  const container = (await world.engine.containers()).find(
    each => each.project === record.project && each.service === service && each.state === "running",
  );
  if (!container)
    throw new OperatorError("DATABASE_DOWN", `The ${service} of ${record.name} is not running.`, {
      hint: `graph-mgr launch ${record.name}`,
    });
  const model = await world.compose.resolve({ name: record.project, dir: record.dir, envFiles: record.envFiles });
  const { password, ...login } = loginIn(model.services[service]?.environment);
  if (password === undefined)
    throw new OperatorError(
      "NO_PASSWORD",
      `${record.name} gives its ${service} no POSTGRES_PASSWORD, so its database cannot be reached.`,
      { hint: "set it in the instance's .env" },
    );
  return { ...login, password, containerId: container.id, helperImage };
}

/** @throws OperatorError NO_POSTGRES */
function databaseOf({ name, product, images }: InstanceRecord): { readonly service: string; readonly helperImage: string } {
  const service = product.postgres?.service;
  const image = service === undefined ? undefined : images[service];
  if (service === undefined || image === undefined)
    throw new OperatorError("NO_POSTGRES", `${name} has no Postgres that graph-mgr knows of.`, {
      hint: "graph-mgr status   (shows what it has)",
    });
  return { service, helperImage: image.id };
}

export async function surveyPostgres(
  world: World,
  record: InstanceRecord,
  home: string,
  current: string | null,
): Promise<PostgresFacts> {
  const { service, helperImage } = databaseOf(record);
  const instance = await surveyInstance(world, record, home, current);
  const isRunning = instance.containers.some(each => each.service === service && each.state === "running");
  const volume = record.volumes.find(({ key }) => key === record.product.postgres?.volume)?.name;
  const idle = !isRunning && volume !== undefined && !instance.missingVolumes.includes(volume) ? volume : null;
  return {
    instance,
    service,
    helperImage,
    server: isRunning ? await world.postgres.describe(await databaseAccess(world, record)) : null,
    clusterState: idle === null ? null : ((await world.postgres.clusterState(idle, helperImage))?.state ?? null),
  };
}

/** @param to absolute */
export async function surveyDump(world: World, facts: PostgresFacts, to: string): Promise<DumpFacts> {
  const [isTaken, hasParent] = await Promise.all([world.files.exists(to), world.files.isFolder(dirname(to))]);
  return { ...facts, to, isTaken, hasParent };
}
