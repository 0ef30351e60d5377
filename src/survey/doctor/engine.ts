import type { ContainerDetail, EngineDiagnosis, ImageInfo, NetworkInfo, VolumeInfo, World } from "../../host/world.ts";
import { attempt, type Looked } from "./looked.ts";

/** The engine, looked at once for all checks. */
export interface EngineLook {
  readonly diagnosis: EngineDiagnosis;
  /** By how much its clock is ahead of ours; negative: behind. The time that it took to answer is doubt, and taken off. */
  readonly aheadMs: number;
  readonly containers: readonly ContainerDetail[];
  readonly volumes: readonly VolumeInfo[];
  readonly networks: readonly NetworkInfo[];
  readonly images: readonly ImageInfo[];
  readonly imageStore: "classic" | "containerd" | null;
}

export async function lookAtEngine(
  world: World,
): Promise<{ readonly engine: Looked<EngineLook>; readonly compose: Looked<string> }> {
  const engine = await attempt(async () => {
    // The two clocks are what is compared; how long the answer took is told by neither.
    const [before, asked] = [Date.parse(world.now().toISOString()), world.elapsedMs()];
    const diagnosis = await world.engine.diagnose();
    const after = before + world.elapsedMs() - asked;
    const theirs = Date.parse(diagnosis.time);
    const [summaries, volumes, networks, images] = await Promise.all([
      world.engine.containers(),
      world.engine.volumes(),
      world.engine.networks(),
      world.engine.allImages(),
    ]);
    const containers = await world.engine.inspect(summaries.map(({ id }) => id));
    return {
      diagnosis,
      aheadMs: theirs > after ? theirs - after : theirs < before ? theirs - before : 0,
      containers,
      volumes,
      networks,
      images,
    };
  });
  if (!("value" in engine)) return { engine, compose: engine };
  const about = await attempt(() => world.engine.about());
  const imageStore = "value" in about ? about.value.imageStore : null;
  return {
    engine: { value: { ...engine.value, imageStore } },
    compose: "value" in about ? { value: about.value.compose } : about,
  };
}
