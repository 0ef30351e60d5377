import { OperatorError } from "../errors.ts";

/**
 * Tells the version of Compose v2; asked of Docker once, because the package waits for half a second at each call.
 * @throws OperatorError NO_COMPOSE when there is none, or only the old `docker-compose`
 */
export function createComposeVersion(): () => Promise<string> {
  let known: string | null = null;
  return async () => {
    known ??= await composeVersion();
    return known;
  };
}

async function composeVersion(): Promise<string> {
  // Only now: most commands do not ask, and reading the package takes as long as they do.
  const { version } = await import("docker-compose");
  try {
    return (await version()).data.version;
  } catch (cause) {
    throw new OperatorError("NO_COMPOSE", "Docker Compose v2 (`docker compose`) is not here.", {
      hint: "install the docker-compose-plugin, 2.24 or newer; the old `docker-compose` 1.x will not do",
      cause,
    });
  }
}
