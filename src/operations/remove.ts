import { Home } from "../domain/home.ts";
import { ownTag } from "../domain/instance.ts";
import { isInside } from "../domain/shared-resources.ts";
import { EXIT, OperatorError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { moveAside, removeContainers, removeImages, removeTree, removeVolume, setCurrent } from "../steps/index.ts";
import type { InstanceFacts } from "../survey/instance.ts";
import type { FoundSchedule } from "../survey/schedule.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseRunning, retireSteps } from "./run-instance.ts";
import { unscheduleSteps } from "./schedule.ts";
import { placeWords } from "./units.ts";

export interface RemoveRequest {
  readonly volumes: boolean;
  /** What was typed after `--confirm`. */
  readonly confirm: string | undefined;
  /** Also when it is the current instance. */
  readonly current: boolean;
}
export interface RemoveFacts extends InstanceFacts {
  /** Of the instance's own volumes, those that are there. */
  readonly volumes: readonly string[];
  /** Containers of others, in any state, that mount one of them. */
  readonly foreignUsers: readonly { readonly container: string; readonly volume: string }[];
  /** Image ids that no other instance of this engine keeps. */
  readonly freeImages: readonly string[];
  /** What backs it up by the clock. */
  readonly schedules: readonly (FoundSchedule & { readonly isRunning: boolean; readonly mayWrite: boolean })[];
}

/**
 * Without `--volumes` everything can come back: the folder moves aside, the volumes stay. With it folder, volumes and
 * unused images go for good, and the name must have been typed. Where the folder is gone nothing can come back, so the
 * images go in either case; volumes still need to be asked for.
 */
export function planRemove(facts: RemoveFacts, request: RemoveRequest, occasion: Occasion): Plan {
  const { record } = facts;
  refuseRunning(facts, "a running instance is not removed");
  if (facts.isCurrent && !request.current) {
    throw new OperatorError("IS_CURRENT", `${record.name} is the current instance of this home.`, {
      hint: `graph-mgr remove ${record.name} --current   (when the home shall have no current instance)`,
    });
  }
  const [user] = facts.foreignUsers;
  if (request.volumes && user) {
    throw new OperatorError(
      "VOLUME_SHARED",
      `The container ${user.container}, which is not of ${record.name}, mounts its volume ${user.volume}.`,
      { hint: `look at it: docker inspect ${user.container}` },
    );
  }
  if (request.volumes && request.confirm !== record.name) {
    throw new OperatorError(
      "NEEDS_CONFIRM",
      `Deleting the volumes of ${record.name} deletes its database and files for good; its name must be typed for that.`,
      {
        exit: request.confirm === undefined ? EXIT.usage : EXIT.refused,
        hint: `graph-mgr remove ${record.name} --volumes --confirm ${record.name}`,
      },
    );
  }
  const home = new Home(facts.home);
  const id = operationId("remove", occasion);
  const aside = home.removed(record.name, id.split("-")[0] ?? id);
  const helperImage = Object.values(record.images)[0]?.id ?? null;
  const base = { id, operation: "remove", instance: record.name, home: facts.home, engine: record.engine };
  const containers = [
    ...retireSteps(facts),
    removeContainers.step({ project: record.project, dir: record.dir, instance: record.name }),
  ];
  // What was taken over where it lay may be on another disk, and is where its administrator expects it.
  const staysThere = !isInside(record.dir, home.releases());
  const moves = [
    ...(facts.isCurrent ? [setCurrent.step({ link: home.current(), target: null })] : []),
    ...(facts.hasFolder && !staysThere
      ? [moveAside.step({ from: record.dir, to: aside, what: `the folder of ${record.name}` })]
      : []),
    moveAside.step({ from: facts.recordPath, to: `${aside}.json`, what: "its record" }),
  ];
  const images = removeImages.step({
    slug: record.project,
    tags: Object.keys(record.images).map(service => ownTag(record.project, service)),
    ids: facts.freeImages,
  });
  const nameless = facts.anonymous.map(
    ({ service, target, name }) =>
      `what ${service} keeps in ${target} has no name, so it does not come back by itself; it stays as the volume ${name}`,
  );
  const schedules = facts.schedules.map(({ unit, mayWrite, place }) =>
    mayWrite
      ? `its scheduled backup, ${unit}, goes with it`
      : `its scheduled backup stays and will fail, because only root may remove it: sudo graph-mgr backup schedule ${record.name} --remove${placeWords(place)}`,
  );
  const unscheduled = facts.schedules.filter(({ mayWrite }) => mayWrite).flatMap(each => unscheduleSteps(each, each.isRunning));
  const gone = `its folder ${record.dir} is gone already`;
  if (!request.volumes && !facts.hasFolder) {
    return newPlan({
      ...base,
      summary: `Remove ${record.name}; its volumes stay`,
      notes: [
        `${gone}, so nothing brings it back`,
        `the volumes stay: ${facts.volumes.join(", ") || "none"}`,
        ...nameless,
        ...schedules,
      ],
      wayBack: null,
      steps: [...unscheduled, ...containers, ...moves, images],
    });
  }
  const back = staysThere ? `graph-mgr adopt ${record.dir}` : `graph-mgr install --attach ${aside}`;
  if (!request.volumes) {
    return newPlan({
      ...base,
      summary: `Remove ${record.name}; its data stays`,
      notes: [
        `the volumes stay: ${facts.volumes.join(", ") || "none"}`,
        ...(staysThere ? [`its folder stays where it is: ${record.dir}`] : []),
        ...nameless,
        ...schedules,
        "its images stay too, so that it can come back",
        `this brings it back: ${back}`,
      ],
      wayBack: back,
      steps: [...unscheduled, ...containers, ...moves],
    });
  }
  const volumes = [...facts.volumes, ...new Set(facts.anonymous.map(({ name }) => name))];
  return newPlan({
    ...base,
    summary: `Remove ${record.name} and delete its data for good`,
    notes: [
      ...(facts.hasFolder ? [] : [gone]),
      ...schedules,
      `deleted for good: ${facts.hasFolder ? `the folder ${record.dir} and ` : ""}${volumes.length} volumes`,
    ],
    wayBack: null,
    steps: [
      ...unscheduled,
      ...containers,
      ...moves,
      ...volumes.map(name => removeVolume.step({ name })),
      ...(facts.hasFolder ? [removeTree.step({ path: staysThere ? record.dir : aside, helperImage })] : []),
      removeTree.step({ path: `${aside}.json`, helperImage: null }),
      images,
    ],
  });
}
