import { join } from "node:path";
import { currentTarget, Home } from "../domain/home.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlannedStep } from "../plan/step.ts";
import {
  awaitAnswer,
  awaitHealth,
  commit,
  dropScratch,
  maintenanceDown,
  maintenanceUp,
  openFront,
  setCurrent,
  takeBaseline,
} from "../steps/index.ts";
import type { UpdateFacts } from "../survey/update.ts";
import { type Hop, type HopPlace, layOutOf } from "./hop.ts";
import { dropHopDump, leftoverSteps } from "./hop-leftovers.ts";
import { moveSteps } from "./hop-move.ts";
import { prepareSteps } from "./hop-prepare.ts";
import { type LayOut, projectOf, volumesOf } from "./lay-out.ts";
import { pageOf } from "./page.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { refuseUpdate } from "./refuse-update.ts";
import { notesOnUpdate } from "./update-notes.ts";
import { estimateHops } from "./window-estimate.ts";

export interface UpdateRequest {
  readonly method: "dump" | "copy" | "none";
  /** Why this method, for people. */
  readonly reasons: readonly string[];
  /** Writable folders outside of the instance that both releases use, knowingly. */
  readonly shareBinds: readonly string[];
  /** Releases whose instructions were read; an empty text where there is only one. */
  readonly acknowledged: readonly string[];
  /** How long the new release may take to become healthy; null for what its product says. */
  readonly healthTimeoutSeconds: number | null;
  /** A dump before the window, where the database moves as a copy of its volume. */
  readonly backup: boolean;
}

/** One hop or several, the last of which leads to the release that is wanted. */
export type Hops = readonly [Hop, ...Hop[]];

interface PlacedHop extends Hop {
  readonly layOut: LayOut;
  readonly place: HopPlace;
}

/**
 * The order is the safety: everything that takes long is done while the old release serves; then whoever writes is stopped, the data moves and is proven
 * equal, the new release comes up where nobody reaches it, and visitors are let in last. Until they are, any failure puts the old one back to serving.
 * Of several hops each does the same from the release before, in one window; only the last lets visitors in, and what is between goes when it serves.
 */
export function planUpdate(given: Hops, occasion: Occasion): Plan {
  refuseUpdate(given);
  const id = operationId("update", occasion);
  const hops = placed(given, id, occasion);
  const [first, last] = [given[0], hops.at(-1)];
  if (last === undefined) throw new Error("an update has a hop");
  const { facts, layOut } = last;
  const { source } = first.facts;
  const { instance, product } = facts;
  const home = new Home(facts.home.home.path);
  const page = pageOf(first.facts.page, home, id);
  const between = hops.slice(0, -1);
  // Beside the instance that is current, as for training, the short word would take that one back.
  const wayBack = source.isCurrent ? "graph-mgr rollback" : `graph-mgr rollback --from ${instance.name}`;
  return newPlan({
    id,
    operation: "update",
    instance: instance.name,
    home: home.path,
    engine: facts.engine.id,
    summary: `Update ${source.record.name} to ${instance.name} from ${facts.bundle.path}`,
    notes: notesOnUpdate(given),
    wayBack,
    steps: [
      ...hops.flatMap(hop => prepareSteps(hop.facts, hop.layOut, hop.place)),
      ...hops.flatMap((hop, index) =>
        moveSteps(hop, hop.layOut, hop.place, page === null || index > 0 ? [] : [maintenanceUp.step(page)]),
      ),
      baselineStep(facts, layOut, home, id),
      ...(page === null ? [] : [maintenanceDown.step(page)]),
      ...openSteps(facts, layOut, wayBack),
      ...(source.isCurrent ? [setCurrent.step({ link: home.current(), target: currentTarget(instance) })] : []),
      ...between.flatMap(hop => leftoverSteps(hop.facts, hop.layOut, hop.place, facts)),
      ...hops.flatMap(({ place, request }) => (place.isPassing && request.method === "dump" ? [dropHopDump(place, facts)] : [])),
      ...hops.map(hop => dropScratch.step({ path: home.prepared(hop.facts.instance.release, hop.facts.bundle.digest) })),
    ],
    result: {
      version: instance.release,
      project: instance.slug,
      from: source.record.name,
      ...(between.length === 0 ? {} : { through: between.map(hop => hop.facts.instance.release) }),
      method: last.request.method,
      estimate: estimateHops(given),
      ports: layOut.ports.map(port => ({ ...port })),
      health: { ...product.health },
    },
  });
}

/** Each with its own folder to write things down in; a single one has the operation's. */
function placed(given: Hops, operation: string, occasion: Occasion): readonly PlacedHop[] {
  const isOneOfMany = given.length > 1;
  return given.map(({ facts: found, request }, index) => {
    const facts = withPatience(found, request.healthTimeoutSeconds);
    const home = new Home(facts.home.home.path);
    const own = home.operation(operation);
    const work = isOneOfMany ? join(own, facts.instance.release) : own;
    const place = {
      home,
      operation,
      work,
      // The first is the backup of what is left; the others are of what goes again.
      dump: index === 0 ? join(home.backups(), operation, "database") : join(work, "database"),
      first: given[0].facts.source.record.name,
      createdAt: occasion.now.toISOString(),
      isPassing: index > 0,
      isOneOfMany,
    };
    return { facts, request, place, layOut: layOutOf(facts, place) };
  });
}

function withPatience(facts: UpdateFacts, timeoutSeconds: number | null): UpdateFacts {
  if (timeoutSeconds === null) return facts;
  const { product } = facts;
  return { ...facts, product: { ...product, health: { ...product.health, timeoutSeconds } } };
}

function baselineStep(facts: UpdateFacts, layOut: LayOut, home: Home, id: string): PlannedStep {
  const { product, inner, helperImage } = facts;
  const isReached = product.postgres !== null && inner.includes(product.postgres.service);
  const project = projectOf(layOut);
  return takeBaseline.step({
    target: isReached ? { project, instance: facts.instance.name, service: product.postgres?.service ?? "", helperImage } : null,
    to: join(home.operation(id), "baseline.json"),
    trees: facts.layout.data.map(name => ({ name, path: join(project.dir, name) })),
    // The database's is told by its rows.
    volumes: [...new Set(volumesOf(layOut).flatMap(({ key, name }) => (key === product.postgres?.volume ? [] : [name])))],
    helperImage,
  });
}

/** Visitors are let in; once they were answered there is no undo. */
function openSteps(facts: UpdateFacts, layOut: LayOut, wayBack: string): readonly PlannedStep[] {
  const project = projectOf(layOut);
  const instance = facts.instance.name;
  const services = [...facts.active];
  const { probe, otherProbe } = facts;
  const { health } = facts.product;
  const whole = { project: project.name, instance, services, ...health };
  const open = openFront.step({ project, instance, services, probe, otherProbe, wayBack });
  // Nobody can see when the first visitor of such a product is answered.
  if (probe === null) return [open, awaitHealth.step(whole), commit.step({ instance, wayBack })];
  return [
    open,
    awaitAnswer.step({ instance, probe, otherProbe, project: project.name, services, timeoutSeconds: health.timeoutSeconds }),
    commit.step({ instance, wayBack }),
    // After the first answer there is no way back that keeps what visitors wrote, so it is told and nothing fails of it.
    awaitHealth.step({ ...whole, onlyTells: true }),
  ];
}
