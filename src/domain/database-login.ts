/** What Compose gives a Postgres service, as the official images read it. */
export interface DatabaseLogin {
  readonly user: string;
  readonly database: string;
  /** Undefined where the service is given none. */
  readonly password: string | undefined;
}

/** @param environment as Compose resolved it: `$` is `$$` there */
export function loginIn(environment: Readonly<Record<string, string | null>> | undefined): DatabaseLogin {
  const value = (key: string) => environment?.[key]?.replaceAll("$$", "$");
  const user = value("POSTGRES_USER") ?? "postgres";
  return { user, database: value("POSTGRES_DB") ?? user, password: value("POSTGRES_PASSWORD") };
}
