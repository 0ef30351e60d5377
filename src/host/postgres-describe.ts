import type { DatabaseFacts, PostgresImage, PostgresServer } from "../domain/postgres-facts.ts";
import { OperatorError } from "../errors.ts";
import { type Connection, PSQL } from "./postgres-connection.ts";
import { EACH, SERVER } from "./postgres-describe-sql.ts";

/** `SERVER_SQL`, then `EACH_SQL` in every database that can be entered. */
const DESCRIBE = `set -eu
printf '%s' "$SERVER_SQL" > /tmp/server.sql
printf '%s' "$EACH_SQL" > /tmp/each.sql
${PSQL} --file=/tmp/server.sql
${PSQL} --command="SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname" > /tmp/databases
while IFS= read -r name; do PGDATABASE=$name ${PSQL} --file=/tmp/each.sql; done < /tmp/databases
`;

type Said = Omit<PostgresServer, keyof Omit<PostgresImage, "major" | "version"> | "databases" | "subscriptions"> & {
  readonly superuser: boolean;
};
type SaidOfOne = DatabaseFacts & { readonly isTemplate: boolean; readonly subscriptions: readonly string[] };

/**
 * @param image what the server's own image is
 * @throws OperatorError DATABASE_LOGIN, DATABASE_RIGHTS
 */
export async function describeServer(connection: Connection, image: PostgresImage): Promise<PostgresServer> {
  const printed = await connection.run({
    purpose: "look",
    title: "Looking at the databases",
    script: DESCRIBE,
    env: { SERVER_SQL: SERVER, EACH_SQL: EACH },
  });
  return serverIn(printed, image);
}

/** What DESCRIBE printed. @throws OperatorError DATABASE_RIGHTS */
export function serverIn(printed: string, image: PostgresImage): PostgresServer {
  const [first = "", ...rest] = printed.split("\n").filter(line => line !== "");
  const { superuser, ...server } = JSON.parse(first) as Said;
  if (!superuser) {
    throw new OperatorError("DATABASE_RIGHTS", "The database user is no superuser, so roles and large objects cannot be read.", {
      hint: "set POSTGRES_USER to the user that the database was created with",
    });
  }
  const all = rest.map(line => JSON.parse(line) as SaidOfOne);
  return {
    ...image,
    ...server,
    // What distributions add behind the number is no part of it.
    version: server.version.replace(/ .*/, ""),
    databases: all
      .filter(({ isTemplate }) => !isTemplate)
      .map(({ isTemplate: _template, subscriptions: _subscriptions, ...database }) => database),
    subscriptions: all.flatMap(({ subscriptions }) => subscriptions),
  };
}
