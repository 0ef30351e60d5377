import { version } from "docker-compose";
import { OperatorError } from "../errors.ts";

/** The version of Compose v2. @throws OperatorError NO_COMPOSE when there is none, or only the old `docker-compose` */
export async function composeVersion(): Promise<string> {
  try {
    return (await version()).data.version;
  } catch (cause) {
    throw new OperatorError("NO_COMPOSE", "Docker Compose v2 (`docker compose`) is not here.", {
      hint: "install the docker-compose-plugin, 2.24 or newer; the old `docker-compose` 1.x will not do",
      cause,
    });
  }
}
