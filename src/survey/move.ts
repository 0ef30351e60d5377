import type { DatabaseLook } from "../domain/database-preflight.ts";
import type { PostgresImage } from "../domain/postgres-facts.ts";
import { OperatorError } from "../errors.ts";
import type { World } from "../host/world.ts";
import type { InstanceFacts } from "./instance.ts";
import { runningDatabase } from "./instance-details.ts";

/** What is known of a database that is to be moved, and of the server that it is to be moved to. */
export interface DatabaseMove {
  /** Null while the old one is stopped. */
  readonly old: DatabaseLook | null;
  /** The Postgres in the old image. */
  readonly oldImage: PostgresImage | null;
  /** Null while the new images are not loaded. */
  readonly next: PostgresImage | null;
}

/**
 * @param next the new Postgres's image, by id or name; null while it is not loaded
 * @returns null for a product without Postgres
 */
export async function surveyMove(world: World, source: InstanceFacts, next: string | null): Promise<DatabaseMove | null> {
  const { record, containers } = source;
  const image = record.images[record.product.postgres?.service ?? ""]?.id;
  if (record.product.postgres === null || image === undefined) return null;
  const access = await runningDatabase(world, record, containers);
  const old = access === null ? null : await look(() => world.postgres.describe(access));
  return {
    old,
    oldImage: await world.postgres.describeImage(image),
    next: next === null ? null : await world.postgres.describeImage(next),
  };
}

/** What a server that lets nobody in says instead is a fact as well, told with all others. */
async function look(describe: () => ReturnType<World["postgres"]["describe"]>): Promise<DatabaseLook> {
  try {
    return { server: await describe() };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { code: error.code, say: error.message, hint: error.hint ?? "" };
  }
}
