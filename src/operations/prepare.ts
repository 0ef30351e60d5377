import { Home } from "../domain/home.ts";
import type { Plan } from "../plan/plan.ts";
import { unloadImages } from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import type { Hop } from "./hop.ts";
import { loadSteps } from "./hop-prepare.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseUpdate } from "./refuse-update.ts";
import type { Hops } from "./update.ts";

/**
 * What takes long and disturbs nobody: the images of every release on the way. Only with them is it known which Postgres they bring, so the plan of
 * the window itself is made afterwards.
 */
export function planPrepare(hops: Hops, occasion: Occasion): Plan {
  refuseUpdate(hops);
  const { facts } = hops.at(-1) ?? hops[0];
  const home = new Home(facts.home.home.path);
  const old = hops[0].facts.source.record.name;
  return newPlan({
    id: operationId("prepare", occasion),
    operation: "prepare",
    instance: facts.instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Prepare the update of ${old} to ${facts.instance.name}`,
    notes: [`${old} goes on serving; the update itself is shown, and asked about, afterwards`],
    wayBack: null,
    steps: hops.flatMap(hop => loadSteps(hop.facts, home)),
    result: { version: facts.instance.release, from: old },
  });
}

/** As it was found before it was prepared. */
type Prepared = Pick<Hop, "facts">;

/** When nothing comes of the update that was prepared in the same go; the last first, because each notes what the one before it left. */
export function planUnprepare(hops: readonly [Prepared, ...Prepared[]], occasion: Occasion): Plan {
  const { facts } = hops.at(-1) ?? hops[0];
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
    steps: [...hops]
      .reverse()
      .flatMap(hop => loadSteps(hop.facts, home))
      .map(({ input }) => ({ kind: unloadImages.kind, input })),
  });
}

/** Whether anything is to be done ahead. */
export const needsPreparation = (hops: readonly { readonly facts: Pick<UpdateFacts, "images"> }[]): boolean =>
  hops.some(({ facts }) => facts.images.toLoad.length > 0);
