import { join } from "node:path";
import type { ConfigChange } from "../domain/config-history.ts";
import { Home } from "../domain/home.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import { awaitHealth, keepVersion, noteChange, recreate, recreateBack, writeConfig } from "../steps/index.ts";
import type { ConfigFacts, KeyFacts } from "../survey/config-change.ts";
import type { EditFacts } from "../survey/config-edit.ts";
import type { EarlierFacts } from "../survey/config-history.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { editNotes, keyNotes, refuseEdit, refuseKeys } from "./refuse-config.ts";
import { refuseMissingVolumes, refuseMovedImages, refuseOutsiders, refuseTakenPorts } from "./run-instance.ts";

interface ConfigRequest {
  readonly how: ConfigChange["how"];
  readonly keys: readonly string[];
  /** Of `revert`: the change that is taken back. */
  readonly reverted: number | null;
  /** Whether services get new containers, so that the change counts at once. */
  readonly apply: boolean;
  /** What is to be known besides. */
  readonly notes: readonly string[];
}

/**
 * Keeps what is there, writes, and notes it; with `apply` the services that are concerned get new containers, and where they do not become
 * healthy everything is put back.
 * @throws OperatorError VOLUME_SHARED, STARTED_BY_HAND, PROJECT_TAKEN, NO_VOLUME, IMAGE_MOVED, PORT_TAKEN
 */
function planConfig(facts: ConfigFacts, request: ConfigRequest, occasion: Occasion): Plan {
  const { instance, changes, attic, historyPath, history, affected } = facts;
  const { record, home } = instance;
  const { how, keys, reverted, notes } = request;
  const id = operationId(`config-${how}`, occasion);
  const apply = request.apply && affected.length > 0;
  if (apply) {
    refuseOutsiders(instance, "any state");
    refuseMissingVolumes(instance, "new containers would start with empty ones");
    refuseMovedImages(instance);
    refuseTakenPorts(instance, `graph-mgr restart ${record.name}`);
  }
  const project = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const anew = { project, instance: record.name, services: affected };
  const number = (history.changes.at(-1)?.number ?? 0) + 1;
  const orNull = (digest: string): string | null => (digest === "absent" ? null : digest);
  const steps: PlannedStep[] = [
    ...changes.flatMap(({ path, before }) =>
      before === "absent" ? [] : [keepVersion.step({ dir: record.dir, path, digest: before, attic })],
    ),
    ...(apply ? [recreateBack.step(anew)] : []),
    ...changes.map(({ path, before, after }) =>
      writeConfig.step({
        instance: record.name,
        dir: record.dir,
        path,
        before,
        after,
        answers: join(new Home(home).operation(id), "answers.json"),
        attic,
      }),
    ),
    noteChange.step({
      path: historyPath,
      of: record.origin.operation,
      change: {
        number,
        createdAt: occasion.now.toISOString(),
        operation: id,
        how,
        keys: [...keys],
        reverted,
        files: changes.map(({ path, before, after }) => ({ path, before: orNull(before), after: orNull(after) })),
      },
    }),
    ...(apply
      ? [
          recreate.step(anew),
          awaitHealth.step({ project: record.project, instance: record.name, services: affected, ...record.product.health }),
        ]
      : []),
  ];
  return newPlan({
    id,
    operation: `config-${how}`,
    instance: record.name,
    home,
    engine: record.engine,
    summary: `${SUMMARY[how]} ${keys.length > 0 ? keys.join(", ") : changes.map(({ path }) => path).join(", ")} of ${record.name}`,
    notes: [...notes, ...laterNotes(facts, apply)],
    wayBack: `graph-mgr config revert ${record.name} ${number}`,
    steps,
    result: {
      change: number,
      files: changes.map(({ path }) => path),
      keys,
      recreated: apply ? affected : [],
      pending: apply ? [] : affected,
    },
  });
}

const SUMMARY: Readonly<Record<ConfigChange["how"], string>> = {
  set: "Set",
  unset: "Take out",
  edit: "Change",
  revert: "Put back",
};

function laterNotes({ affected, instance }: ConfigFacts, apply: boolean): readonly string[] {
  const names = affected.join(", ");
  const are = affected.length === 1 ? "gets a new container" : "get new containers";
  if (affected.length === 0) {
    const isRunning = instance.containers.some(({ state }) => state === "running");
    return isRunning ? [] : [`${instance.record.name} does not run; it counts from its next launch on`];
  }
  return apply
    ? [`${names} ${are}; if they do not become healthy, everything is put back`]
    : [`${names} ${affected.length === 1 ? "goes" : "go"} on with what was, until: graph-mgr restart ${instance.record.name}`];
}

/** `config set` and `config unset`. @throws OperatorError MANAGED_KEY, NOT_SET, OVERRULED, NOT_EXACT, and as `planConfig` */
export function planKeys(
  facts: KeyFacts,
  meant: readonly string[],
  { how, apply }: { readonly how: "set" | "unset"; readonly apply: boolean },
  occasion: Occasion,
): Plan {
  refuseKeys(facts, meant, how);
  return planConfig(facts, { how, keys: meant, reverted: null, apply, notes: keyNotes(facts, meant, how) }, occasion);
}

/** `config edit`. @throws OperatorError NOT_ISOLATED, PORT_TAKEN, CADDYFILE_INVALID, and as `planKeys` */
export function planEdit(facts: EditFacts, apply: boolean, occasion: Occasion): Plan {
  refuseEdit(facts);
  return planConfig(facts, { how: "edit", keys: [], reverted: null, apply, notes: editNotes(facts) }, occasion);
}

/** `config revert`. @throws as `planEdit` */
export function planRevert(facts: EditFacts & EarlierFacts, apply: boolean, occasion: Occasion): Plan {
  refuseEdit(facts);
  const { number, later, byHand } = facts;
  const { name } = facts.instance.record;
  const notes = [
    ...later.map(each => `change ${each.number} of the same file goes with it`),
    ...byHand.map(path => `${path} was also edited by hand; what stands there now is kept`),
    `graph-mgr config history ${name} lists all that was`,
    ...editNotes(facts),
  ];
  return planConfig(facts, { how: "revert", keys: [], reverted: number, apply, notes }, occasion);
}
