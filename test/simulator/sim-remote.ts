import { NOT_ARRIVED } from "../../src/domain/arrival.ts";
import { parseRecord } from "../../src/domain/instance.ts";
import { OperatorError } from "../../src/errors.ts";
import type { Remote } from "../../src/host/world.ts";
import type { Machine } from "./machine.ts";
import type { SimDisk } from "./sim-disk.ts";
import type { SimEngine } from "./sim-engine.ts";
import type { SimFar, SimState } from "./state.ts";

/** The one other machine, with a graph-mgr of its own: of what it does only the outcome is simulated, for it has its own tests. */
export function simRemote(machine: Machine, disk: SimDisk, engine: SimEngine): Remote {
  const far = (): SimFar => machine.state.far;
  const look = <T>(what: string, answer: () => T): T => {
    machine.read({ what: `far.${what}`, target: "far" });
    return answer();
  };
  const change = (what: string, to: () => Partial<SimFar>, half?: () => Partial<SimFar>) =>
    machine.command(() => {
      const apply = (next: () => Partial<SimFar>) => () => {
        machine.state.far = { ...far(), ...next() };
      };
      machine.effect(`far.${what}`, "far", apply(to), half === undefined ? {} : { half: apply(half) });
    });
  const refuse = (stage: SimFar["stage"], what: string): void => {
    if (far().stage !== stage) throw new OperatorError("NO_INSTANCE", `far: it is ${far().stage}, and cannot ${what}`);
  };
  /** Past the launch visitors may have written there: then nothing of it is given up. */
  const refuseLoss = (): void => {
    if (far().stage === "serving" && !far().isClone) throw new Error("what visitors wrote on the other machine is thrown away");
  };
  return {
    look: async () =>
      look("look", () => ({
        schema: 1 as const,
        engine: { id: "FAR", version: "27.0.0", compose: "2.30.0", architecture: "x86_64", imageStore: machine.state.imageStore },
        containers: [],
        home: "/far",
        instances: [],
        unfinished: null,
        freeBytes: 1e12,
        clock: new Date(machine.state.clockMs).toISOString(),
        takenPorts: [],
      })),
    images: async () =>
      look("images", () => ({
        schema: 1 as const,
        architecture: "x86_64",
        imageStore: machine.state.imageStore,
        images: far().images.map(id => ({ id, layers: [] })),
      })),
    isInstalled: async () => look("installed", () => far().isInstalled),
    install: () => change("install", () => ({ isInstalled: true })),
    sendImages: (_, { images }) => change("images", () => ({ images: [...far().images, ...images.map(({ id }) => id)] })),
    arrival: async () =>
      look("state", () => {
        if (!far().isInstalled) throw new OperatorError("REMOTE_STRANGE", "far: no graph-mgr");
        const { stage } = far();
        if (stage === "none") return NOT_ARRIVED;
        const serving = stage === "serving";
        return { schema: 1, instance: "v2.22.2", unfinished: stage === "unfinished", running: serving, serving, ports: [] };
      }),
    hasAhead: async () => look("chunks", () => far().hasAhead),
    sendAhead: (_, __, job) => {
      if (job.dump !== null) throw new Error("a dump of now is of no use in the window");
      if (job.manifest.guarantee !== "live") throw new Error("files that change meanwhile are taken for still ones");
      return change("ahead", () => ({ hasAhead: true }));
    },
    send: async (_, __, job) => {
      if (far().stage !== "none") throw new OperatorError("UNFINISHED", "far: something is there already");
      if (job.dump !== null && disk.node(job.dump) === null) throw new OperatorError("NO_DUMP", `${job.dump} is not there`);
      if (engine.idOf(job.helperImage) === null) throw new OperatorError("NO_IMAGE", job.helperImage);
      const lacking = job.manifest.images.find(({ id }) => !far().images.includes(id));
      if (lacking !== undefined) throw new OperatorError("IMAGE_MISSING", `far: no image ${lacking.id}`);
      const { project } = parseRecord(job.record, "record");
      const isClone = job.manifest.guarantee === "live";
      await change(
        "send",
        () => ({ stage: "restored", hasAhead: false, project, isClone }),
        () => ({ stage: "unfinished", project, isClone }),
      );
      return { wholeBytes: 2, sentBytes: 1 };
    },
    resume: () => change("resume", () => ({ stage: far().stage === "unfinished" ? "restored" : far().stage })),
    launch: async () => {
      refuse("restored", "be launched");
      await change("launch", () => ({ stage: "serving" }));
    },
    stop: async () => {
      refuseLoss();
      await change("stop", () => ({ stage: far().stage === "serving" ? "restored" : far().stage }));
    },
    takeBack: async () => {
      refuseLoss();
      await change("back", () => ({ stage: "none", hasAhead: false }));
    },
  };
}

/** Two that serve would part: what is written to one is missing in the other. */
export function bothServe({ far, containers }: SimState): boolean {
  if (far.stage !== "serving" || far.isClone) return false;
  return [...containers.values()].some(
    ({ labels, state }) => state === "running" && labels["com.docker.compose.project"] === far.project,
  );
}
