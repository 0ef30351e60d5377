import type { DatabaseLook } from "../domain/database-preflight.ts";
import type { PostgresImage, PostgresServer } from "../domain/postgres-facts.ts";
import type { Product } from "../domain/product.ts";
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

/**
 * The same for a database that a hop of an update will have brought into its release.
 * @param before that hop, with what it knows of the database that it moves
 * @param image the Postgres that it moves it to; null while it is not loaded
 */
export async function comingDatabase(
  world: Pick<World, "postgres">,
  { product, database: before }: { readonly product: Product; readonly database: DatabaseMove | null },
  image: string | null,
  next: string | null,
): Promise<DatabaseMove | null> {
  if (product.postgres === null) return null;
  const oldImage = image === null ? null : await world.postgres.describeImage(image);
  return {
    old:
      before?.old == null || !("server" in before.old) || oldImage === null
        ? null
        : { server: moved(before.old.server, oldImage) },
    oldImage,
    next: next === null ? null : await world.postgres.describeImage(next),
  };
}

/** What the move itself was asked about before; and a database that moved sorts as its new server does. */
const moved = (server: PostgresServer, image: PostgresImage): PostgresServer => ({
  ...server,
  ...image,
  databases: server.databases.map(each => ({
    ...each,
    collationVersion: { recorded: null, actual: null },
    changedCollations: [],
  })),
  preparedTransactions: [],
  replicationSlots: [],
  subscriptions: [],
  sessions: [],
});

/** What a server that lets nobody in says instead is a fact as well, told with all others. */
async function look(describe: () => ReturnType<World["postgres"]["describe"]>): Promise<DatabaseLook> {
  try {
    return { server: await describe() };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { code: error.code, say: error.message, hint: error.hint ?? "" };
  }
}
