import { isUp } from "../domain/health.ts";
import { isMoved } from "../domain/instance.ts";
import { portPlace } from "../domain/isolation.ts";
import { noVolume } from "../domain/no-volume.ts";
import { OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import { noteMoved, retirePage, stop } from "../steps/index.ts";
import type { InstanceFacts } from "../survey/instance.ts";
import { relaunchSteps } from "./lay-out.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";

const STOP_GRACE_SECONDS = 60;

function planOf(
  facts: InstanceFacts,
  occasion: Occasion,
  operation: string,
  summary: string,
  steps: readonly PlannedStep[],
  notes: readonly string[] = [],
): Plan {
  const { record, home } = facts;
  return newPlan({
    id: operationId(operation, occasion),
    operation,
    instance: record.name,
    home,
    engine: record.engine,
    summary,
    notes: facts.hasFolder ? notes : [...notes, `its folder ${record.dir} is gone, so it cannot be launched again`],
    wayBack: !facts.hasFolder ? null : operation === "stop" ? `graph-mgr launch ${record.name}` : `graph-mgr stop ${record.name}`,
    steps,
  });
}

/**
 * Two that serve would part: what is written into one is missing in the other.
 * @throws OperatorError MOVED_AWAY
 */
export function refuseMoved({ record }: Pick<InstanceFacts, "record">): void {
  if (!isMoved(record)) return;
  throw new OperatorError(
    "MOVED_AWAY",
    `${record.name} has moved to ${record.movedTo}; what was written there since is not in it.`,
    {
      hint: `stop it there first, then: graph-mgr launch ${record.name} --although-moved`,
    },
  );
}

/** Pages that stand in for what had moved away give their ports back. */
export const retireSteps = ({ leftPages }: InstanceFacts): readonly PlannedStep[] =>
  leftPages.map(({ page, operation }) => retirePage.step({ page, operation }));

const hereAgain = ({ record, recordPath }: InstanceFacts): readonly PlannedStep[] =>
  !isMoved(record) ? [] : [noteMoved.step({ record: recordPath, instance: record.name, to: null })];

const upSteps = (facts: InstanceFacts): readonly PlannedStep[] =>
  relaunchSteps({ ...facts.record, services: facts.active }, facts.recordPath, facts.record.product.health);

/** From a new container there is no way back to the old one. */
const replacedNotes = ({ replaced }: InstanceFacts): readonly string[] =>
  replaced === null || replaced.length === 0
    ? []
    : [`${replaced.join(", ")}: a new container is made, because what its files say is not what it was started with`];

/**
 * @param again what to type once the port is free
 * @throws OperatorError PORT_TAKEN
 */
export function refuseTakenPorts({ takenPorts, record }: InstanceFacts, again = `graph-mgr launch ${record.name}`): void {
  const [taken] = takenPorts;
  if (!taken) return;
  const who = taken.by === null ? "another program" : taken.by;
  throw new OperatorError(
    "PORT_TAKEN",
    `Port ${taken.host}, which ${record.name} publishes ${portPlace(taken)} on, is in use by ${who}.`,
    {
      hint: `stop what uses it (\`graph-mgr list\`, \`ss -ltunp\`), or choose another in its files, then \`${again}\``,
    },
  );
}

/**
 * Two servers on one volume destroy it, and a project that was started by hand under another name would go on running
 * while this one is said to be stopped.
 * @throws OperatorError VOLUME_SHARED, STARTED_BY_HAND, PROJECT_TAKEN
 */
export function refuseOutsiders({ record, outsiders }: InstanceFacts, running: "any state" | "running"): void {
  const found = outsiders.filter(each => running === "any state" || isUp(each));
  const byHand = found.find(({ project, workingDir }) => workingDir === record.dir && project !== record.project);
  if (byHand) {
    throw new OperatorError(
      "STARTED_BY_HAND",
      `${byHand.container} (${byHand.state}) was started from the folder of ${record.name} by hand, as the project ${byHand.project}.`,
      { hint: `docker compose -p ${byHand.project} down   (in ${record.dir}; never with -v)` },
    );
  }
  const user = found.find(({ volume }) => volume !== null);
  if (user && isUp(user)) {
    const whose = user.project === null ? "" : ` of the project ${user.project}`;
    throw new OperatorError(
      "VOLUME_SHARED",
      `The container ${user.container}${whose} is running and has the volume ${user.volume}, which is also that of ${record.name}: what both write to it is lost.`,
      {
        hint: `docker inspect ${user.container}   (says whose it is); do not start anything of ${record.dir} while that runs`,
      },
    );
  }
  if (user) {
    throw new OperatorError(
      "VOLUME_SHARED",
      `The container ${user.container}${user.project === null ? "" : ` of the project ${user.project}`} (${user.state}) mounts the volume ${user.volume}, which is also that of ${record.name}.`,
      {
        hint: `docker inspect ${user.container}   (says whose it is; docker rm ${user.container} only when nobody needs it any more)`,
      },
    );
  }
  const taker = found.find(({ project }) => project === record.project);
  if (taker) {
    throw new OperatorError(
      "PROJECT_TAKEN",
      `${taker.container} (${taker.state}) has the project ${record.project} and runs from ${taker.workingDir ?? "elsewhere"}, not from ${record.dir}.`,
      { hint: "stop and remove it where it belongs" },
    );
  }
}

/** Compose would make an empty volume where one is gone, and the product would start as if it were new. @throws OperatorError NO_VOLUME */
export function refuseMissingVolumes({ record, missingVolumes }: InstanceFacts, what: string): void {
  if (missingVolumes.length === 0) return;
  throw noVolume(missingVolumes, record.name, what);
}

/** A new container would be of another image, which nobody asked for: of another Postgres, say. @throws OperatorError IMAGE_MOVED */
export function refuseMovedImages({ movedImages, active, record }: InstanceFacts): void {
  const moved = movedImages.find(({ service }) => active.includes(service));
  if (moved === undefined) return;
  const { service, reference, id } = moved;
  throw new OperatorError(
    "IMAGE_MOVED",
    `${service} of ${record.name} runs the image ${id.slice(0, "sha256:".length + 12)}, and its compose file calls it ${reference}, which is another image by now, or none.`,
    { hint: `docker tag ${id} ${reference}   (or, where the other one is meant, name it in the compose file by its id)` },
  );
}

/** @param althoughMoved also what serves on another machine since, knowingly */
export function planLaunch(facts: InstanceFacts, occasion: Occasion, althoughMoved = false): Plan {
  if (!althoughMoved) refuseMoved(facts);
  refuseOutsiders(facts, "any state");
  refuseMissingVolumes(facts, "it would start with empty ones");
  refuseMovedImages(facts);
  refuseTakenPorts(facts);
  return planOf(
    facts,
    occasion,
    "launch",
    `Launch ${facts.record.name}`,
    [...hereAgain(facts), ...retireSteps(facts), ...upSteps(facts)],
    replacedNotes(facts),
  );
}

export const stopStep = (facts: InstanceFacts): PlannedStep =>
  stop.step({
    project: facts.record.project,
    instance: facts.record.name,
    record: facts.recordPath,
    graceSeconds: STOP_GRACE_SECONDS,
  });

export function planStop(facts: InstanceFacts, occasion: Occasion): Plan {
  refuseOutsiders(facts, "running");
  return planOf(facts, occasion, "stop", `Stop ${facts.record.name}`, [stopStep(facts)]);
}

/**
 * Stop and launch. Changed configuration counts afterwards, because Compose recreates the services whose settings changed;
 * a mere `compose restart` would keep the old environment.
 */
export function planRestart(facts: InstanceFacts, occasion: Occasion): Plan {
  refuseMoved(facts);
  refuseOutsiders(facts, "any state");
  refuseMissingVolumes(facts, "it would start with empty ones");
  refuseMovedImages(facts);
  refuseTakenPorts(facts);
  return planOf(
    facts,
    occasion,
    "restart",
    `Restart ${facts.record.name}`,
    [stopStep(facts), ...retireSteps(facts), ...upSteps(facts)],
    replacedNotes(facts),
  );
}

/** @throws OperatorError IS_RUNNING */
export function refuseRunning({ record, containers }: InstanceFacts, what: string): void {
  const running = containers.filter(isUp).map(({ service, name }) => service ?? name);
  if (running.length > 0) {
    throw new OperatorError("IS_RUNNING", `${record.name} is running (${running.join(", ")}); ${what}.`, {
      hint: `graph-mgr stop ${record.name}`,
    });
  }
}
