import type { ContainerDetail } from "../host/world.ts";
import type { Context } from "./context.ts";

/** The containers of a project, without those that somebody runs beside it once (`docker compose run`). */
export async function containersOf({ world }: Context, project: string): Promise<readonly ContainerDetail[]> {
  const all = await world.engine.containers();
  const own = all.filter(each => each.project === project && each.labels["com.docker.compose.oneoff"] !== "True");
  return await world.engine.inspect(own.map(({ id }) => id));
}
