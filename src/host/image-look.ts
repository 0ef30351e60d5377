import { OperatorError } from "../errors.ts";
import { docker } from "./command.ts";
import type { Executor } from "./exec.ts";

/** What a `docker run` must know of an image. */
export interface LookedAtImage {
  readonly id: string;
  /** Its `VOLUME`s: Docker makes an anonymous volume for each, unless something is mounted there. */
  readonly volumePaths: readonly string[];
}

/** @throws OperatorError NO_IMAGE */
export async function lookAtImage(executor: Executor, reference: string): Promise<LookedAtImage> {
  const said = await executor
    .run(docker("image", "inspect", "--format", "[{{json .Id}},{{json .Config.Volumes}}]", "--", reference))
    .catch(error => {
      if (!(error instanceof OperatorError) || !/no such image/i.test(error.message)) throw error;
      throw new OperatorError("NO_IMAGE", `The engine has no image ${reference}, which a container of graph-mgr needs.`, {
        hint: "load the images of the release again: `docker load -i containers.tar`",
        cause: error,
      });
    });
  const [id, volumes] = JSON.parse(said) as [string, Record<string, unknown> | null];
  return { id, volumePaths: Object.keys(volumes ?? {}) };
}
