import { join } from "node:path";
import { bootUnitName, bootUnitText, parseBootUnit } from "../domain/boot.ts";
import type { Plan } from "../plan/plan.ts";
import { placeUnits, turnAtBoot } from "../steps/index.ts";
import type { BootFacts, FoundBoot } from "../survey/boot.ts";
import { newPlan, type Occasion, operationId } from "./plan-id.ts";
import { placeNotes, placeWords, refuseForeignUnit, refuseUnable } from "./units.ts";

const WHAT = "start with the machine";

/**
 * Has whatever is current start with the machine. Nothing is started now.
 * @param program what starts graph-mgr
 * @throws OperatorError NO_PERMISSION, EXISTS
 */
export function planBoot(facts: BootFacts, home: string, program: readonly string[], occasion: Occasion): Plan {
  const { place, isRunning, there } = facts;
  const unit = `${bootUnitName(home)}.service`;
  const path = join(place.dir, unit);
  refuseUnable(facts, "boot enable");
  const own = there === null ? null : parseBootUnit(there);
  if (there !== null && own?.home !== home) refuseForeignUnit(path, own);
  const target = place.scope === "user" ? "default.target" : "multi-user.target";
  const text = bootUnitText({ schema: 1, home }, target, program, facts.environment);
  return newPlan({
    id: operationId("boot-enable", occasion),
    operation: "boot-enable",
    instance: null,
    home,
    engine: facts.engine,
    summary: "Start what is current with the machine",
    notes: [
      "it goes along with `current`: after an update the new release is started, and no old one",
      "what `graph-mgr stop` stopped stays stopped, and nothing is started while an operation is unfinished",
      "a failure stands in the journal of systemd",
      ...placeNotes(isRunning, place),
    ],
    wayBack: `graph-mgr boot disable${placeWords(place)}`,
    steps: [
      placeUnits.step({ what: WHAT, files: [{ path, text }], scope: isRunning ? place.scope : null }),
      ...(isRunning && place.scope !== null ? [turnAtBoot.step({ unit, on: true, scope: place.scope })] : []),
    ],
    result: { unit, folder: place.dir, enabled: isRunning },
  });
}

/** @param mayWrite whether this user may change what is there */
export function planNoBoot(
  { unit, place, isOn }: FoundBoot,
  mayWrite: boolean,
  home: string,
  engine: string,
  occasion: Occasion,
): Plan {
  refuseUnable({ place, mayWrite }, `boot disable${placeWords(place)}`);
  const isRunning = isOn !== null && place.scope !== null;
  return newPlan({
    id: operationId("boot-disable", occasion),
    operation: "boot-disable",
    instance: null,
    home,
    engine,
    summary: "Start what is current with the machine no more",
    notes: ["what runs goes on", "what the product's own restart policies start comes back all the same"],
    wayBack: `graph-mgr boot enable${placeWords(place)}`,
    steps: [
      ...(isRunning ? [turnAtBoot.step({ unit, on: false, scope: place.scope })] : []),
      placeUnits.step({
        what: WHAT,
        files: [{ path: join(place.dir, unit), text: null }],
        scope: isRunning ? place.scope : null,
      }),
    ],
    result: { unit, folder: place.dir },
  });
}
