import { Home } from "../domain/home.ts";
import type { Plan } from "../plan/plan.ts";
import { unloadImages } from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseUpdate } from "./refuse-update.ts";
import { loadSteps, type UpdateRequest } from "./update.ts";

/**
 * What takes long and disturbs nobody: the new release's images. Only with them is it known which Postgres they bring, so the plan of the window
 * itself is made afterwards.
 */
export function planPrepare(facts: UpdateFacts, request: UpdateRequest, occasion: Occasion): Plan {
  refuseUpdate(facts, request);
  const home = new Home(facts.home.home.path);
  const old = facts.source.record.name;
  return newPlan({
    id: operationId("prepare", occasion),
    operation: "prepare",
    instance: facts.instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Prepare the update of ${old} to ${facts.instance.name}`,
    notes: [`${old} goes on serving; the update itself is shown, and asked about, afterwards`],
    wayBack: null,
    steps: loadSteps(facts, home),
    result: { version: facts.instance.release, from: old },
  });
}

/** When nothing comes of the update that was prepared in the same go. */
export function planUnprepare(facts: UpdateFacts, occasion: Occasion): Plan {
  const home = new Home(facts.home.home.path);
  return newPlan({
    id: operationId("unprepare", occasion),
    operation: "unprepare",
    instance: facts.instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Take back the preparation of ${facts.instance.name}`,
    notes: [],
    wayBack: null,
    steps: loadSteps(facts, home).map(({ input }) => ({ kind: unloadImages.kind, input })),
  });
}

/** Whether anything is to be done ahead. */
export const needsPreparation = ({ images }: Pick<UpdateFacts, "images">): boolean => images.toLoad.length > 0;
