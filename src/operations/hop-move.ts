import { join } from "node:path";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitHealth,
  carryTree,
  catchUp,
  copyVolume,
  databaseAlone,
  dumpDatabase,
  launch,
  listRows,
  quiet,
  rest,
  restoreDatabase,
} from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import type { Hop, HopPlace } from "./hop.ts";
import { type LayOut, projectOf } from "./lay-out.ts";
import { isMovedAhead } from "./moved-ahead.ts";

const GRACE_SECONDS = 120;

/**
 * In the window: the data moves, with nobody writing, and the new release comes up without its front, so that its own migrations run.
 * @param closed what follows once visitors are turned away
 */
export function moveSteps(
  { facts, request: { method, backup } }: Hop,
  layOut: LayOut,
  place: HopPlace,
  closed: readonly PlannedStep[],
): readonly PlannedStep[] {
  const { record, recordPath } = facts.source;
  const { work, dump, isPassing } = place;
  const old = { name: record.project, dir: record.dir, envFiles: record.envFiles };
  const next = projectOf(layOut);
  const instance = facts.instance.name;
  const database = record.product.postgres;
  const stopping = {
    project: record.project,
    instance: record.name,
    record: recordPath,
    graceSeconds: GRACE_SECONDS,
    ...(isPassing ? { isPassing } : {}),
  };
  const helperImage = facts.helperImage;
  const isDump = method === "dump" && database !== null;
  const source = { project: old, instance: record.name, service: database?.service ?? "", helperImage };
  const service = facts.product.postgres?.service ?? "";
  // While the old release serves: what is written between it and the window is only in the old volume, which stays.
  const isBackedUp = backup && !isDump && !isPassing && database !== null;
  const target = { project: next, instance, service, helperImage };
  const takeDump = dumpDatabase.step({ source, to: dump });
  const isAhead = isMovedAhead(facts, method, isPassing);
  const known = { proof: join(work, "first-proof.json"), lists: join(work, "rows") };
  const ahead = [
    takeDump,
    ...upSteps(next, instance, [service], facts.product.health),
    restoreDatabase.step({ target, from: dump, proof: known.proof }),
    listRows.step({ target, dump, lists: known.lists }),
  ];
  const proof = join(work, "database-proof.json");
  return [
    ...(isBackedUp ? [dumpDatabase.step({ source, to: dump, readBack: true })] : []),
    ...(isAhead ? ahead : []),
    quiet.step({ ...stopping, keep: isDump ? [database.service] : [] }),
    ...closed,
    ...(isDump
      ? [
          ...(facts.databaseRuns ? [] : upSteps(old, record.name, [database.service], record.product.health)),
          databaseAlone.step({ source }),
          isAhead ? catchUp.step({ source, target, dump, ahead: known, proof }) : takeDump,
          quiet.step({ ...stopping, keep: [] }),
          ...(isAhead ? [rest.step({ project: next.name, instance, services: [service] })] : []),
        ]
      : []),
    ...facts.trees
      .filter(({ exists }) => exists !== false)
      .map(({ from, to, exists }, index) =>
        carryTree.step({
          from: join(record.dir, from),
          to: join(next.dir, to),
          aside: join(work, "aside", String(index)),
          helperImage,
          ...(exists === null ? { mayLack: true } : {}),
        }),
      ),
    ...facts.volumes.flatMap(({ key, from, to, exists }) => {
      if (to === null || !exists || (isDump && key === database.volume)) return [];
      const content = key === database?.volume ? ("cluster" as const) : ("files" as const);
      return [copyVolume.step({ from, to, helperImage, content, proof: join(work, `volume-${key}.json`) })];
    }),
    ...(isDump && !isAhead
      ? [...upSteps(next, instance, [service], facts.product.health), restoreDatabase.step({ target, from: dump, proof })]
      : []),
    ...(facts.inner.length === 0 ? [] : upSteps(next, instance, facts.inner, facts.product.health)),
  ];
}

function upSteps(
  project: ReturnType<typeof projectOf>,
  instance: string,
  services: readonly string[],
  health: UpdateFacts["product"]["health"],
): readonly PlannedStep[] {
  return [
    launch.step({ project, instance, services, all: false }),
    awaitHealth.step({ project: project.name, instance, services, ...health }),
  ];
}
