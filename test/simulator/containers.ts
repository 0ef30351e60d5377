import type { SimContainer, SimImage, SimState, SimVolume } from "./state.ts";

/** What programs in containers do when they are started and stopped. Nothing here counts as an effect of the process. */

const CLUSTER = /^\/var\/lib\/postgresql(\/|$)/;

export const programOf = (state: SimState, { image }: SimContainer): SimImage["program"] =>
  state.images.get(image)?.program ?? "serve";

/** The volume that a Postgres container keeps its cluster in; null for everything else. */
export function clusterVolume(state: SimState, container: SimContainer): SimVolume | null {
  if (typeof programOf(state, container) === "string") return null;
  const name = container.mounts.find(({ target, writable }) => writable && CLUSTER.test(target))?.name ?? null;
  return name === null ? null : (state.volumes.get(name) ?? null);
}

function setContent(state: SimState, volume: SimVolume, content: Readonly<Record<string, string>>): void {
  state.volumes.set(volume.name, { ...volume, content: { ...volume.content, ...content } });
}

/** Compose's and Docker's clock: later starts are later, also within a millisecond. */
function tick(state: SimState): number {
  state.clockMs += 1;
  return state.clockMs;
}

/** The container runs from here on, unless its program ends at once. */
export function started(state: SimState, id: string): void {
  const container = state.containers.get(id);
  if (!container) return;
  const now = tick(state);
  const program = programOf(state, container);
  const ran = { ...container, startedMs: now, stoppedByHand: false };
  const ends = (exitCode: number) => state.containers.set(id, { ...ran, state: "exited", exitCode, finishedMs: now });
  if (program === "one-shot") {
    ends(0);
    return;
  }
  const volume = clusterVolume(state, container);
  if (typeof program === "object" && volume !== null) {
    const major = volume.content["PG_VERSION"];
    if (major === undefined && Object.keys(volume.content).length > 0) return void ends(1);
    if (major !== undefined && major !== program.postgres) return void ends(1);
    if (major === undefined) setContent(state, volume, freshCluster(state, program.postgres, container.environment));
    else setContent(state, volume, { control: "in production" });
  }
  state.containers.set(id, { ...ran, state: "running", exitCode: 0 });
}

function freshCluster(state: SimState, major: string, environment: SimContainer["environment"]) {
  state.serial += 1;
  const user = environment["POSTGRES_USER"] ?? "postgres";
  const database = environment["POSTGRES_DB"] ?? user;
  return {
    PG_VERSION: major,
    control: "in production",
    identifier: `system-${state.serial}`,
    [`role/${user}`]: environment["POSTGRES_PASSWORD"] ?? "",
    [`database/${database}`]: "",
  };
}

/** Ends by its own stop signal; a Postgres shuts down cleanly. */
export function stopped(state: SimState, id: string): void {
  const container = state.containers.get(id);
  if (container?.state !== "running") return;
  const volume = clusterVolume(state, container);
  if (volume !== null) setContent(state, volume, { control: "shut down" });
  state.containers.set(id, { ...container, state: "exited", exitCode: 0, finishedMs: tick(state), stoppedByHand: true });
}

/** Ends by a power cut: nobody could shut anything down. */
export function killed(state: SimState, id: string): void {
  const container = state.containers.get(id);
  if (container?.state === "running")
    state.containers.set(id, { ...container, state: "exited", exitCode: 137, finishedMs: tick(state) });
}

const HEALTHY_AFTER_MS = 600;

export function healthOf(state: SimState, container: SimContainer): "healthy" | "unhealthy" | "starting" | "none" {
  if (!container.hasHealthcheck) return "none";
  if (container.state !== "running") return "unhealthy";
  return state.clockMs - container.startedMs >= HEALTHY_AFTER_MS ? "healthy" : "starting";
}
